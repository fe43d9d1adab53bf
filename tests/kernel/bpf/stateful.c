/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random sequences of packets of connections, their replies and ICMP errors about them, under
 * policies that change meanwhile: every program decides as the model of tests/lib/flow_model.h.
 * What goes to a proxy comes from it to the next program, and the proxy has a connection or
 * has none. A seed is a universe with three policy sets in turn; tests/lib/campaign.h tells how
 * many there are.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "codegen/shape.h"
#include "runtime/runtime.h"
#include "tests/kernel/bpf/led.h"
#include "tests/lib/campaign.h"
#include "tests/lib/enforce.h"
#include "tests/lib/flow_model.h"
#include "tests/lib/flow_packet.h"
#include "tests/lib/random_flow.h"
#include "tests/lib/random_policy.h"
#include "tests/lib/tap.h"

enum {
	N_POLICIES = 3,
	N_CONNECTIONS = 24,
	N_STEPS = 250,
	N_FRESH = 50,
	N_TRIES = 50,
	MAX_FAILURES = 3
};

/* A universe of endpoints whose policies change. */
struct run {
	struct enforce_env *env;
	struct enforced e;
	struct gen_shape *shapes; /* by subject */
	bool general;             /* one program serves all */
	struct random_policy text;
	struct random r;
	uint64_t seed;
	struct arena arena;
	struct model model;
	VEC(int) sockets;                              /* of model.led */
	struct model_tuple connections[N_CONNECTIONS]; /* as the opener sends */
	bool picked;                                   /* once a universe */
	size_t packets, failures, reasons[POLC_N_REASONS];
};

/* --- telling ---------------------------------------------------------------------------- */

static void tell_packet(const char *what, const struct ir *ir, const struct model_packet *p)
{
	static const char *const says[] = {[MODEL_ANYTHING] = "may open or answer",
					   [MODEL_OPENS] = "opens",
					   [MODEL_ANSWERS] = "answers",
					   [MODEL_QUIET] = "may answer"};
	struct ir_flow flow = model_flow(ir, p);
	char text[FLOW_TEXT_SIZE];

	tap_note("%s %s, source port or identifier %u, %s%s", what, flow_text(&flow, text),
		 p->tuple.sport, says[p->says], p->from ? ", from a proxy" : "");
}

static void tell(struct run *run, const struct model_packet *p, enum ir_dir dir, int want,
		 const struct enforce_result *got, const struct packet *bytes)
{
	char *hex = packet_hex(bytes);

	if (run->failures++ == 0)
		random_policy_note(&run->text, run->seed);
	tell_packet(ir_dir_name(dir), run->e.ir, p);
	if (p->quote)
		tell_packet("quoting", run->e.ir, p->quote);
	tap_note("the model says %s, the kernel %s (listener %u)", rt_reason_name(want),
		 got->reason < 0 ? "nothing definite" : rt_reason_name(got->reason), got->listener);
	tap_note("packet: %s", hex);
	free(hex);
}

/* --- packets ---------------------------------------------------------------------------- */

static bool is_icmp(uint8_t proto)
{
	return proto == IR_PROTO_ICMP || proto == IR_PROTO_ICMP6;
}

/* A packet of a connection, in either direction. */
static void pick_packet(struct run *run, struct model_packet *p, uint8_t *tcp_flags)
{
	static const uint8_t flags[] = {PACKET_SYN,
					PACKET_SYN | PACKET_ACK,
					PACKET_ACK,
					PACKET_ACK | PACKET_PSH,
					PACKET_FIN | PACKET_ACK,
					PACKET_RST};
	const struct model_tuple *c = &random_pick(&run->r, run->connections);
	bool reply = random_chance(&run->r, 55);

	*p = (struct model_packet){.tuple = reply ? model_reverse(c) : *c};
	*tcp_flags = random_pick(&run->r, flags);
	p->port = p->tuple.dport;
	if (p->tuple.proto == IR_PROTO_TCP && *tcp_flags == PACKET_SYN)
		p->says = MODEL_OPENS;
	if (p->tuple.proto == IR_PROTO_TCP && *tcp_flags == PACKET_ACK)
		p->says = MODEL_QUIET;
	if (!is_icmp(p->tuple.proto))
		return;
	/* A receiver may also send requests of its own with the same identifier. */
	if (random_chance(&run->r, 15))
		reply = !reply;
	p->says = reply ? MODEL_ANSWERS : MODEL_OPENS;
	if (p->tuple.proto == IR_PROTO_ICMP)
		p->port = (reply ? 0 : 8) << 8;
	else
		p->port = (reply ? 129 : 128) << 8;
}

