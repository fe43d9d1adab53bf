/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Endpoints without an address, workloads, ends of both families: random policy sets, of whose pods
 * some lose their addresses, against an evaluator that gives each of them every address at which a
 * prefix of the policies begins or ends, or that lies beside one, and asks the interpreter.
 */
#include <string.h>

#include "compiler/classes/classes.h"
#include "compiler/space/suppose.h"
#include "lang/lang.h"
#include "tests/lib/campaign.h"
#include "tests/lib/random.h"
#include "tests/lib/random_policy.h"
#include "tests/unit/unit.h"
#include "verifier/reach/reach.h"

/* Two readings of one text: polc supposes addresses in the one, the evaluator asks the other. */
struct reading {
	struct lang lang;
	struct ir *ir;
};

struct world {
	struct reading polc, plain;
	struct arena arena;
	uint64_t seed;
	VEC(struct net_addr) grid; /* addresses that an endpoint without one may get */
	struct reach reach;
	size_t absent; /* rows of a port that the destination lacks */
};

/* --- a world -----------------------------------------------------------------------------------
 */

static void read_text(struct reading *r, const struct random_policy *p)
{
	lang_init(&r->lang);
	assert_int_equal(lang_read_text(&r->lang, "yaml", buf_str(&p->yaml), p->yaml.n, LANG_YAML,
					LANG_INPUT),
			 0);
	assert_int_equal(
		lang_read_text(&r->lang, "pol", buf_str(&p->pol), p->pol.n, LANG_POL, LANG_INPUT),
		0);
}

/* The same in both readings. */
static void change(struct reading *r, uint64_t seed)
{
	static const char *const pods[] = {"10.0.0.0/28", "10.0.0.0/8", "fd00::/16", "0.0.0.0/0"};
	struct random dice = {.state = seed};
	struct net_prefix prefix;

	if (random_below(&dice, 3) == 0) {
		net_prefix_parse(pods[random_below(&dice, 4)], &prefix);
		lang_add_pod_prefix(&r->lang, &prefix);
	}
	assert_int_equal(ir_resolve(&r->lang, &r->ir), 0);
	vec_each (struct ir_endpoint *, ep, &r->ir->endpoints) {
		if (random_below(&dice, 2))
			(*ep)->addrs.n = 0;
		(*ep)->workload = random_below(&dice, 3) == 0;
	}
}

static bool is_taken(const struct ir *ir, const struct net_addr *addr)
{
	vec_each (struct ir_endpoint *, ep, &ir->endpoints)
		vec_each (const struct net_addr, a, &(*ep)->addrs)
			if (net_addr_eq(a, addr))
				return true;
	return false;
}

/* The first that nobody has, from there on upwards or downwards. */
static void add_free(struct world *w, struct net_addr addr, bool (*step)(struct net_addr *))
{
	while (is_taken(w->plain.ir, &addr))
		if (!step(&addr))
			return;
	vec_push(&w->arena, &w->grid, addr);
}

/* At its two ends, inside and outside. */
static void add_prefix(struct world *w, const struct net_prefix *p)
{
	struct net_addr first = p->addr, last = net_prefix_last(p);

	add_free(w, first, net_addr_next);
	add_free(w, last, net_addr_prev);
	if (net_addr_prev(&first))
		add_free(w, first, net_addr_prev);
	if (net_addr_next(&last))
		add_free(w, last, net_addr_next);
}

static void make_grid(struct world *w)
{
	vec_each (struct ir_rule *, rule, &w->plain.ir->rules) {
		vec_each (const struct ir_peer, peer, &(*rule)->peers) {
			vec_each (const struct net_prefix, p, &peer->cidr.in)
				add_prefix(w, p);
			vec_each (const struct net_prefix, p, &peer->cidr.except)
				add_prefix(w, p);
		}
	}
	vec_each (const struct net_prefix, p, &w->plain.ir->pods)
		add_prefix(w, p);
	/* Where there are few prefixes there is still something else. */
	add_prefix(w, &(struct net_prefix){.addr = {NET_V4, {11, 22}}, .len = 16});
	add_prefix(w, &(struct net_prefix){.addr = {NET_V6, {0x20, 0x02}}, .len = 16});
}

