/* SPDX-License-Identifier: Apache-2.0 */
/*
 * polc diff over the open world, beside an enumeration of every flow that two small policies can
 * tell apart: the regions must hold all flows whose verdict changed, and no other. NEW is OLD
 * after a few edits, or another policy. Where rules judge requests, some requests are sent with
 * each flow. tests/lib/campaign.h tells how many.
 */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lang/base/buf.h"
#include "tests/lib/campaign.h"
#include "tests/lib/random.h"
#include "tests/unit/asks.h"
#include "tests/unit/causes.h"
#include "tests/unit/irb.h"
#include "verifier/diff/diff.h"
#include "verifier/diff/open/open.h"

/* --- random policies ------------------------------------------------------------------------- */

enum { MAX_POLICIES = 4, MAX_RULES = 3 };

struct spec_rule {
	enum ir_dir dir;
	enum ir_action action;
	uint32_t rank;
	char peers[160];
	const char *ports;
	const char *asks; /* of requests; NULL: nothing */
};

struct spec_policy {
	bool early; /* in the tier before `default` */
	bool spares_node;
	char subject[80];
	uint32_t n;
	struct spec_rule rules[MAX_RULES];
};

struct spec {
	bool ns;         /* selectors ask for namespaces, too */
	bool namespaced; /* it is written for endpoints of namespaces alone */
	enum ir_action early_end;
	const char *pods;  /* the prefix of pods that it knows; NULL: none */
	const char *stray; /* where an endpoint is that it knows; NULL: it knows none */
	uint32_t n;
	struct spec_policy policies[MAX_POLICIES];
};

static const char *const label_reqs[] = {"a=x", "a!=x", "a", "!a", "b=y", "b!=y", "b", "!b"};
static const char *const ns_reqs[] = {"ns:kubernetes.io/metadata.name=n",
				      "ns:kubernetes.io/metadata.name=n;m",
				      "ns:kubernetes.io/metadata.name!=n",
				      "ns:kubernetes.io/metadata.name",
				      "ns:!kubernetes.io/metadata.name",
				      "ns:t=x",
				      "ns:t!=x",
				      "ns:t",
				      "ns:!t",
				      "a=x",
				      "a!=x"};
static const char *const other_peers[] = {"all",
					  "world",
					  "host",
					  "cluster",
					  "none",
					  "cidr:10.0.0.0/8-10.1.0.0/16",
					  "cidr:10.1.0.0/16;2001:db8::/32",
					  "pods:10.0.0.0/8-10.2.0.0/16",
					  "pods:2001:db8::/32-2001:db8:1::/48",
					  "pods:0.0.0.0/0;::/0"};
static const char *const port_sets[] = {
	"",    "",       "tcp", "tcp/80",     "tcp/80-90",      "tcp/http",
	"udp", "icmp/8", "any", "tcp/80|udp", "tcp/http|icmp6", "tcp/1-65535"};

static void put_selector(struct random *r, bool ns, struct buf *out)
{
	for (uint32_t n = random_below(r, 3), i = 0; i < n; i++)
		buf_printf(out, "%s%s", i ? "," : "",
			   ns ? random_pick(r, ns_reqs) : random_pick(r, label_reqs));
}

static void make_subject(struct random *r, bool ns, struct spec_policy *p)
{
	_cleanup_buf_ struct buf b = {0};

	put_selector(r, ns, &b);
	snprintf(p->subject, sizeof(p->subject), "%s", buf_str(&b));
}

static void make_peers(struct random *r, bool ns, struct spec_rule *rule)
{
	_cleanup_buf_ struct buf b = {0};

	for (uint32_t n = 1 + random_below(r, 2), i = 0; i < n; i++) {
		buf_puts(&b, i ? "|" : "");
		if (random_chance(r, 60)) {
			buf_puts(&b, "sel:");
			put_selector(r, ns, &b);
		} else {
			buf_puts(&b, random_pick(r, other_peers));
		}
	}
	snprintf(rule->peers, sizeof(rule->peers), "%s", buf_str(&b));
}

static void make_rule(struct random *r, bool ns, struct spec_rule *rule)
{
	static const enum ir_action actions[] = {IR_ALLOW, IR_ALLOW, IR_ALLOW, IR_DENY, IR_PASS};

	*rule = (struct spec_rule){
		.dir = random_chance(r, 60) ? IR_INGRESS : IR_EGRESS,
		.action = random_pick(r, actions),
		.rank = random_chance(r, 20) ? 1 : 0,
		.ports = random_pick(r, port_sets),
	};
	make_peers(r, ns, rule);
}

