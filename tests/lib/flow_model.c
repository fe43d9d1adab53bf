/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/flow_model.h"

#include "tests/lib/random_flow.h"

static bool tuple_eq(const struct model_tuple *a, const struct model_tuple *b)
{
	return net_addr_eq(&a->src, &b->src) && net_addr_eq(&a->dst, &b->dst) &&
	       a->sport == b->sport && a->dport == b->dport && a->proto == b->proto;
}

static bool is_open(const struct model *m, const struct model_tuple *t, enum ir_dir dir)
{
	vec_each (const struct model_record, o, &m->opened) {
		if (o->dir == dir && tuple_eq(&o->tuple, t))
			return true;
	}
	return false;
}

struct model_tuple model_reverse(const struct model_tuple *t)
{
	return (struct model_tuple){.src = t->dst,
				    .dst = t->src,
				    .sport = t->dport,
				    .dport = t->sport,
				    .proto = t->proto};
}

struct ir_flow model_flow(const struct ir *ir, const struct model_packet *p)
{
	return (struct ir_flow){.src = random_end_at(ir, &p->tuple.src),
				.dst = random_end_at(ir, &p->tuple.dst),
				.proto = p->tuple.proto,
				.port = p->port};
}

static enum ir_outcome outcome(const struct ir *ir, const struct model_packet *p, enum ir_dir dir)
{
	struct ir_flow flow = model_flow(ir, p);

	return ir_judge_dir(ir, &flow, dir, NULL);
}

static bool allows(const struct ir *ir, const struct model_packet *p, enum ir_dir dir)
{
	return outcome(ir, p, dir) == IR_OUTCOME_ALLOW;
}

/* The packet that opened the flow which `p` answers. */
static struct model_packet opener_of(const struct model_packet *p)
{
	struct model_packet opener = {.tuple = model_reverse(&p->tuple), .says = MODEL_OPENS};

	if (p->tuple.proto == IR_PROTO_ICMP)
		opener.port = 8 << 8;
	else if (p->tuple.proto == IR_PROTO_ICMP6)
		opener.port = 128 << 8;
	else
		opener.port = opener.tuple.dport;
	return opener;
}

/* Does `p` answer an open flow that the endpoint's policy allows? `dir` is that of `p`. */
static bool answers(const struct model *m, const struct ir *ir, const struct model_packet *p,
		    enum ir_dir dir)
{
	struct model_packet opener = opener_of(p);

	return p->says != MODEL_OPENS && is_open(m, &opener.tuple, ir_dir_other(dir)) &&
	       outcome(ir, &opener, ir_dir_other(dir)) != IR_OUTCOME_DENY;
}

/* Is it a connection of a proxy, which sends so? */
static bool is_led(const struct model *m, const struct model_tuple *t)
{
	vec_each (const struct model_tuple, led, &m->led) {
		if (tuple_eq(led, t))
			return true;
	}
	return false;
}

/* Does an end answer the proxy of this direction, whose rules judge the flow still? */
static bool answers_proxy(const struct model *m, const struct ir *ir, const struct model_packet *p,
			  enum ir_dir dir)
{
	struct model_packet opener = opener_of(p);

	return is_led(m, &opener.tuple) && p->tuple.proto == IR_PROTO_TCP &&
	       p->from != MODEL_FROM_PROXY + dir &&
	       outcome(ir, &opener, dir) == IR_OUTCOME_REDIRECT;
}

/* Of what requests decide about, nobody at the ends has sent what an error is about. */
static bool answers_allowed(const struct model *m, const struct ir *ir,
			    const struct model_packet *p, enum ir_dir dir)
{
	struct model_packet opener = opener_of(p);

	return answers(m, ir, p, dir) && allows(ir, &opener, ir_dir_other(dir));
}

/* An error goes to the sender of the packet that it quotes; an endpoint sends none about others'.
 */