static void ask(struct world *w, bool tables)
{
	static const char *const ports[] = {"tcp/80", "udp/53", "icmp/8", "icmp6/128", "tcp/http"};
	static const char *const outside[] = {"cidr:10.0.0.1", "cidr:203.0.113.9", "cidr:fd00::2"};
	struct reach_query q = {.ports = ports, .n_ports = 5};
	VEC(const char *) ends = {0};
	struct cls *cls = NULL;

	vec_each (struct ir_endpoint *, ep, &w->polc.ir->endpoints)
		vec_push(&w->arena, &ends, (*ep)->name);
	for (int i = 0; i < 3; i++)
		vec_push(&w->arena, &ends, outside[i]);
	q.from = q.to = ends.v;
	q.n_from = q.n_to = ends.n;
	if (tables)
		assert_int_equal(cls_build(w->polc.ir, NULL, &w->arena, &w->polc.lang.diag, &cls),
				 0);
	assert_int_equal(
		reach_matrix(w->polc.ir, cls, &q, &w->arena, &w->polc.lang.diag, &w->reach), 0);
}

/* --- the evaluator -----------------------------------------------------------------------------
 */

struct addrs {
	VEC(struct net_addr) list;
};

static bool may_get(const struct ir *ir, const struct ir_endpoint *ep, const struct net_addr *addr)
{
	if (ep->host || !ir->pods.n)
		return true;
	vec_each (const struct net_prefix, p, &ir->pods)
		if (net_prefix_has_addr(p, addr))
			return true;
	return false;
}

/* The addresses of one family that an end may have; of those that are known the first. */
static void list_addrs(struct world *w, const struct flow_end *end, enum net_family family,
		       struct addrs *out)
{
	struct ir_end known;

	if (!end->ep || end->addr.family != NET_NONE) {
		if (end->addr.family == family)
			vec_push(&w->arena, &out->list, end->addr);
		return;
	}
	known = ir_end_of(end->ep, family);
	if (known.addr.family == family)
		vec_push(&w->arena, &out->list, known.addr);
	vec_each (const struct net_addr, addr, &w->grid)
		if (!end->ep->addrs.n && addr->family == family &&
		    may_get(w->plain.ir, end->ep, addr))
			vec_push(&w->arena, &out->list, *addr);
}

static struct flow_end plain_end(const struct world *w, uint32_t i)
{
	struct flow_end end = w->reach.ends.v[i];

	if (end.ep)
		end.ep = w->plain.ir->endpoints.v[end.ep->id];
	return end;
}

/* Outcomes as bits. */
static unsigned bits(enum flow_verdict v)
{
	return v == FLOW_DEPENDS ? 1u << IR_OUTCOME_DENY | 1u << IR_OUTCOME_ALLOW : 1u << v;
}

struct outcomes {
	unsigned dirs[IR_N_DIRS], all;
	bool any;
};

static void note(struct world *w, const struct ir_flow *flow, struct outcomes *out)
{
	enum ir_outcome in = ir_judge_dir(w->plain.ir, flow, IR_INGRESS, NULL);
	enum ir_outcome eg = ir_judge_dir(w->plain.ir, flow, IR_EGRESS, NULL);

	out->dirs[IR_INGRESS] |= 1u << in;
	out->dirs[IR_EGRESS] |= 1u << eg;
	out->all |= 1u << ir_outcome_worse(in, eg);
	out->any = true;
}

static void evaluate(struct world *w, const struct reach_row *row, enum net_family family,
		     struct outcomes *out)
{
	const struct flow_port *port = &w->reach.ports.v[row->port];
	struct flow_end from = plain_end(w, row->from), to = plain_end(w, row->to);
	struct addrs src = {0}, dst = {0};
	struct ir_flow flow;

	if (port->proto == (family == NET_V4 ? IR_PROTO_ICMP6 : IR_PROTO_ICMP) ||
	    !flow_make(&from, &to, port, &flow))
		return;
	list_addrs(w, &from, family, &src);
	list_addrs(w, &to, family, &dst);
	vec_each (const struct net_addr, s, &src.list) {
		vec_each (const struct net_addr, d, &dst.list) {
			flow.src.addr = *s;
			flow.dst.addr = *d;
			note(w, &flow, out);
		}
	}
}