static void make_policy(struct random *r, bool ns, struct spec_policy *p)
{
	*p = (struct spec_policy){.early = random_chance(r, 25),
				  .spares_node = random_chance(r, 40),
				  .n = 1 + random_below(r, MAX_RULES)};
	make_subject(r, ns, p);
	for (uint32_t i = 0; i < p->n; i++)
		make_rule(r, ns, &p->rules[i]);
}

static void make_spec(struct random *r, bool ns, struct spec *s)
{
	*s = (struct spec){.ns = ns,
			   .early_end = random_chance(r, 50) ? IR_PASS : IR_DENY,
			   .n = 1 + random_below(r, MAX_POLICIES)};
	for (uint32_t i = 0; i < s->n; i++)
		make_policy(r, ns, &s->policies[i]);
}

static void edit(struct random *r, struct spec *s)
{
	struct spec_policy *p = &s->policies[random_below(r, s->n)], swap;
	struct spec_rule *rule = &p->rules[random_below(r, p->n)];

	switch (random_below(r, 8)) {
	case 0:
		make_rule(r, s->ns, rule);
		break;
	case 1:
		make_peers(r, s->ns, rule);
		break;
	case 2:
		rule->ports = random_pick(r, port_sets);
		break;
	case 3:
		make_subject(r, s->ns, p);
		break;
	case 4:
		p->n -= p->n > 1;
		break;
	case 5:
		s->n -= s->n > 1;
		break;
	case 6: /* the order of the text changes nothing */
		swap = *p;
		*p = s->policies[0];
		s->policies[0] = swap;
		break;
	default:
		if (s->n < MAX_POLICIES)
			make_policy(r, s->ns, &s->policies[s->n++]);
	}
}

static void place_pods(const struct spec *s, struct irb *b)
{
	struct net_prefix p;

	if (s->stray)
		irb_endpoint(b, "known", "", s->stray, "");
	if (!s->pods)
		return;
	assert_int_equal(net_prefix_parse(s->pods, &p), 0);
	vec_push(&b->arena, &b->ir.pods, p);
}

static void build(const struct spec *s, struct irb *b)
{
	struct ir_tier *early;

	irb_init(b);
	b->ir.namespaced = s->namespaced;
	place_pods(s, b);
	early = irb_tier_before(b, "early", s->early_end);
	for (uint32_t i = 0; i < s->n; i++) {
		const struct spec_policy *p = &s->policies[i];
		struct ir_policy *policy =
			irb_policy(b, p->early ? early : b->tier, "p", p->subject);

		policy->spares_node = p->spares_node;
		for (uint32_t k = 0; k < p->n; k++) {
			const struct spec_rule *r = &p->rules[k];
			struct ir_rule *rule =
				irb_rule(b, policy, r->dir, r->action, r->rank, r->peers, r->ports);

			if (r->asks)
				asks_set(b, rule, r->asks);
		}
	}
}

static void note_spec(const char *name, const struct spec *s)
{
	print_message("# %s: early tier ends in %s, pods in %s, one at %s%s\n", name,
		      ir_action_name(s->early_end), s->pods ? s->pods : "-",
		      s->stray ? s->stray : "-", s->namespaced ? ", all in namespaces" : "");
	for (uint32_t i = 0; i < s->n; i++) {
		const struct spec_policy *p = &s->policies[i];

		print_message("#   %sfor {%s}\n", p->early ? "early " : "", p->subject);
		for (uint32_t k = 0; k < p->n; k++)
			print_message("#     %s %s rank %u peers %s ports %s asks %s\n",
				      ir_dir_name(p->rules[k].dir),
				      ir_action_name(p->rules[k].action), p->rules[k].rank,
				      p->rules[k].peers, p->rules[k].ports,
				      p->rules[k].asks ? p->rules[k].asks : "-");
	}
}

/* --- every flow ------------------------------------------------------------------------------ */

/* Label keys and their values; the last stands for any value that nobody mentions. */
static const struct {
	enum ir_scope scope;
	const char *name, *values[4];
} keys[] = {
	{IR_SCOPE_ENDPOINT, "a", {NULL, "x", "z"}},
	{IR_SCOPE_ENDPOINT, "b", {NULL, "y", "z"}},
	{IR_SCOPE_NAMESPACE, IR_NS_NAME_KEY, {NULL, "n", "m", "o"}},
	{IR_SCOPE_NAMESPACE, "t", {NULL, "x", "z"}},
};

enum { N_KEYS = 4, NO_VALUE = 0, NAME_KEY = 2, T_KEY = 3, MAX_ENDS = 400 };

struct end {
	enum open_kind kind;
	uint8_t value[N_KEYS];
	struct net_addr addr;
	struct ir_endpoint *ep[DIFF_N_SIDES][2]; /* without and with the port http */
};

