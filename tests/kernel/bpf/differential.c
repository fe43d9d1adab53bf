/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The random differential test: whatever the policies say, the interpreter, the compiled
 * tables and the programs in the kernel say the same of every flow, in whatever form its
 * packets come. Half of the packets are sent on both CPUs at once.
 * A seed is a policy set; tests/lib/campaign.h tells how many there are.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/eval.h"
#include "runtime/runtime.h"
#include "tests/kernel/bpf/both_cpus.h"
#include "tests/lib/campaign.h"
#include "tests/lib/enforce.h"
#include "tests/lib/flow_packet.h"
#include "tests/lib/random_flow.h"
#include "tests/lib/random_policy.h"
#include "tests/lib/tap.h"

/* How the packets of a flow look. X(ENUM, "name") */
#define FORMS(X)                                                                                   \
	X(PLAIN, "plain")                                                                          \
	X(VLAN, "one VLAN tag")                                                                    \
	X(VLANS, "two VLAN tags")                                                                  \
	X(HEADERS, "IPv4 options or IPv6 extension headers")                                       \
	X(ATOMIC, "IPv6 atomic fragment")                                                          \
	X(FRAGMENTS, "two fragments in order")                                                     \
	X(LATER_ONLY, "a later fragment alone")                                                    \
	X(HARMED, "contradicts itself")                                                            \
	X(CUT, "cut short")

enum form {
#define X(id, text) FORM_##id,
	FORMS(X)
#undef X
		N_FORMS
};

static const char *const form_names[] = {
#define X(id, text) text,
	FORMS(X)
#undef X
};

/* Two addresses and a protocol that has no ports: all that conntrack can tell its flows by. */
struct pair {
	struct net_addr a, b;
	uint16_t proto;
};

/* One policy set at work. */
struct run {
	struct enforce_env *env;
	struct enforced e;
	struct random_policy text;
	struct random r;
	uint64_t seed;
	uint16_t source;        /* the next unused source port: no flow is a reply to another */
	VEC(struct pair) pairs; /* that sent packets without ports since the last forgetting */
	uint32_t frag_id;
	size_t packets, failures;
	size_t led; /* packets that went to a proxy, as they should */

	/* What the interpreter says that was counted; with e.telling. */
	uint64_t *by_rule; /* by id */
	uint64_t by_default;
};

enum { FIRST_SOURCE = 20000, LAST_SOURCE = 60000, N_PACKETS = 500, MAX_FAILURES = 3 };

/* --- telling ---------------------------------------------------------------------------- */

struct judged {
	const struct ir_flow *flow;
	enum ir_dir dir;
	enum form form;
	enum ir_outcome want;
	bool from_proxy;
};

static void tell_flow(struct run *run, const struct judged *j, const char *what)
{
	char text[FLOW_TEXT_SIZE];

	if (run->failures++ == 0)
		random_policy_note(&run->text, run->seed);
	tap_note("%s of %s%s: %s: the interpreter says %s, %s", ir_dir_name(j->dir),
		 flow_text(j->flow, text), j->from_proxy ? " from the proxy" : "",
		 form_names[j->form], ir_outcome_name(j->want), what);
}

static void tell_packet(struct run *run, const struct judged *j, const struct packet *p,
			const struct enforce_result *got)
{
	char what[128], *hex = packet_hex(p);

	snprintf(what, sizeof(what), "the kernel %s (%s, listener %u)",
		 got->passed ? "passed" : "dropped",
		 got->reason < 0 ? "none or several reasons counted" : rt_reason_name(got->reason),
		 got->listener);
	tell_flow(run, j, what);
	tap_note("packet: %s", hex);
	free(hex);
}

/* --- judging ---------------------------------------------------------------------------- */

static const struct ir_endpoint *subject_of(const struct judged *j)
{
	return j->dir == IR_INGRESS ? j->flow->dst.ep : j->flow->src.ep;
}

/* One more packet that policy decided, charged to the rule that the interpreter names. */
static void charge(struct run *run, const struct judged *j)
{
	struct ir_trace trace = {.arena = &run->e.lang.arena};
	const struct ir_step *last;

	ir_judge_dir(run->e.ir, j->flow, j->dir, &trace);
	last = trace.steps.n ? &trace.steps.v[trace.steps.n - 1] : NULL;
	if (!last || last->action == IR_PASS)
		return;
	if (last->rule)
		run->by_rule[last->rule->id]++;
	else
		run->by_default++;
}

static bool submit(struct run *run, const struct judged *j, const struct packet *p,
		   struct enforce_result *got)
{
	int err = enforced_run_from(&run->e, run->env, subject_of(j), j->dir, p,
				    j->from_proxy ? ENFORCE_PROXY_IN : 0, got);