static void build(const struct ir *ir, const struct model_packet *p, uint8_t tcp_flags,
		  const struct packet *quote, struct packet *out)
{
	struct ir_flow flow = model_flow(ir, p);
	struct packet_spec s = flow_packet(&flow, p->tuple.sport);

	s.tcp_flags = tcp_flags;
	s.quote = quote;
	s.payload = quote ? 0 : s.payload; /* the whole quote */
	packet_build(out, &s);
}

/* An error about `q`, from its receiver, from a router on the way, or forged. */
static struct model_packet error_about(struct run *run, const struct model_packet *q)
{
	static const uint16_t kinds4[] = {3 << 8, 3 << 8 | 1, 3 << 8 | 4, 11 << 8, 12 << 8},
			      kinds6[] = {1 << 8, 1 << 8 | 4, 2 << 8, 3 << 8, 4 << 8};
	bool v6 = q->tuple.src.family == NET_V6;
	struct model_packet p = {.quote = q};

	p.tuple.proto = v6 ? IR_PROTO_ICMP6 : IR_PROTO_ICMP;
	p.port = v6 ? random_pick(&run->r, kinds6) : random_pick(&run->r, kinds4);
	p.tuple.src = q->tuple.dst;
	p.tuple.dst = q->tuple.src;
	if (random_chance(&run->r, 20))
		net_addr_parse(v6 ? "2001:db8:ffff::7" : "198.51.100.7", &p.tuple.src);
	else if (random_chance(&run->r, 15))
		p.tuple.dst = random_pick(&run->r, run->connections).src;
	return p;
}

/* --- judging ---------------------------------------------------------------------------- */

static bool records(const struct run *run, const struct ir_endpoint *ep, enum net_family family)
{
	uint32_t subject = run->e.cls->subject_of_endpoint[ep->id];

	return gen_shape_tracks(run->shapes[subject], family == NET_V4 ? GEN_V4 : GEN_V6);
}

static uint32_t device_of(const struct model_packet *p)
{
	return p->from ? ENFORCE_PROXY_IN + p->from - MODEL_FROM_PROXY : 0;
}

/* One program; why the packet goes on or does not. */
static enum polc_reason judge(struct run *run, const struct model_packet *p, enum ir_dir dir,
			      const struct packet *bytes)
{
	struct ir_flow flow = model_flow(run->e.ir, p);
	const struct ir_endpoint *ep = dir == IR_EGRESS ? flow.src.ep : flow.dst.ep;
	struct enforce_result got = {.reason = -1};
	uint32_t listener;
	enum polc_reason want;
	int err;

	if (!ep || ep->host)
		return POLC_PASS_POLICY;
	want = model_judge(&run->model, run->e.ir, p, dir, records(run, ep, p->tuple.src.family));
	listener = want == POLC_PASS_PROXY ? enforced_listener(&run->e, &flow, dir) : 0;
	err = enforced_run_from(&run->e, run->env, ep, dir, bytes, device_of(p), &got);
	run->packets++;
	run->reasons[want]++;
	if (err || got.reason != (int)want || got.listener != listener ||
	    got.passed != (want < POLC_FIRST_DROP))
		tell(run, p, dir, want, &got, bytes);
	return want;
}

/* --- proxies ---------------------------------------------------------------------------- */

/* The proxy connects to the server, in the name of the client; or has accepted a connection, in the
 * name of the server. */