struct ends {
	struct end v[MAX_ENDS];
	size_t n;
};

static const struct ir_flow ports[] = {
	{.proto = IR_PROTO_TCP, .port = 80},       {.proto = IR_PROTO_TCP, .port = 85},
	{.proto = IR_PROTO_TCP, .port = 91},       {.proto = IR_PROTO_UDP, .port = 53},
	{.proto = IR_PROTO_ICMP, .port = 0x800},   {.proto = IR_PROTO_ICMP, .port = 0x300},
	{.proto = IR_PROTO_ICMP6, .port = 0x8000}, {.proto = 47},
	{.proto = IR_PROTO_TCP, .port = 0},
};

enum { N_PORTS = sizeof(ports) / sizeof(*ports) };

struct pair {
	struct irb b[DIFF_N_SIDES];
	struct ends ends;
	struct diff diff;
	struct arena arena;
	uint64_t seed;
	bool requests; /* some rules judge them */
	size_t n_open; /* flows of which it is not known which requests */
};

static struct ir_endpoint *make_endpoint(struct irb *b, const struct end *end, bool http,
					 uint16_t port)
{
	struct ir_endpoint *ep = arena_new(&b->arena, struct ir_endpoint);

	ep->name = "e";
	ep->kind = "endpoint";
	ep->node = end->kind == KIND_NODE;
	ep->host = end->kind == KIND_HOST || ep->node;
	for (uint32_t k = 0; k < N_KEYS; k++) {
		struct ir_label label = {.scope = keys[k].scope};

		if (end->value[k] == NO_VALUE)
			continue;
		label.key = intern_add(&b->ir.strings, keys[k].name);
		label.value = intern_add(&b->ir.strings, keys[k].values[end->value[k]]);
		vec_push(&b->arena, &ep->labels, label);
	}
	if (http)
		vec_push(&b->arena, &ep->ports,
			 (struct ir_named_port){.name = intern_add(&b->ir.strings, "http"),
						.proto = IR_PROTO_TCP,
						.port = port});
	return ep;
}

static void add_end(struct pair *p, const struct end *like)
{
	struct end *end = &p->ends.v[p->ends.n++];

	assert_true(p->ends.n <= MAX_ENDS);
	*end = *like;
	for (int side = 0; side < DIFF_N_SIDES && end->kind != KIND_EXTERNAL; side++) {
		for (int http = 0; http < 2; http++)
			end->ep[side][http] = make_endpoint(&p->b[side], end,
							    http && end->kind == KIND_MANAGED, 0);
	}
}

/* Own labels, or one label and those of the namespace. */
static void make_managed(struct pair *p, struct end *end, bool ns)
{
	for (uint8_t a = 0; a < 3; a++) {
		for (uint8_t x = 0; x < (ns ? 4 : 3); x++) {
			for (uint8_t t = 0; t < (ns && x ? 3 : 1); t++) {
				end->value[0] = a;
				end->value[1] = ns ? 0 : x;
				end->value[NAME_KEY] = ns ? x : 0;
				end->value[T_KEY] = ns ? t : 0;
				if (!ns || a < 2)
					add_end(p, end);
			}
		}
	}
}

static void make_ends(struct pair *p, bool ns)
{
	static const char *const addrs[] = {"10.1.1.1", "10.2.0.1", "2001:db8::1"};

	for (size_t i = 0; i < 3; i++) {
		struct end end = {.kind = KIND_EXTERNAL};

		net_addr_parse(addrs[i], &end.addr);
		add_end(p, &end);
		end.kind = KIND_HOST;
		add_end(p, &end);
		end.kind = KIND_NODE;
		add_end(p, &end);
		end.kind = KIND_MANAGED;
		make_managed(p, &end, ns);
	}
}

/* Do prefixes of pods, if there are any, or known endpoints have the address? */
static bool is_place(const struct pair *p, const struct net_addr *addr)
{
	bool any = false;

	for (int side = 0; side < DIFF_N_SIDES; side++) {
		const struct ir *ir = &p->b[side].ir;

		any |= ir->pods.n > 0;
		if (ir->pods.n && net_prefix_has_addr(&ir->pods.v[0], addr))
			return true;
		if (ir->endpoints.n && net_addr_eq(&ir->endpoints.v[0]->addrs.v[0], addr))
			return true;
	}
	return !any;
}

/* Where nothing is written for endpoints without a namespace, there are none. */
static bool has_namespace(const struct pair *p, const struct end *end)
{
	return end->kind != KIND_MANAGED || end->value[NAME_KEY] != NO_VALUE ||
	       !p->b[DIFF_OLD].ir.namespaced || !p->b[DIFF_NEW].ir.namespaced;
}