	run->packets++;
	if (err)
		tell_flow(run, j, strerror(-err));
	else if (run->e.telling &&
		 (got->reason == POLC_PASS_POLICY || got->reason == POLC_DROP_POLICY ||
		  got->reason == POLC_PASS_PROXY))
		charge(run, j);
	return !err;
}

/* The packet is judged as the interpreter says. */
static void expect_verdict(struct run *run, const struct judged *j, const struct packet *p)
{
	static const enum polc_reason reasons[] = {[IR_OUTCOME_DENY] = POLC_DROP_POLICY,
						   [IR_OUTCOME_ALLOW] = POLC_PASS_POLICY,
						   [IR_OUTCOME_REDIRECT] = POLC_PASS_PROXY};
	bool goes = j->want == IR_OUTCOME_REDIRECT && !j->from_proxy;
	enum ir_outcome want = j->want == IR_OUTCOME_REDIRECT && !goes ? IR_OUTCOME_ALLOW : j->want;
	uint32_t listener = goes ? enforced_listener(&run->e, j->flow, j->dir) : 0;
	struct enforce_result got;

	if (submit(run, j, p, &got) &&
	    (got.passed != (want != IR_OUTCOME_DENY) || got.reason != (int)reasons[want] ||
	     got.listener != listener || goes != (listener != 0)))
		tell_packet(run, j, p, &got);
	run->led += got.listener != 0;
}

/* The packet is dropped, for one of two reasons. */
static void expect_drop(struct run *run, const struct judged *j, const struct packet *p,
			enum polc_reason one, enum polc_reason other)
{
	struct enforce_result got;

	if (submit(run, j, p, &got) &&
	    (got.passed || (got.reason != (int)one && got.reason != (int)other)))
		tell_packet(run, j, p, &got);
}

/* Where nothing is denied, fragments need no first one; else nobody knows whose they are. */
static void expect_no_more_than_policy(struct run *run, const struct judged *j,
				       const struct packet *p)
{
	struct enforce_result got;
	bool fine;

	if (!submit(run, j, p, &got))
		return;
	if (got.passed)
		fine = j->want != IR_OUTCOME_DENY && got.reason == POLC_PASS_POLICY;
	else
		fine = got.reason == POLC_DROP_FRAGMENT ||
		       (got.reason == POLC_DROP_POLICY && j->want == IR_OUTCOME_DENY);
	if (!fine)
		tell_packet(run, j, p, &got);
}

/* --- forms ------------------------------------------------------------------------------ */

static void add_headers(struct run *run, struct packet_spec *s)
{
	static const uint8_t chains[][3] = {{IPPROTO_HOPOPTS, 0, 0},
					    {IPPROTO_DSTOPTS, IPPROTO_ROUTING, IPPROTO_DSTOPTS},
					    {IPPROTO_AH, 0, 0},
					    {IPPROTO_HOPOPTS, IPPROTO_AH, IPPROTO_DSTOPTS}};
	size_t i = random_below(&run->r, sizeof(chains) / sizeof(*chains));

	s->ip_options = 4 * (1 + random_below(&run->r, 10));
	for (s->n_exts = 0; s->n_exts < 3 && (s->n_exts == 0 || chains[i][s->n_exts]); s->n_exts++)
		s->exts[s->n_exts] = chains[i][s->n_exts];
}

static void run_fragments(struct run *run, const struct judged *j, struct packet_spec *s,
			  bool later_only)
{
	struct packet p;

	s->fragment = s->more = true;
	s->frag_id = ++run->frag_id;
	packet_build(&p, s);
	/* The data of every fragment but the last is a multiple of 8 bytes. */
	s->payload += 64 - (p.len - p.l4) % 8;
	packet_build(&p, s);
	if (!later_only)
		expect_verdict(run, j, &p);
	s->frag_offset = (p.len - p.l4) / 8;
	s->more = random_chance(&run->r, 50);
	packet_build(&p, s);
	if (later_only)
		expect_no_more_than_policy(run, j, &p);
	else
		expect_verdict(run, j, &p);
}

/* Harms to the IP header: every program looks at it, whatever its policy. */
static void run_harmed(struct run *run, const struct judged *j, const struct packet_spec *s)
{
	static const enum packet_harm harms[] = {PACKET_HARM_VERSION, PACKET_HARM_HEADER_SHORT,
						 PACKET_HARM_HEADER_LONG, PACKET_HARM_LENGTH_LONG};
	struct packet p;

	packet_build(&p, s);
	if (packet_do_harm(&p, random_pick(&run->r, harms)))
		expect_drop(run, j, &p, POLC_DROP_MALFORMED, POLC_DROP_MALFORMED);
}