static void lead(struct run *run, const struct model_tuple *t)
{
	int fd = led_open(t); /* which fails if it is there */

	if (fd < 0)
		return;
	vec_push(&run->arena, &run->model.led, *t);
	vec_push(&run->arena, &run->sockets, fd);
}

static void close_all(struct run *run)
{
	vec_each (const int, fd, &run->sockets)
		close(*fd);
	run->sockets.n = 0;
	run->model.led.n = 0;
}

/* Is the packet at a proxy now, which sends it to the other end? */
static bool goes_by_proxy(struct run *run, struct model_packet *p, enum ir_dir dir,
			  enum polc_reason reason)
{
	struct model_tuple reverse;

	if (reason != POLC_PASS_PROXY && reason != POLC_PASS_PROXY_REPLY)
		return false;
	if (reason == POLC_PASS_PROXY && random_chance(&run->r, 70))
		lead(run, &p->tuple);
	reverse = model_reverse(&p->tuple);
	if (reason == POLC_PASS_PROXY && random_chance(&run->r, 30))
		lead(run, &reverse);
	p->from = MODEL_FROM_PROXY + (reason == POLC_PASS_PROXY ? dir : ir_dir_other(dir));
	return true;
}

/* From the source's program to that of the destination, which sees it again from each proxy. */
static void travel(struct run *run, const struct model_packet *p, const struct packet *bytes)
{
	struct ir_flow flow = model_flow(run->e.ir, p);
	struct model_packet now = *p;
	enum polc_reason reason;

	if (flow.src.ep && flow.src.ep == flow.dst.ep)
		return;
	if (p->tuple.src.family != p->tuple.dst.family)
		return;
	reason = judge(run, &now, IR_EGRESS, bytes);
	if (reason >= POLC_FIRST_DROP || reason == POLC_PASS_PROXY_RELATED)
		return;
	goes_by_proxy(run, &now, IR_EGRESS, reason);
	for (int i = 0; i <= IR_N_DIRS; i++)
		if (!goes_by_proxy(run, &now, IR_INGRESS, judge(run, &now, IR_INGRESS, bytes)))
			return;
}

static void step(struct run *run)
{
	struct packet bytes, quote;
	struct model_packet p, error;
	uint8_t tcp_flags;

	pick_packet(run, &p, &tcp_flags);
	build(run->e.ir, &p, tcp_flags, NULL, &bytes);
	if (!random_chance(&run->r, 25)) {
		travel(run, &p, &bytes);
		return;
	}
	/* Of a quoted TCP packet the flags need not be there: it may open or answer. */
	if (p.tuple.proto == IR_PROTO_TCP)
		p.says = MODEL_ANYTHING;
	quote = bytes;
	error = error_about(run, &p);
	build(run->e.ir, &error, 0, &quote, &bytes);
	travel(run, &error, &bytes);
}

/* --- universes -------------------------------------------------------------------------- */

/* One whose requests are judged, if it is found in so many tries. */
static void draw_flow(struct run *run, const struct random_flows *flows, enum ir_dir dir, int tries,
		      struct ir_flow *out)
{
	do
		random_flow(flows, &run->r, dir, out);
	while (cls_proto_of(out->proto) == CLS_OTHER ||
	       (--tries > 0 && ir_judge_dir(run->e.ir, out, dir, NULL) != IR_OUTCOME_REDIRECT));
}

static void pick_connections(struct run *run, const struct random_flows *flows)
{
	for (unsigned i = 0; i < N_CONNECTIONS; i++) {
		struct model_tuple *t = &run->connections[i];
		struct ir_flow flow;

		if (i && random_chance(&run->r, 25)) {
			*t = model_reverse(t - 1); /* both sides open the same */
			continue;
		}
		draw_flow(run, flows, i % IR_N_DIRS, i % 3 ? 1 : N_TRIES, &flow);
		*t = (struct model_tuple){.src = flow.src.addr,
					  .dst = flow.dst.addr,
					  .sport = 30000 + i,
					  .dport = flow.port,
					  .proto = flow.proto};
		if (is_icmp(flow.proto)) {
			t->proto = flow.src.addr.family == NET_V4 ? IR_PROTO_ICMP : IR_PROTO_ICMP6;
			t->dport = t->sport;
		} else if (random_chance(&run->r, 20)) {
			t->sport = t->dport;
		}
	}
	run->picked = true;
}