static bool possible(const struct pair *p, const struct end *from, const struct end *to,
		     const struct ir_flow *port)
{
	bool v6 = from->addr.family == NET_V6;

	if ((from->kind == KIND_MANAGED && !is_place(p, &from->addr)) ||
	    (to->kind == KIND_MANAGED && !is_place(p, &to->addr)))
		return false;
	if (!has_namespace(p, from) || !has_namespace(p, to))
		return false;
	if (from->addr.family != to->addr.family || (port->proto == IR_PROTO_ICMP && v6) ||
	    (port->proto == IR_PROTO_ICMP6 && !v6))
		return false;
	return from->kind != KIND_MANAGED || to->kind != KIND_MANAGED ||
	       from->value[NAME_KEY] != to->value[NAME_KEY] || !from->value[NAME_KEY] ||
	       from->value[T_KEY] == to->value[T_KEY];
}

/* --- what a box says of a flow --------------------------------------------------------------- */

/* The numbers of a flow, by dimension. */
struct numbers {
	uint32_t v[64];
};

static uint32_t value_number(const struct open_key *key, uint32_t k, uint8_t value)
{
	uint32_t id;

	if (value == NO_VALUE)
		return VALUE_ABSENT;
	id = intern_find(&key->values, keys[k].values[value]);
	return id == INTERN_NONE ? VALUE_OTHER : VALUE_FIRST + id;
}

static void number_end(const struct diff_world *w, const struct end *end, enum diff_which which,
		       struct numbers *out)
{
	out->v[which] = end->kind;
	out->v[open_addr_dim(w->open, which)] = space_piece_of(&w->addresses, &end->addr);
	for (uint32_t i = 0; i < w->open->keys.n; i++) {
		const struct open_key *key = &w->open->keys.v[i];

		for (uint32_t k = 0; k < N_KEYS; k++) {
			if (keys[k].scope == key->scope && strcmp(keys[k].name, key->name) == 0)
				out->v[open_label_dim(w->open, which, i)] =
					value_number(key, k, end->value[k]);
		}
	}
}

static bool holds(const struct diff_region *r, const struct numbers *n)
{
	for (size_t i = 0; i < r->box->n; i++)
		if (!region_set_has(r->box->v[i].set, n->v[r->box->v[i].dim]))
			return false;
	return true;
}

static bool has(const struct diff_regions *regions, const struct numbers *n)
{
	vec_each (const struct diff_region, r, &regions->list)
		if (holds(r, n))
			return true;
	return false;
}

/* Is it in a region that is said to be about public endpoints? */
static bool told_public(const struct diff_regions *regions, const struct numbers *n)
{
	vec_each (const struct diff_region, r, &regions->list)
		if (r->public_endpoints && holds(r, n))
			return true;
	return false;
}

static bool is_public(const struct end *end)
{
	return end->kind == KIND_MANAGED && !net_addr_is_private(&end->addr);
}

static void fail_flow(const struct pair *p, const struct end *from, const struct end *to,
		      const struct ir_flow *port, bool http, const char *what)
{
	_cleanup_buf_ struct buf b = {0};

	diff_render_text(&p->diff, false, &b);
	print_message("%s", buf_str(&b));
	for (int i = 0; i < 2; i++) {
		const struct end *end = i ? to : from;
		char addr[NET_ADDR_STRLEN];

		print_message("# %s: kind %d at %s", i ? "to" : "from", end->kind,
			      net_addr_format(&end->addr, addr));
		for (uint32_t k = 0; k < N_KEYS; k++) {
			if (end->value[k])
				print_message(" %s=%s", keys[k].name,
					      keys[k].values[end->value[k]]);
		}
		print_message("\n");
	}
	print_message("# proto %u port %u%s\n", port->proto, port->port, http ? " (http)" : "");
	fail_msg("POLC_SEED=%llu: %s", (unsigned long long)p->seed, what);
}

static enum ir_verdict verdict(const struct pair *p, enum diff_side side, const struct end *from,
			       const struct end *to, const struct ir_flow *port, bool http,
			       const struct ir_request *request)
{
	struct ir_flow flow = *port;

	flow.request = request;
	flow.src = (struct ir_end){from->ep[side][0], from->addr};
	flow.dst = (struct ir_end){to->ep[side][http], to->addr};
	if (http)
		to->ep[side][1]->ports.v[0].port = port->port;
	/* Two endpoints that look the same are not the same. */
	if (flow.src.ep && flow.src.ep == flow.dst.ep)
		flow.dst.ep = to->ep[side][1];
	if (flow.dst.ep == to->ep[side][1] && !http && to->kind == KIND_MANAGED)
		to->ep[side][1]->ports.v[0].port = (uint16_t)~port->port;
	return ir_eval(&p->b[side].ir, &flow);
}