/* Tagged, as BPF_PROG_TEST_RUN refuses frames that end inside an IP header directly behind the
 * Ethernet header. */
static void run_cut(struct run *run, const struct judged *j, struct packet_spec *s)
{
	struct packet p;

	s->vlans = 1;
	packet_build(&p, s);
	packet_cut(&p, p.ip + random_below(&run->r, p.len - p.ip));
	expect_drop(run, j, &p, POLC_DROP_TRUNCATED, POLC_DROP_MALFORMED);
}

static void run_packets(struct run *run, const struct judged *j)
{
	struct packet_spec s = flow_packet(j->flow, run->source++);
	struct packet p;

	if (run->source == LAST_SOURCE)
		run->source = FIRST_SOURCE;
	switch (j->form) {
	case FORM_VLAN:
	case FORM_VLANS:
		s.vlans = j->form == FORM_VLAN ? 1 : 2;
		break;
	case FORM_HEADERS:
		add_headers(run, &s);
		break;
	case FORM_ATOMIC:
		s.fragment = j->flow->src.addr.family == NET_V6;
		break;
	case FORM_FRAGMENTS:
	case FORM_LATER_ONLY:
		run_fragments(run, j, &s, j->form == FORM_LATER_ONLY);
		return;
	case FORM_HARMED:
		run_harmed(run, j, &s);
		return;
	case FORM_CUT:
		run_cut(run, j, &s);
		return;
	case FORM_PLAIN:
	case N_FORMS:
		break;
	}
	packet_build(&p, &s);
	expect_verdict(run, j, &p);
}

/* --- both CPUs -------------------------------------------------------------------------- */

/* Packets of one endpoint at once on both CPUs. */
static void run_on_both(struct run *run, const struct random_flows *flows, unsigned tries)
{
	struct shot *shots = arena_array(&run->e.lang.arena, struct shot, BOTH_MAX_SHOTS);
	struct ir_flow *of_shot = arena_array(&run->e.lang.arena, struct ir_flow, BOTH_MAX_SHOTS);
	struct judged j = {.dir = random_below(&run->r, IR_N_DIRS), .form = FORM_PLAIN};
	const struct ir_endpoint *subject = NULL;
	size_t n = 0, wrong = 0;
	int program, r;

	for (unsigned i = 0; i < tries && n < BOTH_MAX_SHOTS; i++) {
		j.flow = &of_shot[n];
		if (!random_flow(flows, &run->r, j.dir, &of_shot[n]) ||
		    cls_proto_of(j.flow->proto) == CLS_OTHER ||
		    (subject && subject != subject_of(&j)))
			continue;
		subject = subject_of(&j);
		shots[n].spec = flow_packet(j.flow, 0);
		shots[n++].pass = ir_judge_dir(run->e.ir, j.flow, j.dir, NULL) == IR_OUTCOME_ALLOW;
	}
	if (!n)
		return;
	program = enforced_program(&run->e, run->env, subject, j.dir);
	r = program < 0 ? program : both_cpus_run(program, shots, n, &wrong);
	run->packets += 2 * n;
	if (!r && wrong == n)
		return;
	j.flow = &of_shot[r ? 0 : wrong];
	j.want = ir_judge_dir(run->e.ir, j.flow, j.dir, NULL);
	tell_flow(run, &j, r ? strerror(-r) : "the kernel otherwise, asked on both CPUs at once");
}

/* --- policy sets ------------------------------------------------------------------------ */

/* Without ports every flow between two addresses is one and the same. */
static void forget_if_met(struct run *run, const struct ir_flow *f)
{
	bool met = false;

	vec_each (const struct pair, p, &run->pairs)
		met |= p->proto == f->proto &&
		       ((net_addr_eq(&p->a, &f->src.addr) && net_addr_eq(&p->b, &f->dst.addr)) ||
			(net_addr_eq(&p->a, &f->dst.addr) && net_addr_eq(&p->b, &f->src.addr)));
	if (met) {
		enforce_forget(run->env);
		run->pairs.n = 0;
	}
	vec_push(&run->e.lang.arena, &run->pairs,
		 (struct pair){f->src.addr, f->dst.addr, f->proto});
}