/* --- a port that the destination lacks ---------------------------------------------------------
 */

struct numbers {
	VEC(uint16_t) list;
};

static void add_around(struct world *w, int number, struct numbers *out)
{
	for (int n = number - 1; n <= number + 1; n++)
		if (n > 0 && n <= UINT16_MAX)
			vec_push(&w->arena, &out->list, (uint16_t)n);
}

/* All that rules or names of ports speak of, and their neighbours. */
static void list_numbers(struct world *w, struct numbers *out)
{
	add_around(w, UINT16_MAX, out);
	vec_each (struct ir_rule *, rule, &w->plain.ir->rules) {
		vec_each (const struct ir_port, port, &(*rule)->ports) {
			add_around(w, port->lo, out);
			add_around(w, port->hi, out);
		}
	}
	vec_each (struct ir_endpoint *, ep, &w->plain.ir->endpoints)
		vec_each (const struct ir_named_port, port, &(*ep)->ports)
			add_around(w, port->port, out);
}

static void evaluate_numbers(struct world *w, const struct flow_end *from,
			     const struct flow_end *to, const struct flow_port *port,
			     struct outcomes *out)
{
	static const enum net_family families[] = {NET_V4, NET_V6};
	struct numbers numbers = {0};
	struct ir_flow flow;

	list_numbers(w, &numbers);
	for (size_t f = 0; f < 2; f++) {
		struct addrs src = {0}, dst = {0};

		list_addrs(w, from, families[f], &src);
		list_addrs(w, to, families[f], &dst);
		for (size_t i = 0; src.list.n && i < dst.list.n * numbers.list.n; i++) {
			flow_make(from, to, port, &flow);
			flow.port = numbers.list.v[i / dst.list.n];
			flow.src.addr = src.list.v[0];
			flow.dst.addr = dst.list.v[i % dst.list.n];
			note(w, &flow, out);
		}
	}
}

/* Ingress denies; egress does what it does with every number of the port, or depends. */
static void check_absent(struct world *w, const struct reach_row *row)
{
	const struct flow_port *port = &w->reach.ports.v[row->port];
	struct flow_end from = plain_end(w, row->from), to = plain_end(w, row->to);
	struct outcomes want = {0};
	struct ir_flow flow;

	if (!port->named || flow_make(&from, &to, port, &flow))
		return;
	evaluate_numbers(w, &from, &to, port, &want);
	assert_int_equal(reach_row_verdict(row), want.any ? FLOW_DENY : FLOW_NONE);
	assert_int_equal(row->verdicts.dirs[IR_INGRESS], reach_row_verdict(row));
	w->absent += want.any;
	if (want.any &&
	    bits((enum flow_verdict)row->verdicts.dirs[IR_EGRESS]) != want.dirs[IR_EGRESS])
		fail_msg("POLC_SEED=%llu: egress of %s to %s on %s", (unsigned long long)w->seed,
			 from.text, to.text, port->text);
}

/* --- against polc ------------------------------------------------------------------------------
 */

static void check_family(const struct reach_row *row, enum flow_family f,
			 const struct outcomes *want)
{
	if (!row->verdicts.possible[f])
		return;
	assert_true(want->any);
	for (enum ir_dir d = 0; d < IR_N_DIRS; d++)
		assert_int_equal(bits((enum flow_verdict)row->verdicts.families[f][d]),
				 want->dirs[d]);
}