static void check_flow(const struct pair *p, const struct end *from, const struct end *to,
		       const struct ir_flow *port, bool http, const struct numbers *n)
{
	enum ir_verdict old = verdict(p, DIFF_OLD, from, to, port, http, NULL);
	enum ir_verdict new = verdict(p, DIFF_NEW, from, to, port, http, NULL);
	bool added = old == IR_VERDICT_DENY && new == IR_VERDICT_ALLOW;
	bool removed = old == IR_VERDICT_ALLOW && new == IR_VERDICT_DENY;

	if (has(&p->diff.added, n) != added)
		fail_flow(p, from, to, port, http,
			  added ? "not found: newly allowed" : "invented: newly allowed");
	if (has(&p->diff.removed, n) != removed)
		fail_flow(p, from, to, port, http,
			  removed ? "not found: newly denied" : "invented: newly denied");
	if ((told_public(&p->diff.added, n) || told_public(&p->diff.removed, n)) &&
	    !is_public(from) && !is_public(to))
		fail_flow(p, from, to, port, http, "not about public endpoints");
}

/* The requests of regions that hold the flow have become `now`. Is this one in a region of flows,
 * that is of every request over them; and may it be in one of requests? */
struct told {
	bool all, some;
};

static struct told ask_regions(struct pair *p, const struct diff_regions *regions,
			       enum ir_verdict now, const struct end *from, const struct end *to,
			       const struct ir_flow *port, bool http, const struct numbers *n)
{
	struct told told = {false, false};

	vec_each (const struct diff_region, r, &regions->list) {
		const struct ir_request *request = r->witness.request;

		if (!holds(r, n))
			continue;
		told.all |= !request;
		told.some |= request != NULL;
		if (request && (verdict(p, DIFF_OLD, from, to, port, http, request) == now ||
				verdict(p, DIFF_NEW, from, to, port, http, request) != now))
			fail_flow(p, from, to, port, http, "a witness that is none here");
	}
	return told;
}

static void check_request(struct pair *p, const struct end *from, const struct end *to,
			  const struct ir_flow *port, bool http, const struct told *added,
			  const struct told *removed, bool open, const struct ir_request *request)
{
	enum ir_verdict old = verdict(p, DIFF_OLD, from, to, port, http, request);
	enum ir_verdict new = verdict(p, DIFF_NEW, from, to, port, http, request);
	bool allowed = old == IR_VERDICT_DENY && new == IR_VERDICT_ALLOW;
	bool denied = old == IR_VERDICT_ALLOW && new == IR_VERDICT_DENY;

	if ((added->all && !allowed) || (allowed && !added->all && !added->some && !open))
		fail_flow(p, from, to, port, http, "a request that is newly allowed");
	if ((removed->all && !denied) || (denied && !removed->all && !removed->some && !open))
		fail_flow(p, from, to, port, http, "a request that is newly denied");
}

static void check_requests(struct pair *p, const struct end *from, const struct end *to,
			   const struct ir_flow *port, bool http, const struct numbers *n)
{
	struct told added =
		ask_regions(p, &p->diff.added, IR_VERDICT_ALLOW, from, to, port, http, n);
	struct told removed =
		ask_regions(p, &p->diff.removed, IR_VERDICT_DENY, from, to, port, http, n);
	bool open = has(&p->diff.undecided, n);

	p->n_open += open;
	for (size_t i = 0; i < asks_n_requests; i++)
		check_request(p, from, to, port, http, &added, &removed, open, &asks_requests[i]);
}

static void check_ends(struct pair *p, const struct end *from, const struct end *to)
{
	const struct diff_world *w = p->diff.world;
	struct numbers n = {0};

	number_end(w, from, DIFF_FROM, &n);
	number_end(w, to, DIFF_TO, &n);
	for (size_t i = 0; i < N_PORTS; i++) {
		bool named = ports[i].proto == IR_PROTO_TCP && ports[i].port &&
			     to->kind == KIND_MANAGED && w->open->names.n;

		if (!possible(p, from, to, &ports[i]))
			continue;
		n.v[w->port_dim] = diff_port_number(ports[i].proto, ports[i].port);
		for (int http = 0; http < (named ? 2 : 1); http++) {
			if (w->open->names.n)
				n.v[open_name_dim(w->open, 0)] = (uint32_t)http;
			if (p->requests)
				check_requests(p, from, to, &ports[i], http, &n);
			else
				check_flow(p, from, to, &ports[i], http, &n);
		}
	}
}

/* --- pairs ----------------------------------------------------------------------------------- */