static void run_flow(struct run *run, const struct random_flows *flows)
{
	struct ir_flow flow;
	struct judged j = {.flow = &flow, .dir = random_below(&run->r, IR_N_DIRS)};

	if (!random_flow(flows, &run->r, j.dir, &flow))
		return;
	j.form = random_chance(&run->r, 40) ? FORM_PLAIN : random_below(&run->r, N_FORMS);
	j.want = ir_judge_dir(run->e.ir, &flow, j.dir, NULL);
	j.from_proxy = j.dir == IR_INGRESS && random_chance(&run->r, 30);
	if (cls_outcome_dir(run->e.cls, &flow, j.dir) != j.want)
		tell_flow(run, &j, "the tables say otherwise");
	if (cls_proto_of(flow.proto) == CLS_OTHER)
		forget_if_met(run, &flow);
	run_packets(run, &j);
}

static void expect_hits(struct run *run, const char *at, uint64_t want, uint64_t got)
{
	if (want == got)
		return;
	if (run->failures++ == 0)
		random_policy_note(&run->text, run->seed);
	tap_note("%s: %llu packets, %llu counted", at, (unsigned long long)want,
		 (unsigned long long)got);
}

/* The node's counters are the interpreter's. */
static void check_hits(struct run *run)
{
	const struct bundle *b = run->e.bundle;
	uint64_t *by_rule = arena_array(&run->e.lang.arena, uint64_t, b->rules.n), by_default = 0;

	for (size_t i = 0; i < b->decisions.n; i++) {
		const struct bundle_decision *d = &b->decisions.v[i];
		uint64_t hits = enforced_hits(&run->e, run->env, i);

		if (d->rule)
			by_rule[d->rule - b->rules.v] += hits;
		else if (d->tier)
			by_default += hits;
	}
	for (size_t i = 0; i < b->rules.n; i++)
		expect_hits(run, b->rules.v[i].at, run->by_rule[i], by_rule[i]);
	expect_hits(run, "defaults", run->by_default, by_default);
}

/* Half of the sets count rules and tell of drops. General programs stay in the kernel from one set
 * to the next of their kind, so these come in long rows. */
static int compile(struct run *run, bool general)
{
	bool telling = general ? run->seed / 50 % 2 : run->seed % 2;
	int r = (telling ? enforced_compile_telling : enforced_compile)(
		&run->e, buf_str(&run->text.yaml), buf_str(&run->text.pol));

	run->e.general = general;
	return r;
}

static void run_policy(struct run *run, bool general, unsigned packets)
{
	struct random_flows flows;
	int err;

	if (run->seed % 3)
		random_policy_init(&run->text, run->seed / 4, run->seed);
	else
		random_policy_init_judging(&run->text, run->seed / 4, run->seed);
	err = compile(run, general);
	if (!err)
		err = enforced_load(&run->e, run->env);
	if (err) {
		run->failures++;
		random_policy_note(&run->text, run->seed);
		enforced_note(&run->e, err);
	} else {
		enforce_forget(run->env);
		random_flows_init(&flows, run->e.ir, &run->e.lang.arena);
		run->by_rule = arena_array(&run->e.lang.arena, uint64_t, run->e.ir->rules.n);
		for (unsigned i = 0; i < packets && run->failures < MAX_FAILURES; i++)
			run_flow(run, &flows);
		if (run->e.telling)
			check_hits(run);
		run_on_both(run, &flows, packets);
	}
	enforced_fini(&run->e);
	random_policy_fini(&run->text);
}

/* One seed of five with programs made for the policies, the others with the one that can do
 * everything, where no compiler stands in between; a seed that somebody looks at with both. */
static size_t run_seed(struct enforce_env *env, uint64_t seed, bool both, size_t *packets,
		       size_t *led)
{
	size_t failures = 0;

	for (int general = 0; general < 2; general++) {
		struct run run = {
			.env = env, .seed = seed, .r = {.state = seed}, .source = FIRST_SOURCE};

		if (!both && general != (seed % 5 != 0))
			continue;
		run_policy(&run, general, N_PACKETS);
		*packets += run.packets;
		*led += run.led;
		failures += run.failures;
	}
	return failures;
}

int main(void)
{
	struct campaign c = campaign_begin(1000, 4);
	size_t packets = 0, led = 0, failed = 0;
	struct enforce_env env;
	uint64_t seed;
	int err = enforce_env_init(&env);

	if (err == -EPERM)
		return tap_skip_all("needs root: BPF and a mount namespace");
	tap_plan(1);
	while (!err && failed < MAX_FAILURES && campaign_next(&c, &seed))
		failed += run_seed(&env, seed, c.one, &packets, &led) != 0;
	tap_note("%llu policy sets, %zu packets, %zu to a proxy, %zu sets with a failure",
		 (unsigned long long)c.done, packets, led, failed);
	tap_result(!err && !failed && c.done && (led || c.done < 30),
		   "interpreter, tables and loaded programs agree");
	if (!err)
		enforce_env_fini(&env);
	return tap_exit();
}