/* Exactly the addresses of the condition let it pass. */
static void check_condition(struct world *w, const struct reach_row *row, enum ir_dir dir)
{
	struct flow_end from = plain_end(w, row->from), to = plain_end(w, row->to);
	const struct ir_endpoint *peer = dir == IR_INGRESS ? from.ep : to.ep;
	struct region_prefixes p;
	struct ir_flow flow;

	if (!reach_condition_of(&w->reach, row, dir, w->reach.arena, &p))
		return;
	vec_each (const struct net_addr, addr, &w->grid) {
		bool in = false;

		if (!may_get(w->plain.ir, peer, addr))
			continue;
		flow_make(&from, &to, &w->reach.ports.v[row->port], &flow);
		if (flow.proto == (addr->family == NET_V4 ? IR_PROTO_ICMP6 : IR_PROTO_ICMP))
			continue;
		*(dir == IR_INGRESS ? &flow.src : &flow.dst) =
			(struct ir_end){.ep = peer, .addr = *addr};
		vec_each (const struct net_prefix, prefix, &p.in)
			in |= net_prefix_has_addr(prefix, addr);
		vec_each (const struct net_prefix, prefix, &p.except)
			in &= !net_prefix_has_addr(prefix, addr);
		/* The other end may have no address of this family. */
		if (in)
			assert_int_not_equal(ir_judge_dir(w->plain.ir, &flow, dir, NULL),
					     IR_OUTCOME_DENY);
	}
}

/* Returns whether it depends on something. */
static bool check_row(struct world *w, const struct reach_row *row)
{
	struct outcomes v4 = {0}, v6 = {0};

	if (row->self)
		return false;
	check_absent(w, row);
	evaluate(w, row, NET_V4, &v4);
	evaluate(w, row, NET_V6, &v6);
	if (!v4.any && !v6.any)
		return false;
	if (bits((enum flow_verdict)row->verdicts.dirs[IR_INGRESS]) !=
		    (v4.dirs[IR_INGRESS] | v6.dirs[IR_INGRESS]) ||
	    bits((enum flow_verdict)row->verdicts.dirs[IR_EGRESS]) !=
		    (v4.dirs[IR_EGRESS] | v6.dirs[IR_EGRESS]) ||
	    bits(reach_row_verdict(row)) != (v4.all | v6.all))
		fail_msg("POLC_SEED=%llu: %s to %s on %s", (unsigned long long)w->seed,
			 w->reach.ends.v[row->from].text, w->reach.ends.v[row->to].text,
			 w->reach.ports.v[row->port].text);
	check_family(row, FLOW_V4, &v4);
	check_family(row, FLOW_V6, &v6);
	for (enum ir_dir d = 0; d < IR_N_DIRS; d++)
		check_condition(w, row, d);
	return reach_row_verdict(row) == FLOW_DEPENDS;
}

static void check_taken_back(struct world *w)
{
	space_take_back(w->polc.ir);
	for (size_t i = 0; i < w->polc.ir->endpoints.n; i++) {
		const struct ir_endpoint *ep = w->polc.ir->endpoints.v[i];

		assert_false(ep->supposed);
		assert_int_equal(ep->addrs.n, w->plain.ir->endpoints.v[i]->addrs.n);
	}
}

/* Adds the rows of ports that the destination lacks. */
static size_t check_world(uint64_t seed, size_t *absent)
{
	struct random_policy p;
	struct world w = {0};
	size_t depends = 0;

	random_policy_init(&p, seed, seed + 1);
	arena_init(&w.arena);
	w.seed = seed;
	read_text(&w.polc, &p);
	read_text(&w.plain, &p);
	change(&w.polc, seed);
	change(&w.plain, seed);
	make_grid(&w);
	space_suppose(&w.polc.ir, 1);
	ask(&w, seed % 2);
	for (size_t i = 0; i < reach_n_rows(&w.reach); i++) {
		struct reach_row row;

		reach_row(&w.reach, i, &row);
		depends += check_row(&w, &row);
	}
	*absent += w.absent;
	check_taken_back(&w);
	lang_fini(&w.polc.lang);
	lang_fini(&w.plain.lang);
	arena_fini(&w.arena);
	random_policy_fini(&p);
	return depends;
}

TEST(an_answer_holds_for_every_address_that_an_endpoint_may_get)
{
	struct campaign c = campaign_begin(60, 1);
	size_t depends = 0, absent = 0;
	uint64_t seed;

	while (campaign_next(&c, &seed))
		depends += check_world(seed, &absent);
	print_message("# %llu worlds, %zu flows that depend on addresses, %zu on absent ports\n",
		      (unsigned long long)c.done, depends, absent);
	assert_true((depends && absent) || c.done < 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_holds_for_every_address_that_an_endpoint_may_get),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