/* Half of the pairs know where pods are, on one side or on both. */
static void draw_pods(uint64_t seed, struct spec *old, struct spec *new)
{
	static const char *const prefixes[] = {"10.1.0.0/16", "10.0.0.0/8", "2001:db8::/32",
					       "10.2.0.0/16", "192.0.2.0/24"};
	static const char *const strays[] = {"10.2.0.1", "10.1.1.1", "2001:db8::1"};
	struct spec *const sides[] = {old, new};
	struct random r = {.state = ~seed};

	for (int side = 0; seed % 2 && side < DIFF_N_SIDES; side++) {
		if (random_chance(&r, 70))
			sides[side]->pods = random_pick(&r, prefixes);
		if (random_chance(&r, 30))
			sides[side]->stray = random_pick(&r, strays);
	}
}

/* A third of those that ask for namespaces are about nobody else. */
static void draw_namespaced(uint64_t seed, struct spec *old, struct spec *new)
{
	old->namespaced = old->ns && seed / 3 % 3;
	new->namespaced = new->ns &&seed / 3 % 3 != 1;
}

static void make_specs(uint64_t seed, struct spec *old, struct spec *new)
{
	struct random r = {.state = seed};

	make_spec(&r, seed % 3 == 0, old);
	*new = *old;
	if (random_chance(&r, 15))
		make_spec(&r, old->ns, new);
	for (uint32_t n = random_below(&r, 4); n; n--)
		edit(&r, new);
	draw_pods(seed, old, new);
	draw_namespaced(seed, old, new);
}

/* Of the rules that allow. */
static void draw_requests(struct random *r, struct spec *s, unsigned percent)
{
	for (uint32_t i = 0; i < s->n; i++) {
		struct spec_policy *p = &s->policies[i];

		for (uint32_t k = 0; k < p->n; k++)
			if (p->rules[k].action == IR_ALLOW && random_chance(r, percent))
				p->rules[k].asks = random_chance(r, 80) ? asks_draw(r) : NULL;
	}
}

static void make_asking_specs(uint64_t seed, struct spec *old, struct spec *new)
{
	struct random r = {.state = seed};

	make_spec(&r, false, old);
	draw_requests(&r, old, 80);
	*new = *old;
	for (uint32_t n = random_below(&r, 3); n; n--)
		edit(&r, new);
	draw_requests(&r, new, 25);
}

static const struct diff_options usual = {.limit = DIFF_DEFAULT_LIMIT};

/* The tiers stand in one order here, so there is always something that one side only has. */
static void check_causes(const struct pair *p)
{
	const struct ir *const ir[] = {&p->b[DIFF_OLD].ir, &p->b[DIFF_NEW].ir};
	struct causes_seen seen = {0};

	if (!causes_hold(&p->diff, ir, &seen) || seen.both)
		fail_msg("POLC_SEED=%llu: %zu of %zu causes are on both sides",
			 (unsigned long long)p->seed, seen.both, seen.n);
}

static void check_witness_namespaces(const struct pair *p, const struct diff_regions *regions)
{
	if (!p->b[DIFF_OLD].ir.namespaced || !p->b[DIFF_NEW].ir.namespaced)
		return;
	vec_each (const struct diff_region, r, &regions->list) {
		const struct ir_flow *flow = &r->witness.flow[DIFF_NEW];
		const struct ir_end *const ends[] = {&flow->src, &flow->dst};
		uint32_t key = intern_find(&p->b[DIFF_NEW].ir.strings, IR_NS_NAME_KEY);

		for (int i = 0; i < 2; i++)
			if (ends[i]->ep && !ends[i]->ep->host &&
			    ir_endpoint_label(ends[i]->ep, IR_SCOPE_NAMESPACE, key) == INTERN_NONE)
				fail_msg("POLC_SEED=%llu: the witness is in no namespace",
					 (unsigned long long)p->seed);
	}
}

static void check_places(const struct pair *p, const struct diff_regions *regions)
{
	vec_each (const struct diff_region, r, &regions->list) {
		const struct ir_flow *flow = &r->witness.flow[DIFF_NEW];
		const struct ir_end *const ends[] = {&flow->src, &flow->dst};

		for (int i = 0; i < 2; i++)
			if (ends[i]->ep && !ends[i]->ep->host && !is_place(p, &ends[i]->addr))
				fail_msg("POLC_SEED=%llu: no endpoint is where the witness is",
					 (unsigned long long)p->seed);
	}
}

/* Nothing can give port 0 a name. */
static void check_names(const struct pair *p, const struct diff_regions *regions)
{
	vec_each (const struct diff_region, r, &regions->list) {
		const struct ir_endpoint *dst = r->witness.flow[DIFF_NEW].dst.ep;

		for (size_t i = 0; dst && i < dst->ports.n; i++)
			if (!dst->ports.v[i].port)
				fail_msg("POLC_SEED=%llu: port 0 has a name",
					 (unsigned long long)p->seed);
	}
}