/* Most sets judge requests; some connections begin under one that does and go on under one that
 * does not. */
static void draw_policies(struct run *run, unsigned generation)
{
	bool judging = random_chance(&run->r, 60);

	(judging ? random_policy_init_judging
		 : random_policy_init)(&run->text, run->seed, run->seed * N_POLICIES + generation);
}

static void run_policies(struct run *run, unsigned generation)
{
	struct random_flows flows;
	int err;

	draw_policies(run, generation);
	if (random_chance(&run->r, 30))
		close_all(run);
	err = enforced_compile(&run->e, buf_str(&run->text.yaml), buf_str(&run->text.pol));
	run->e.general = run->general;
	if (!err)
		err = enforced_load(&run->e, run->env);
	if (err) {
		run->failures++;
		random_policy_note(&run->text, run->seed);
		enforced_note(&run->e, err);
	} else {
		run->shapes = gen_shapes_of(run->e.cls, run->general ? GEN_GENERAL : 0,
					    &run->e.lang.arena);
		random_flows_init(&flows, run->e.ir, &run->e.lang.arena);
		if (flows.managed.n && !run->picked)
			pick_connections(run, &flows);
		for (int i = 0; run->picked && i < N_STEPS && run->failures < MAX_FAILURES; i++) {
			if (i % N_FRESH == 0)
				enforce_freshen(run->env);
			step(run);
		}
	}
	enforced_fini(&run->e);
	random_policy_fini(&run->text);
}

static void run_universe(struct run *run)
{
	arena_init(&run->arena);
	run->model.arena = &run->arena;
	enforce_forget(run->env);
	for (unsigned g = 0; g < N_POLICIES && !run->failures; g++)
		run_policies(run, g);
	close_all(run);
	arena_fini(&run->arena);
}

int main(void)
{
	struct campaign c = campaign_begin(75, 2);
	uint64_t seed;
	size_t packets = 0, failed = 0, reasons[POLC_N_REASONS] = {0};
	struct enforce_env env;
	int err = enforce_env_init(&env);

	if (err == -EPERM)
		return tap_skip_all("needs root: BPF and a mount namespace");
	if (!err)
		err = led_init();
	tap_plan(3);
	while (!err && failed < MAX_FAILURES && campaign_next(&c, &seed)) {
		struct run run = {.env = &env, .seed = seed, .r = {.state = seed + 1000000}};

		/* Four of five without a compiler in between. */
		run.general = run.seed % 5;

		run_universe(&run);
		packets += run.packets;
		failed += run.failures != 0;
		for (int i = 0; i < POLC_N_REASONS; i++)
			reasons[i] += run.reasons[i];
	}
	tap_note("%llu seeds, %zu packets, %zu replies, %zu related errors, %zu to a proxy, %zu "
		 "answers to it, %zu errors",
		 (unsigned long long)c.done, packets, reasons[POLC_PASS_REPLY],
		 reasons[POLC_PASS_RELATED], reasons[POLC_PASS_PROXY],
		 reasons[POLC_PASS_PROXY_REPLY], reasons[POLC_PASS_PROXY_RELATED]);
	tap_result(!err && !failed, "connections, replies and errors pass as the model says");
	tap_result(c.done < 20 || (reasons[POLC_PASS_REPLY] && reasons[POLC_PASS_RELATED]),
		   "replies and related errors were among them");
	tap_result(c.done < 20 || (reasons[POLC_PASS_PROXY] && reasons[POLC_PASS_PROXY_REPLY] &&
				   reasons[POLC_PASS_PROXY_RELATED]),
		   "and packets that go to a proxy, from both ends");
	if (!err)
		enforce_env_fini(&env);
	return tap_exit();
}
