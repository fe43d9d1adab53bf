/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The verdict tables against the interpreter, which share no code that decides: random policies
 * over a small world, and flows near the edges of what the policies say. A failure names its
 * seed; tests/lib/campaign.h tells how many there are.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/classes/atoms.h"
#include "compiler/classes/classes.h"
#include "compiler/classes/classifier_json.h"
#include "compiler/ir/port.h"
#include "lang/base/buf.h"
#include "tests/lib/campaign.h"
#include "tests/unit/irb.h"
#include "tests/unit/unit.h"

enum { N_WORLDS = 1500, N_FLOWS = 400, N_ENDPOINTS = 10 };

/* --- dice ----------------------------------------------------------------------------------- */

struct dice {
	uint64_t state;
};

/* splitmix64 (Steele, Lea, Flood 2014). */
static uint64_t roll64(struct dice *d)
{
	uint64_t z = d->state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

static unsigned roll(struct dice *d, unsigned n)
{
	return (unsigned)(roll64(d) % n);
}

#define PICK(d, list) ((list)[roll((d), sizeof(list) / sizeof(*(list)))])

/* --- random policies ------------------------------------------------------------------------ */

static void random_selector(struct dice *d, struct buf *out)
{
	unsigned n = roll(d, 3);

	if (roll(d, 20) == 0) {
		buf_puts(out, "none");
		return;
	}
	for (unsigned i = 0; i < n; i++) {
		static const char *const scopes[] = {"", "", "ns:"};
		const char *sep = i ? "," : "", *scope = PICK(d, scopes);
		unsigned key = roll(d, 3), a = roll(d, 3), b = roll(d, 3);

		switch (roll(d, 6)) {
		case 0:
			buf_printf(out, "%s%s!k%u", sep, scope, key);
			break;
		case 1:
			buf_printf(out, "%s%sk%u", sep, scope, key);
			break;
		case 2:
			buf_printf(out, "%s%sk%u!=v%u;v%u", sep, scope, key, a, b);
			break;
		case 3:
			buf_printf(out, "%s%sk%u=v%u;v%u", sep, scope, key, a, b);
			break;
		default:
			buf_printf(out, "%s%sk%u=v%u", sep, scope, key, a);
		}
	}
}

static const char *const prefixes[] = {
	"0.0.0.0/0",   "10.0.0.0/8",  "10.0.0.0/24",    "10.0.0.4/30",    "10.0.0.5/32",
	"10.0.1.0/24", "10.0.1.8/29", "192.168.0.0/16", "192.168.3.0/24", "::/0",
	"fd00::/8",    "fd00::/64",   "fd00::4/126",    "fd00::5/128",    "2001:db8::/32",
};

static void random_peers(struct dice *d, struct buf *out)
{
	static const char *const entities[] = {"all", "cluster", "host", "world", "none"};
	unsigned n = 1 + roll(d, 2);

	for (unsigned i = 0; i < n; i++) {
		buf_puts(out, i ? "|" : "");
		switch (roll(d, 5)) {
		case 0:
			buf_puts(out, PICK(d, entities));
			break;
		case 1:
		case 2:
			buf_printf(out, "%s:%s", roll(d, 2) ? "cidr" : "pods", PICK(d, prefixes));
			if (roll(d, 2))
				buf_printf(out, ";%s", PICK(d, prefixes));
			if (roll(d, 2))
				buf_printf(out, "-%s", PICK(d, prefixes));
			else if (roll(d, 4) == 0)
				buf_printf(out, "-%s;%s", PICK(d, prefixes), PICK(d, prefixes));
			break;
		default:
			buf_puts(out, "sel:");
			random_selector(d, out);
		}
	}
}

static void random_ports(struct dice *d, struct buf *out)
{
	static const char *const ports[] = {
		"tcp/80",   "tcp/80-90", "tcp/0-65535", "tcp/65535", "udp/53",
		"udp/0-79", "sctp/443",  "icmp/8",      "icmp/3/4",  "icmp6/128",
		"tcp",      "udp",       "icmp",        "any",       "none",
		"tcp/http", "tcp/http",  "udp/http",    "tcp/web",   "sctp/web",
	};
	unsigned n = roll(d, 3);

	for (unsigned i = 0; i < n; i++)
		buf_printf(out, "%s%s", i ? "|" : "", PICK(d, ports));
}

static void random_policy(struct dice *d, struct irb *b, unsigned number)
{
	static const enum ir_action actions[] = {IR_ALLOW, IR_ALLOW, IR_DENY, IR_PASS};
	_cleanup_buf_ struct buf subject = {0};
	struct ir_tier *tier = b->ir.tiers.v[roll(d, (unsigned)b->ir.tiers.n)];
	struct ir_policy *p;
	unsigned n_rules = roll(d, 4);
	char name[16];

	random_selector(d, &subject);
	snprintf(name, sizeof(name), "p%u", number);
	p = irb_policy(b, tier, name, buf_str(&subject));
	if (roll(d, 4) == 0) {
		_cleanup_buf_ struct buf other = {0};

		random_selector(d, &other);
		vec_push(&b->arena, &p->subjects, irb_selector(b, buf_str(&other)));
	}
	for (unsigned i = 0; i < n_rules; i++) {
		_cleanup_buf_ struct buf peers = {0}, ports = {0};

		random_peers(d, &peers);
		random_ports(d, &ports);
		irb_rule(b, p, roll(d, 2) ? IR_INGRESS : IR_EGRESS, PICK(d, actions), roll(d, 3),
			 buf_str(&peers), buf_str(&ports));
	}
	/* Isolation without a rule, and rules without isolation. */
	p->spares_node = roll(d, 3) == 0;
	p->governs[IR_INGRESS] ^= roll(d, 4) == 0;
	p->governs[IR_EGRESS] ^= roll(d, 4) == 0;
}

static void random_endpoint(struct dice *d, struct irb *b, unsigned i)
{
	static const char *const ports[] = {"http=tcp/80", "http=tcp/8080", "http=udp/53",
					    "web=tcp/80", "web=sctp/443"};
	_cleanup_buf_ struct buf labels = {0}, addrs = {0}, named = {0};
	struct ir_endpoint *ep;
	char name[16];

	for (unsigned k = 0; k < 3; k++) {
		if (roll(d, 2))
			buf_printf(&labels, "%sk%u=v%u", labels.n ? "," : "", k, roll(d, 3));
		if (roll(d, 2))
			buf_printf(&labels, "%sns:k%u=v%u", labels.n ? "," : "", k, roll(d, 3));
	}
	if (roll(d, 4))
		buf_printf(&addrs, "10.0.%u.%u", i % 2, i);
	if (roll(d, 2))
		buf_printf(&addrs, "%sfd00::%x", addrs.n ? "," : "", i);
	for (unsigned n = roll(d, 3); n; n--)
		buf_printf(&named, "%s%s", named.n ? "," : "", PICK(d, ports));
	snprintf(name, sizeof(name), "e%02u", i);
	ep = irb_endpoint(b, name, buf_str(&labels), buf_str(&addrs), buf_str(&named));
	ep->host = roll(d, 8) == 0;
	ep->workload = roll(d, 3) == 0;
}

static void random_world(struct dice *d, struct irb *b)
{
	static const enum ir_action ends[] = {IR_DENY, IR_PASS};
	static const char *const names[] = {"t0", "t1", "t2"};
	unsigned n_tiers = roll(d, 4), n_policies = roll(d, 9);

	irb_init(b);
	for (unsigned i = 0; i < n_tiers; i++)
		(roll(d, 2) ? irb_tier : irb_tier_before)(b, names[i], PICK(d, ends));
	for (unsigned i = 0; i < n_policies; i++)
		random_policy(d, b, i);
	for (unsigned i = 0; i < N_ENDPOINTS; i++)
		random_endpoint(d, b, i);
}

/* --- random flows --------------------------------------------------------------------------- */

static struct ir_end random_end(struct dice *d, const struct irb *b)
{
	static const char *const outside[] = {
		"10.0.0.3",   "10.0.0.6",        "10.0.0.8",        "10.0.0.255",  "10.0.1.16",
		"10.0.2.0",   "9.255.255.255",   "11.0.0.0",        "192.168.2.9", "192.168.3.0",
		"8.8.8.8",    "0.0.0.0",         "255.255.255.255", "fd00::3",     "fd00::6",
		"fd00::8",    "fd00:0:0:1::",    "fe00::",          "::",          "2001:db8::1",
		"2001:db9::", "::fffe:10.0.0.5",
	};
	const struct ir_endpoint *ep = b->ir.endpoints.v[roll(d, N_ENDPOINTS)];
	struct ir_end end = {0};

	if (roll(d, 3) == 0) {
		assert_int_equal(net_addr_parse(PICK(d, outside), &end.addr), 0);
		if (roll(d, 3) == 0)
			end.ep = b->ir.node;
		if (end.ep && roll(d, 4) == 0)
			end.addr.family = NET_NONE;
		return end;
	}
	end.ep = ep;
	if (ep->addrs.n)
		end.addr = ep->addrs.v[roll(d, (unsigned)ep->addrs.n)];
	return end;
}

static struct ir_flow random_flow(struct dice *d, const struct irb *b)
{
	static const uint16_t protos[] = {6, 6, 6, 17, 17, 132, 1, 58, 47, 0, 255};
	static const uint16_t ports[] = {0,      1,      52,     53,     54,     79,
					 80,     81,     90,     91,     443,    444,
					 8080,   8081,   0x0304, 0x0305, 0x0800, 0x08ff,
					 0x0900, 0x8000, 0x80ff, 65534,  65535};
	struct ir_flow f = {.src = random_end(d, b), .dst = random_end(d, b)};

	f.proto = PICK(d, protos);
	if (cls_proto_of(f.proto) != CLS_OTHER)
		f.port = PICK(d, ports);
	return f;
}

/* --- what holds in every world ------------------------------------------------------------------
 */

typedef void world_check(struct dice *d, const struct irb *b, const struct cls *cls, uint64_t seed);

static void in_every_world_with(const struct cls_options *opts, world_check *check)
{
	struct campaign c = campaign_begin(N_WORLDS, 0.2);
	uint64_t seed;

	while (campaign_next(&c, &seed)) {
		struct dice d = {seed};
		struct irb b;
		struct cls *cls;

		random_world(&d, &b);
		assert_int_equal(cls_build(&b.ir, opts, &b.arena, &b.diag, &cls), 0);
		check(&d, &b, cls, seed);
		irb_fini(&b);
	}
}

static void in_every_world(world_check *check)
{
	in_every_world_with(NULL, check);
}

static const struct cls_options with_decisions = {.decisions = true};

static void agree(struct dice *d, const struct irb *b, const struct cls *cls, uint64_t seed)
{
	for (unsigned i = 0; i < N_FLOWS; i++) {
		struct ir_flow f = random_flow(d, b);

		for (enum ir_dir dir = 0; dir < IR_N_DIRS; dir++) {
			enum ir_verdict spec = ir_eval_dir(&b->ir, &f, dir, NULL);
			enum ir_verdict table = cls_verdict_dir(cls, &f, dir);

			if (spec == table)
				continue;
			fail_msg("POLC_SEED=%" PRIu64 ": flow %u (%s -> %s, protocol %u, port %u): "
				 "%s is %s in the interpreter, %s in the tables",
				 seed, i, f.src.ep ? f.src.ep->name : "outside",
				 f.dst.ep ? f.dst.ep->name : "outside", f.proto, f.port,
				 ir_dir_name(dir), ir_verdict_name(spec), ir_verdict_name(table));
		}
	}
}

TEST(the_tables_decide_as_the_interpreter_does)
{
	in_every_world(agree);
	in_every_world_with(&with_decisions, agree);
}

/* What the interpreter says of the last word: its rule, or its tier and who isolates there. */
static struct cls_decision decision_of(const struct ir_trace *trace, enum ir_verdict verdict,
				       enum ir_dir dir)
{
	struct cls_decision d = {.outcome = (enum ir_outcome)verdict};
	const struct ir_step *last = trace->steps.n ? &trace->steps.v[trace->steps.n - 1] : NULL;

	if (!last || last->action == IR_PASS)
		return d;
	d.rule = last->rule;
	d.tier = last->tier;
	d.dir = dir;
	if (d.rule)
		return d;
	d.governing.v = last->governing.v;
	d.governing.n = last->governing.n;
	return d;
}

static bool same_decision(const struct cls_decision *a, const struct cls_decision *b)
{
	if (a->outcome != b->outcome || a->rule != b->rule || a->tier != b->tier ||
	    a->dir != b->dir || a->governing.n != b->governing.n)
		return false;
	for (size_t i = 0; i < a->governing.n; i++) {
		if (a->governing.v[i] != b->governing.v[i])
			return false;
	}
	return true;
}

static const char *decider(const struct cls_decision *d, char text[64])
{
	if (d->rule)
		snprintf(text, 64, "rule %u", d->rule->id);
	else if (d->tier)
		snprintf(text, 64, "tier %s for %zu policies", d->tier->name, d->governing.n);
	else
		snprintf(text, 64, "nobody");
	return text;
}

static void same_deciders(struct dice *d, const struct irb *b, const struct cls *cls, uint64_t seed)
{
	struct arena arena;

	arena_init(&arena);
	for (unsigned i = 0; i < N_FLOWS; i++) {
		struct ir_flow f = random_flow(d, b);

		for (enum ir_dir dir = 0; dir < IR_N_DIRS; dir++) {
			struct ir_trace trace = {.arena = &arena};
			enum ir_verdict verdict = ir_eval_dir(&b->ir, &f, dir, &trace);
			struct cls_decision spec = decision_of(&trace, verdict, dir);
			const struct cls_decision *table = cls_decision_dir(cls, &f, dir);
			char x[64], y[64];

			if (!table) {
				assert_int_equal(trace.steps.n, 0);
				continue;
			}
			if (!same_decision(&spec, table))
				fail_msg("POLC_SEED=%" PRIu64 ": flow %u, %s is decided by %s in "
					 "the interpreter, by %s in the tables",
					 seed, i, ir_dir_name(dir), decider(&spec, x),
					 decider(table, y));
		}
	}
	arena_fini(&arena);
}

TEST(each_cell_is_charged_to_the_rule_that_the_interpreter_names)
{
	in_every_world_with(&with_decisions, same_deciders);
}

static void listed_once(struct dice *d, const struct irb *b, const struct cls *cls, uint64_t seed)
{
	(void)d, (void)b, (void)seed;
	vec_each (struct cls_table *, t, &cls->tables) {
		size_t n = (size_t)(*t)->n_rows * (*t)->n_cols;
		bool *used = calloc((*t)->decisions.n, sizeof(*used));

		for (size_t i = 0; i < n; i++) {
			assert_true((*t)->decided[i] < (*t)->decisions.n);
			assert_int_equal((*t)->decisions.v[(*t)->decided[i]].outcome,
					 (*t)->cells[i]);
			used[(*t)->decided[i]] = true;
		}
		for (size_t i = 0; i < (*t)->decisions.n; i++) {
			assert_true(used[i]);
			for (size_t j = 0; j < i; j++)
				assert_false(same_decision(&(*t)->decisions.v[i],
							   &(*t)->decisions.v[j]));
		}
		free(used);
	}
}

TEST(a_table_lists_each_of_its_decisions_once_and_no_other)
{
	in_every_world_with(&with_decisions, listed_once);
}

/* --- rules about requests ----------------------------------------------------------------------
 */

/* What they ask does not matter here, only that they do. */
static void ask_for_requests(struct dice *d, struct irb *b)
{
	vec_each (struct ir_rule *, rule, &b->ir.rules)
		if ((*rule)->action == IR_ALLOW && roll(d, 3) == 0)
			(*rule)->l7.kind = IR_L7_HTTP;
}

static bool asks_the_same(const struct ir_step *step, const struct cls_decision *d)
{
	size_t n = 0;

	vec_each (const struct ir_rule *, rule, &step->matched) {
		bool found = false;

		if (!ir_step_asks(step, *rule))
			continue;
		vec_each (const struct ir_rule *, asked, &d->asked)
			found |= *asked == *rule;
		if (!found)
			return false;
		n++;
	}
	return n == d->asked.n && d->rule == d->asked.v[0];
}

static void same_outcomes(struct dice *d, struct irb *b, const struct cls *cls, uint64_t seed,
			  size_t *redirects)
{
	struct arena arena;

	arena_init(&arena);
	for (unsigned i = 0; i < N_FLOWS; i++) {
		struct ir_flow f = random_flow(d, b);

		for (enum ir_dir dir = 0; dir < IR_N_DIRS; dir++) {
			struct ir_trace trace = {.arena = &arena};
			enum ir_outcome spec = ir_judge_dir(&b->ir, &f, dir, &trace);
			bool same = spec == cls_outcome_dir(cls, &f, dir);

			if (same && spec == IR_OUTCOME_REDIRECT) {
				same = asks_the_same(&trace.steps.v[trace.steps.n - 1],
						     cls_decision_dir(cls, &f, dir));
				(*redirects)++;
			}
			if (!same)
				fail_msg("POLC_SEED=%" PRIu64
					 ": flow %u, %s: %s in the interpreter",
					 seed, i, ir_dir_name(dir), ir_outcome_name(spec));
		}
	}
	arena_fini(&arena);
}

TEST(a_redirect_asks_the_rules_that_the_interpreter_asks)
{
	struct campaign c = campaign_begin(N_WORLDS, 0.2);
	size_t redirects = 0;
	uint64_t seed;

	while (campaign_next(&c, &seed)) {
		struct dice d = {seed};
		struct irb b;
		struct cls *cls;

		random_world(&d, &b);
		ask_for_requests(&d, &b);
		assert_int_equal(cls_build(&b.ir, NULL, &b.arena, &b.diag, &cls), 0);
		same_outcomes(&d, &b, cls, seed, &redirects);
		irb_fini(&b);
	}
	assert_true(redirects > 0);
}

/* --- endpoints that no inventory knows ---------------------------------------------------------
 */

static const struct cls_options opened = {.open = true};

/* With keys and values that no policy names, too. It is in no inventory. */
static const struct ir_endpoint *random_stranger(struct dice *d, struct irb *b)
{
	static const char *const addrs[] = {"10.0.0.5",      "10.0.0.9",  "10.0.1.9",
					    "10.3.0.1",      "fd00::5",   "192.168.3.7",
					    "2001:db8::f00", "172.16.0.1"};
	static const char *const ports[] = {"", "", "http=tcp/80", "http=tcp/8080,web=tcp/80"};
	_cleanup_buf_ struct buf labels = {0};

	for (unsigned k = 0; k < 4; k++) {
		if (roll(d, 2))
			buf_printf(&labels, "%sk%u=v%u", labels.n ? "," : "", k, roll(d, 5));
		if (roll(d, 2))
			buf_printf(&labels, "%sns:k%u=v%u", labels.n ? "," : "", k, roll(d, 5));
	}
	irb_endpoint(b, "zz-stranger", buf_str(&labels), PICK(d, addrs), PICK(d, ports));
	return b->ir.endpoints.v[--b->ir.endpoints.n];
}

/* Do the endpoint's ports of the names that count have the numbers that somebody's have? */
static bool ports_are_known(const struct irb *b, const struct cls_traits *t,
			    const struct ir_endpoint *ep)
{
	bool none = true;

	for (size_t i = 0; i < b->ir.endpoints.n; i++) {
		const struct ir_endpoint *known = b->ir.endpoints.v[i];
		bool same = !known->host;

		vec_each (const struct cls_name, n, &t->names) {
			int port = ir_endpoint_port(ep, n->proto, n->name);

			none &= port < 0;
			same &= port == ir_endpoint_port(known, n->proto, n->name);
		}
		if (same)
			return true;
	}
	return none;
}

/* Is the stranger, as a peer of an endpoint, judged as the interpreter judges it? */
static void judged_right(struct dice *d, const struct irb *b, const struct cls *cls,
			 const struct ir_endpoint *stranger, uint32_t peer, uint64_t seed)
{
	for (unsigned i = 0; i < N_FLOWS / 10; i++) {
		struct ir_flow f = random_flow(d, b);
		enum ir_dir dir = roll(d, 2) ? IR_INGRESS : IR_EGRESS;
		struct ir_end *at = dir == IR_INGRESS ? &f.src : &f.dst;
		const struct ir_endpoint *subject = dir == IR_INGRESS ? f.dst.ep : f.src.ep;
		const struct cls_table *t;
		uint32_t col;

		if (!subject || subject->host)
			continue;
		*at = (struct ir_end){.ep = stranger, .addr = stranger->addrs.v[0]};
		t = cls->subjects.v[cls->subject_of_endpoint[subject->id]]->tables[dir];
		col = cls_table_col(t, cls_proto_of(f.proto), f.port);
		if (t->cells[(size_t)cls_table_row(t, peer) * t->n_cols + col] !=
		    ir_eval_dir(&b->ir, &f, dir, NULL))
			fail_msg("POLC_SEED=%" PRIu64 ": a stranger of class %u, %s of %s", seed,
				 peer, ir_dir_name(dir), subject->name);
	}
}

static void strangers_are_placed(struct dice *d, const struct irb *world, const struct cls *cls,
				 uint64_t seed)
{
	struct irb *b = (struct irb *)world;

	assert_int_equal(cls->classifier->foreseen, CLS_FORESEEN_ALL);
	for (unsigned i = 0; i < 10; i++) {
		const struct ir_endpoint *stranger = random_stranger(d, b);
		bool known = ports_are_known(b, &cls->classifier->traits, stranger);
		uint32_t peer;
		enum cls_found found =
			cls_classify(cls->classifier, stranger, &stranger->addrs.v[0], &peer);

		if (found != (known ? CLS_FOUND : CLS_NEW_PORTS))
			fail_msg("POLC_SEED=%" PRIu64 ": a stranger is %d", seed, found);
		if (found == CLS_FOUND)
			judged_right(d, b, cls, stranger, peer, seed);
	}
}

TEST(an_endpoint_of_any_labels_has_a_class_that_is_judged_as_the_interpreter_says)
{
	in_every_world_with(&opened, strangers_are_placed);
}

/* A stranger that finds its tables is protected as the interpreter says. */
static void protected_right(struct dice *d, const struct irb *b, const struct cls *cls,
			    const struct ir_endpoint *stranger, const uint32_t tables[IR_N_DIRS],
			    uint64_t seed)
{
	for (unsigned i = 0; i < N_FLOWS / 10; i++) {
		struct ir_flow f = random_flow(d, b);
		enum ir_dir dir = roll(d, 2) ? IR_INGRESS : IR_EGRESS;
		struct ir_end *at = dir == IR_INGRESS ? &f.dst : &f.src;
		const struct ir_end *peer = dir == IR_INGRESS ? &f.src : &f.dst;
		const struct cls_table *t = cls->tables.v[tables[dir]];
		uint32_t col = cls_table_col(t, cls_proto_of(f.proto), f.port);

		*at = (struct ir_end){.ep = stranger, .addr = stranger->addrs.v[0]};
		if (t->cells[(size_t)cls_table_row(t, cls_of_end(cls, peer)) * t->n_cols + col] !=
		    ir_eval_dir(&b->ir, &f, dir, NULL))
			fail_msg("POLC_SEED=%" PRIu64 ": a stranger of table %u, %s", seed,
				 tables[dir], ir_dir_name(dir));
	}
}

static size_t n_protected;

static void strangers_are_protected(struct dice *d, const struct irb *world, const struct cls *cls,
				    uint64_t seed)
{
	struct irb *b = (struct irb *)world;

	for (unsigned i = 0; i < 10; i++) {
		const struct ir_endpoint *stranger = random_stranger(d, b);
		uint32_t tables[IR_N_DIRS];

		if (cls_classify_subject(cls->classifier, stranger, tables) != CLS_FOUND)
			continue;
		protected_right(d, b, cls, stranger, tables, seed);
		n_protected++;
	}
}

TEST(an_endpoint_selected_as_another_is_protected_as_the_interpreter_says)
{
	in_every_world_with(&opened, strangers_are_protected);
	assert_true(n_protected > 0);
}

/* Written for a bundle, and read on a node that knows nothing else. */
static void same_after_reading(struct dice *d, const struct irb *world, const struct cls *cls,
			       uint64_t seed)
{
	const struct cls_classifier_limits limits = {cls->n_classes, (uint32_t)cls->tables.n};
	_cleanup_buf_ struct buf first = {0}, second = {0};
	struct irb *b = (struct irb *)world;
	struct cls_classifier *read;

	cls_classifier_json(cls->classifier, &first);
	if (cls_classifier_read("classifier", buf_str(&first), first.n, &limits, &b->arena,
				&b->diag, &read))
		fail_msg("POLC_SEED=%" PRIu64 ": %s", seed, b->diag.items.v[0]->text);
	cls_classifier_json(read, &second);
	assert_string_equal(buf_str(&first), buf_str(&second));
	for (unsigned i = 0; i < 4; i++) {
		const struct ir_endpoint *ep = random_stranger(d, b);
		const struct ir_endpoint *same =
			cls_classifier_adopt(read, cls->classifier->strings, ep, &b->arena);
		uint32_t x[3] = {0}, y[3] = {0};

		assert_int_equal(cls_classify(cls->classifier, ep, &ep->addrs.v[0], x),
				 cls_classify(read, same, &ep->addrs.v[0], y));
		assert_int_equal(cls_classify_subject(cls->classifier, ep, x + 1),
				 cls_classify_subject(read, same, y + 1));
		assert_memory_equal(x, y, sizeof(x));
	}
}

TEST(a_classifier_that_was_written_and_read_answers_as_before)
{
	in_every_world_with(&opened, same_after_reading);
}

static void known_ones_too(struct dice *d, const struct irb *b, const struct cls *cls,
			   uint64_t seed)
{
	(void)d, (void)seed;
	vec_each (struct cls_point, p, &cls->points) {
		uint32_t found;

		assert_int_equal(cls_classify(cls->classifier, p->ep, &p->addr, &found), CLS_FOUND);
		assert_int_equal(found, p->cls);
	}
	vec_each (struct ir_endpoint *, ep, &b->ir.endpoints) {
		const struct cls_subject *subject;
		uint32_t tables[IR_N_DIRS];

		if ((*ep)->host)
			continue;
		subject = cls->subjects.v[cls->subject_of_endpoint[(*ep)->id]];
		assert_int_equal(cls_classify_subject(cls->classifier, *ep, tables), CLS_FOUND);
		for (int dir = 0; dir < IR_N_DIRS; dir++)
			assert_int_equal(tables[dir], subject->tables[dir]->id);
	}
}

TEST(an_endpoint_of_the_inventory_is_classified_as_the_compiler_did)
{
	in_every_world_with(&opened, known_ones_too);
	in_every_world_with(&opened, agree);
}

/* --- signatures -------------------------------------------------------------------------------
 */

static void collect_traits(const struct irb *b, struct arena *arena, struct cls_traits *out)
{
	vec_each (struct ir_rule *, rule, &b->ir.rules) {
		vec_each (const struct ir_peer, peer, &(*rule)->peers)
			vec_push(arena, &out->atoms, peer);
		vec_each (const struct ir_port, port, &(*rule)->ports)
			if (ir_port_name(port) != INTERN_NONE)
				vec_push(arena, &out->names,
					 (struct cls_name){port->proto, ir_port_name(port)});
	}
	vec_each (struct ir_policy *, policy, &b->ir.policies)
		out->spares |= (*policy)->spares_node;
}

static void assert_same_signature(const struct atoms *atoms, const struct ir_endpoint *ep,
				  const struct net_prefix *where, struct arena *arena)
{
	size_t size = cls_signature_size(atoms->traits);
	uint64_t *each = arena_alloc(arena, size), *looked_up = arena_alloc(arena, size);

	cls_signature_of(atoms->traits, ep, where, each);
	atoms_signature(atoms, ep, where, looked_up);
	assert_memory_equal(each, looked_up, size);
}

/* Anywhere that no prefix of the rules divides: at an address, in one of the prefixes, nowhere. */
static void same_signatures(struct dice *d, const struct irb *b, const struct cls *cls,
			    uint64_t seed)
{
	struct cls_traits traits = {0};
	struct atoms atoms;
	struct arena arena;

	(void)seed;
	arena_init(&arena);
	collect_traits(b, &arena, &traits);
	atoms_init(&atoms, &traits, &arena);
	for (int i = 0; i < 50; i++) {
		struct ir_end end = random_end(d, b);
		struct net_prefix at = {0};

		if (end.addr.family != NET_NONE)
			at = net_prefix_of_addr(&end.addr);
		assert_same_signature(&atoms, end.ep, &at, &arena);
	}
	vec_each (const struct cls_cidr, cidr, &cls->cidrs) {
		assert_same_signature(&atoms, NULL, &cidr->prefix, &arena);
		assert_same_signature(&atoms, b->ir.node, &cidr->prefix, &arena);
		assert_same_signature(&atoms, b->ir.endpoints.v[roll(d, N_ENDPOINTS)],
				      &cidr->prefix, &arena);
	}
	arena_fini(&arena);
}

TEST(predicates_that_are_looked_up_are_those_that_match_one_by_one)
{
	in_every_world(same_signatures);
}

static bool same_cell(const struct cls_table *t, size_t a, size_t b)
{
	return t->decided ? t->decided[a] == t->decided[b] : t->cells[a] == t->cells[b];
}

static bool same_rows(const struct cls_table *t, uint32_t a, uint32_t b)
{
	for (uint32_t c = 0; c < t->n_cols; c++) {
		if (!same_cell(t, (size_t)a * t->n_cols + c, (size_t)b * t->n_cols + c))
			return false;
	}
	return true;
}

static bool same_cols(const struct cls_table *t, uint32_t a, uint32_t b)
{
	for (uint32_t r = 0; r < t->n_rows; r++) {
		if (!same_cell(t, (size_t)r * t->n_cols + a, (size_t)r * t->n_cols + b))
			return false;
	}
	return true;
}

static void minimal(struct dice *d, const struct irb *b, const struct cls *cls, uint64_t seed)
{
	(void)d, (void)b, (void)seed;
	vec_each (struct cls_table *, t, &cls->tables) {
		for (uint32_t i = 0; i < (*t)->n_rows; i++) {
			for (uint32_t j = 0; j < i; j++)
				assert_false(same_rows(*t, i, j));
		}
		for (uint32_t i = 0; i < (*t)->n_cols; i++) {
			for (uint32_t j = 0; j < i; j++)
				assert_false(same_cols(*t, i, j));
		}
	}
}

TEST(no_two_rows_and_no_two_columns_of_a_table_are_equal)
{
	in_every_world(minimal);
	in_every_world_with(&with_decisions, minimal);
}

static void covered(struct dice *d, const struct irb *b, const struct cls *cls, uint64_t seed)
{
	(void)d, (void)b, (void)seed;
	vec_each (struct cls_table *, t, &cls->tables) {
		uint32_t proto = 0, next = 0;

		vec_each (const struct cls_span, s, &(*t)->spans) {
			assert_int_equal(s->proto, proto);
			assert_int_equal(s->lo, next);
			assert_true(s->hi >= s->lo && s->col < (*t)->n_cols);
			next = s->hi + 1u;
			if (next == (proto == CLS_OTHER ? 1 : 65536)) {
				next = 0;
				proto++;
			}
		}
		assert_int_equal(proto, CLS_N_PROTOS);
		for (uint32_t c = 0; c < cls->n_classes; c++)
			assert_true(cls_table_row(*t, c) < (*t)->n_rows);
	}
}

TEST(the_spans_of_a_table_cover_every_port_of_every_protocol_once)
{
	in_every_world(covered);
	in_every_world_with(&with_decisions, covered);
}

static bool same_tables(const struct cls_table *a, const struct cls_table *b)
{
	if (a->n_rows != b->n_rows || a->n_cols != b->n_cols || a->spans.n != b->spans.n ||
	    memcmp(a->cells, b->cells, (size_t)a->n_rows * a->n_cols) != 0 ||
	    a->runs.list.n != b->runs.list.n ||
	    memcmp(a->runs.list.v, b->runs.list.v, a->runs.list.n * sizeof(*a->runs.list.v)) != 0)
		return false;
	for (size_t i = 0; i < a->spans.n; i++) {
		const struct cls_span *x = &a->spans.v[i], *y = &b->spans.v[i];

		if (x->proto != y->proto || x->lo != y->lo || x->hi != y->hi || x->col != y->col)
			return false;
	}
	return true;
}

static void shared(struct dice *d, const struct irb *b, const struct cls *cls, uint64_t seed)
{
	(void)d, (void)b, (void)seed;
	for (size_t i = 0; i < cls->tables.n; i++) {
		assert_int_equal(cls->tables.v[i]->id, i);
		for (size_t j = 0; j < i; j++)
			assert_false(same_tables(cls->tables.v[i], cls->tables.v[j]));
	}
	for (size_t i = 0; i < cls->subjects.n; i++) {
		for (size_t j = 0; j < i; j++)
			assert_memory_not_equal(cls->subjects.v[i]->tables,
						cls->subjects.v[j]->tables,
						sizeof(cls->subjects.v[i]->tables));
	}
}

TEST(equal_tables_are_one_and_no_two_subjects_have_the_same_two)
{
	in_every_world(shared);
}

static void few_prefixes(struct dice *d, const struct irb *b, const struct cls *cls, uint64_t seed)
{
	unsigned roots = 0;

	(void)d, (void)b, (void)seed;
	for (size_t i = 0; i < cls->cidrs.n; i++) {
		const struct cls_cidr *c = &cls->cidrs.v[i], *parent = NULL;

		for (size_t j = 0; j < i; j++) {
			assert_true(net_prefix_cmp(&cls->cidrs.v[j].prefix, &c->prefix) < 0);
			if (net_prefix_has_prefix(&cls->cidrs.v[j].prefix, &c->prefix))
				parent = &cls->cidrs.v[j];
		}
		if (parent)
			assert_int_not_equal(parent->cls, c->cls);
		else
			assert_int_equal(c->prefix.len, 0);
		roots += !parent;
	}
	assert_int_equal(roots, 2);
}

TEST(no_prefix_says_what_its_parent_says_and_both_families_have_a_root)
{
	in_every_world(few_prefixes);
}

/* --- by hand -------------------------------------------------------------------------------- */

static struct cls *build(struct irb *b)
{
	struct cls *cls;

	assert_int_equal(cls_build(&b->ir, NULL, &b->arena, &b->diag, &cls), 0);
	return cls;
}

TEST(an_endpoint_that_nothing_selects_has_one_cell_that_allows)
{
	struct irb b;
	struct cls *cls;
	enum ir_outcome outcome;

	irb_init(&b);
	irb_endpoint(&b, "a", "app=a", "10.0.0.1", "");
	cls = build(&b);
	assert_int_equal(cls->tables.n, 1);
	assert_true(cls_table_is_constant(cls->tables.v[0], &outcome));
	assert_int_equal(outcome, IR_OUTCOME_ALLOW);
	irb_fini(&b);
}

TEST(policies_written_differently_with_one_meaning_give_one_table)
{
	struct irb b;
	struct cls *cls;
	struct ir_policy *p;

	irb_init(&b);
	p = irb_policy(&b, b.tier, "one", "app=a");
	irb_rule(&b, p, IR_INGRESS, IR_ALLOW, 0, "all", "tcp/80-90");
	p = irb_policy(&b, b.tier, "other", "app=b");
	irb_rule(&b, p, IR_INGRESS, IR_ALLOW, 0, "cluster|world", "tcp/86-90");
	irb_rule(&b, p, IR_INGRESS, IR_ALLOW, 0, "all", "tcp/80-85");
	irb_endpoint(&b, "a", "app=a", "10.0.0.1", "");
	irb_endpoint(&b, "b", "app=b", "10.0.0.2", "");
	cls = build(&b);
	assert_int_equal(cls->tables.n, 2);
	assert_int_equal(cls->subjects.n, 1);
	irb_fini(&b);
}

TEST(a_subject_of_ingress_is_told_apart_by_the_numbers_of_its_named_ports)
{
	struct irb b;
	struct cls *cls;
	struct ir_policy *p;

	irb_init(&b);
	p = irb_policy(&b, b.tier, "p", "");
	irb_rule(&b, p, IR_INGRESS, IR_ALLOW, 0, "all", "tcp/http");
	irb_endpoint(&b, "a", "", "10.0.0.1", "http=tcp/80");
	irb_endpoint(&b, "b", "", "10.0.0.2", "http=tcp/8080");
	irb_endpoint(&b, "c", "", "10.0.0.3", "http=tcp/80,other=tcp/9");
	cls = build(&b);
	assert_int_equal(cls->subjects.n, 2);
	assert_int_equal(cls->subject_of_endpoint[0], cls->subject_of_endpoint[2]);
	irb_fini(&b);
}

TEST(of_rules_that_agree_the_first_in_the_sources_is_charged)
{
	struct irb b;
	struct cls *cls;
	struct ir_policy *p;
	const struct ir_rule *first, *strict;
	struct ir_flow flow = {.proto = IR_PROTO_TCP, .port = 80};

	irb_init(&b);
	p = irb_policy(&b, b.tier, "p", "app=a");
	first = irb_rule(&b, p, IR_INGRESS, IR_ALLOW, 0, "all", "tcp/80-90");
	irb_rule(&b, p, IR_INGRESS, IR_ALLOW, 0, "world", "tcp/80-443");
	strict = irb_rule(&b, p, IR_INGRESS, IR_DENY, 0, "world", "tcp/443");
	flow.dst.ep = irb_endpoint(&b, "a", "app=a", "10.0.0.1", "");
	net_addr_parse("192.0.2.1", &flow.src.addr);
	assert_int_equal(cls_build(&b.ir, &with_decisions, &b.arena, &b.diag, &cls), 0);
	assert_ptr_equal(cls_decision_dir(cls, &flow, IR_INGRESS)->rule, first);
	flow.port = 443;
	assert_ptr_equal(cls_decision_dir(cls, &flow, IR_INGRESS)->rule, strict);
	flow.port = 444;
	assert_null(cls_decision_dir(cls, &flow, IR_INGRESS)->rule);
	assert_ptr_equal(cls_decision_dir(cls, &flow, IR_INGRESS)->governing.v[0], p);
	flow.port = 80;
	cls = build(&b);
	assert_null(cls_decision_dir(cls, &flow, IR_INGRESS));
	irb_fini(&b);
}

TEST(the_same_world_compiles_to_the_same_numbers)
{
	struct dice one = {7}, two = {7};
	struct irb a, b;
	struct cls *x, *y;

	random_world(&one, &a);
	random_world(&two, &b);
	x = build(&a);
	y = build(&b);
	assert_int_equal(x->n_classes, y->n_classes);
	assert_int_equal(x->tables.n, y->tables.n);
	for (size_t i = 0; i < x->tables.n; i++)
		assert_true(same_tables(x->tables.v[i], y->tables.v[i]));
	irb_fini(&a);
	irb_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_tables_decide_as_the_interpreter_does),
		cmocka_unit_test(each_cell_is_charged_to_the_rule_that_the_interpreter_names),
		cmocka_unit_test(a_redirect_asks_the_rules_that_the_interpreter_asks),
		cmocka_unit_test(a_table_lists_each_of_its_decisions_once_and_no_other),
		cmocka_unit_test(of_rules_that_agree_the_first_in_the_sources_is_charged),
		cmocka_unit_test(
			an_endpoint_of_any_labels_has_a_class_that_is_judged_as_the_interpreter_says),
		cmocka_unit_test(
			an_endpoint_selected_as_another_is_protected_as_the_interpreter_says),
		cmocka_unit_test(a_classifier_that_was_written_and_read_answers_as_before),
		cmocka_unit_test(an_endpoint_of_the_inventory_is_classified_as_the_compiler_did),
		cmocka_unit_test(predicates_that_are_looked_up_are_those_that_match_one_by_one),
		cmocka_unit_test(no_two_rows_and_no_two_columns_of_a_table_are_equal),
		cmocka_unit_test(the_spans_of_a_table_cover_every_port_of_every_protocol_once),
		cmocka_unit_test(equal_tables_are_one_and_no_two_subjects_have_the_same_two),
		cmocka_unit_test(no_prefix_says_what_its_parent_says_and_both_families_have_a_root),
		cmocka_unit_test(an_endpoint_that_nothing_selects_has_one_cell_that_allows),
		cmocka_unit_test(policies_written_differently_with_one_meaning_give_one_table),
		cmocka_unit_test(
			a_subject_of_ingress_is_told_apart_by_the_numbers_of_its_named_ports),
		cmocka_unit_test(the_same_world_compiles_to_the_same_numbers),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