static void compare_specs(struct pair *p, const struct spec *old, const struct spec *new)
{
	arena_init(&p->arena);
	build(old, &p->b[DIFF_OLD]);
	build(new, &p->b[DIFF_NEW]);
	if (getenv("POLC_SEED")) {
		note_spec("old", old);
		note_spec("new", new);
	}
	if (diff_run(&p->b[DIFF_OLD].ir, &p->b[DIFF_NEW].ir, &usual, &p->arena, &p->diff))
		fail_msg("POLC_SEED=%llu: the interpreter contradicts a region",
			 (unsigned long long)p->seed);
	check_causes(p);
}

static void check_all_flows(struct pair *p, bool ns)
{
	make_ends(p, ns);
	for (size_t i = 0; i < p->ends.n; i++) {
		for (size_t k = 0; k < p->ends.n; k++)
			check_ends(p, &p->ends.v[i], &p->ends.v[k]);
	}
}

static void pair_fini(struct pair *p)
{
	irb_fini(&p->b[DIFF_OLD]);
	irb_fini(&p->b[DIFF_NEW]);
	arena_fini(&p->arena);
}

/* Returns the number of regions. */
static size_t check_seed(uint64_t seed)
{
	struct pair p = {.seed = seed};
	struct spec old, new;
	size_t n;

	make_specs(seed, &old, &new);
	compare_specs(&p, &old, &new);
	assert_int_not_equal(p.diff.relation, DIFF_UNDECIDED);
	check_places(&p, &p.diff.added);
	check_places(&p, &p.diff.removed);
	check_names(&p, &p.diff.added);
	check_names(&p, &p.diff.removed);
	check_witness_namespaces(&p, &p.diff.added);
	check_witness_namespaces(&p, &p.diff.removed);
	check_all_flows(&p, old.ns);
	n = p.diff.added.list.n + p.diff.removed.list.n;
	pair_fini(&p);
	return n;
}

TEST(the_regions_are_what_enumerating_every_flow_gives)
{
	struct campaign c = campaign_begin(500, 1);
	size_t regions = 0, changed = 0;
	uint64_t seed;

	while (campaign_next(&c, &seed)) {
		size_t n = check_seed(seed);

		regions += n;
		changed += n > 0;
	}
	print_message("# %llu pairs, %zu of them differ, in %zu regions\n",
		      (unsigned long long)c.done, changed, regions);
}

struct asking_totals {
	size_t equal, open, regions, of_requests;
};

static void count_regions(const struct diff_regions *regions, struct asking_totals *t)
{
	t->regions += regions->list.n;
	vec_each (const struct diff_region, r, &regions->list)
		t->of_requests += r->witness.request != NULL;
}

static void check_asking(uint64_t seed, struct asking_totals *t)
{
	struct pair p = {.seed = seed, .requests = true};
	struct spec old, new;

	make_asking_specs(seed, &old, &new);
	compare_specs(&p, &old, &new);
	check_all_flows(&p, old.ns);
	t->equal += p.diff.relation == DIFF_EQUAL;
	count_regions(&p.diff.added, t);
	count_regions(&p.diff.removed, t);
	t->open += p.n_open > 0;
	pair_fini(&p);
}

TEST(where_rules_judge_requests_every_request_is_judged_as_its_region_says)
{
	struct campaign c = campaign_begin(150, 1);
	struct asking_totals t = {0};
	uint64_t seed;

	while (campaign_next(&c, &seed))
		check_asking(seed, &t);
	print_message(
		"# %llu pairs, %zu are equal, %zu not decided everywhere, %zu regions, %zu of "
		"them of requests\n",
		(unsigned long long)c.done, t.equal, t.open, t.regions, t.of_requests);
	if (!c.one)
		assert_in_range(t.open, 0, c.done / 10);
}

/* Everything that is said after giving up is true, and it is never said that all is equal. */
static void check_limit(uint64_t seed, size_t limit, size_t *undecided)
{
	const struct diff_options tight = {.limit = limit};
	struct pair p = {.seed = seed};
	struct spec old, new;
	struct diff all;

	make_specs(seed, &old, &new);
	arena_init(&p.arena);
	build(&old, &p.b[DIFF_OLD]);
	build(&new, &p.b[DIFF_NEW]);
	assert_int_equal(diff_run(&p.b[DIFF_OLD].ir, &p.b[DIFF_NEW].ir, &tight, &p.arena, &p.diff),
			 0);
	assert_int_equal(diff_run(&p.b[DIFF_OLD].ir, &p.b[DIFF_NEW].ir, &usual, &p.arena, &all), 0);
	if (p.diff.relation == DIFF_UNDECIDED)
		++*undecided;
	else
		assert_int_equal(p.diff.relation, all.relation);
	irb_fini(&p.b[DIFF_OLD]);
	irb_fini(&p.b[DIFF_NEW]);
	arena_fini(&p.arena);
}