static bool quotes_own(const struct model_packet *error, enum ir_dir dir)
{
	const struct model_tuple *q = &error->quote->tuple;

	return net_addr_eq(&q->src, &error->tuple.dst) &&
	       (dir == IR_INGRESS || net_addr_eq(&q->dst, &error->tuple.src));
}

/* Has a proxy sent it, to the server or to the client, whose rules judge the flow still? */
static bool quotes_proxy(const struct model *m, const struct ir *ir,
			 const struct model_packet *error, enum ir_dir dir)
{
	const struct model_packet *q = error->quote;
	struct model_packet opener = opener_of(q);
	enum ir_dir other = ir_dir_other(dir);

	if (q->tuple.proto != IR_PROTO_TCP || !quotes_own(error, dir) || !is_led(m, &q->tuple))
		return false;
	return (error->from != MODEL_FROM_PROXY + other &&
		outcome(ir, q, other) == IR_OUTCOME_REDIRECT) ||
	       (error->from != MODEL_FROM_PROXY + dir &&
		outcome(ir, &opener, dir) == IR_OUTCOME_REDIRECT);
}

/* Is the packet that the error quotes part of an open and allowed flow? It went the other way. */
static bool is_related(const struct model *m, const struct ir *ir, const struct model_packet *error,
		       enum ir_dir dir)
{
	const struct model_packet *q = error->quote;

	if (!quotes_own(error, dir))
		return false;
	if (q->says != MODEL_ANSWERS && is_open(m, &q->tuple, ir_dir_other(dir)) &&
	    allows(ir, q, ir_dir_other(dir)))
		return true;
	return answers_allowed(m, ir, q, ir_dir_other(dir));
}

/* A packet that policy allows opens a flow unless it belongs to one that is on record, allowed
 * or not: a revoked flow does not come back by its answers. */
static void record(struct model *m, const struct model_packet *p, enum ir_dir dir)
{
	struct model_tuple reverse = model_reverse(&p->tuple);
	struct model_record fresh = {.tuple = p->tuple, .dir = dir};

	if (p->quote || p->says == MODEL_ANSWERS || p->says == MODEL_QUIET ||
	    is_open(m, &p->tuple, dir))
		return;
	if (p->says != MODEL_OPENS && is_open(m, &reverse, ir_dir_other(dir)))
		return;
	vec_push(m->arena, &m->opened, fresh);
}

/* To the proxy, or from it to the endpoint. What an endpoint sends to its proxy is on record, as
 * the proxy answers in the name of the other end. */
static enum polc_reason redirect(struct model *m, const struct model_packet *p, enum ir_dir dir)
{
	bool judged = dir == IR_INGRESS && p->from == MODEL_FROM_PROXY + dir;

	if (dir == IR_EGRESS || judged)
		record(m, p, dir);
	return judged ? POLC_PASS_POLICY : POLC_PASS_PROXY;
}

enum polc_reason model_judge(struct model *m, const struct ir *ir, const struct model_packet *p,
			     enum ir_dir dir, bool records)
{
	enum ir_outcome says = outcome(ir, p, dir);

	if (answers_proxy(m, ir, p, ir_dir_other(dir)))
		return POLC_PASS_PROXY_REPLY;
	if (records && p->quote && quotes_proxy(m, ir, p, dir))
		return POLC_PASS_PROXY_RELATED;
	if (says == IR_OUTCOME_ALLOW) {
		if (records)
			record(m, p, dir);
		return POLC_PASS_POLICY;
	}
	if (!records)
		return POLC_DROP_POLICY;
	if (p->quote)
		return is_related(m, ir, p, dir) ? POLC_PASS_RELATED : POLC_DROP_POLICY;
	if (answers(m, ir, p, dir))
		return POLC_PASS_REPLY;
	return says == IR_OUTCOME_REDIRECT ? redirect(m, p, dir) : POLC_DROP_POLICY;
}