TEST(a_change_that_is_too_large_is_not_decided_and_never_equal)
{
	size_t undecided = 0;

	for (uint64_t seed = 1; seed <= 100; seed++) {
		check_limit(seed, 0, &undecided);
		check_limit(seed, 20, &undecided);
	}
	assert_in_range(undecided, 20, 199);
}

/* --- public endpoints ------------------------------------------------------------------------ */

#define PRIVATE "10.0.0.0/8;172.16.0.0/12;192.168.0.0/16"

/* Egress to the peer is opened, past endpoints that take nothing in. */
static void check_public(const char *peer, bool public, bool shared)
{
	struct pair p = {0};
	size_t n = 0, n_shared = 0;
	bool last = false;

	arena_init(&p.arena);
	for (int side = 0; side < DIFF_N_SIDES; side++) {
		struct irb *b = &p.b[side];
		struct ir_policy *from, *to;

		irb_init(b);
		from = irb_policy(b, b->tier, "from", "a=x");
		to = irb_policy(b, b->tier, "to", "b=y");
		from->governs[IR_EGRESS] = to->governs[IR_INGRESS] = true;
		if (side == DIFF_NEW)
			irb_rule(b, from, IR_EGRESS, IR_ALLOW, 0, peer, "tcp/80");
	}
	assert_int_equal(diff_run(&p.b[DIFF_OLD].ir, &p.b[DIFF_NEW].ir, &usual, &p.arena, &p.diff),
			 0);
	assert_int_equal(p.diff.relation, DIFF_WIDER);
	vec_each (const struct diff_region, r, &p.diff.added.list) {
		assert_true(r->public_endpoints || !last);
		last = r->public_endpoints;
		n += r->public_endpoints;
		n_shared += r->shared_addresses;
	}
	if ((n > 0) != public || (n_shared > 0) != shared)
		fail_msg("%s: %zu public, %zu shared", peer, n, n_shared);
	irb_fini(&p.b[DIFF_OLD]);
	irb_fini(&p.b[DIFF_NEW]);
	arena_fini(&p.arena);
}

TEST(regions_about_endpoints_without_private_addresses_are_marked_and_last)
{
	check_public("pods:0.0.0.0/0-" PRIVATE ";100.64.0.0/10", true, false);
	check_public("pods:203.0.113.0/24", true, false);
	check_public("pods:2001:db8::/32", true, false);
	check_public("pods:203.0.113.0/24|pods:2001:db8::/32", true, false);
}

TEST(shared_addresses_are_among_public_ones_and_nothing_by_themselves)
{
	check_public("pods:0.0.0.0/0-" PRIVATE, true, true);
	check_public("pods:100.0.0.0/8", true, true);
	check_public("pods:100.64.0.0/10", false, false);
	check_public("pods:100.80.0.0/16", false, false);
}

TEST(a_region_that_holds_a_private_address_is_not_marked)
{
	check_public("pods:0.0.0.0/0", false, false);
	check_public("pods:::/0", false, false);
	check_public("pods:fd00::/8", false, false);
	check_public("pods:0.0.0.0/0-10.0.0.0/8;172.16.0.0/12", false, false);
	check_public("pods:0.0.0.0/0-10.0.0.0/9;172.16.0.0/12;192.168.0.0/16", false, false);
	check_public("pods:203.0.113.0/24|pods:192.168.7.0/24", false, false);
	check_public("pods:203.0.113.0/24|pods:fd00::/8", false, false);
}

TEST(a_region_of_labels_or_of_the_outside_is_not_marked)
{
	check_public("cidr:203.0.113.0/24", false, false);
	check_public("sel:b=z", false, false);
	check_public("cluster", false, false);
	check_public("all", false, false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_regions_are_what_enumerating_every_flow_gives),
		cmocka_unit_test(
			where_rules_judge_requests_every_request_is_judged_as_its_region_says),
		cmocka_unit_test(a_change_that_is_too_large_is_not_decided_and_never_equal),
		cmocka_unit_test(
			regions_about_endpoints_without_private_addresses_are_marked_and_last),
		cmocka_unit_test(shared_addresses_are_among_public_ones_and_nothing_by_themselves),
		cmocka_unit_test(a_region_that_holds_a_private_address_is_not_marked),
		cmocka_unit_test(a_region_of_labels_or_of_the_outside_is_not_marked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
