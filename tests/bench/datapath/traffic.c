/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/datapath/traffic.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/eval.h"
#include "tests/lib/random.h"

enum { SAMPLE = 1000, DENIED_PERCENT = 10, TRIES = 2000 };

static const struct {
	const char *name;
	unsigned pods;
} mixes[] = {
#define X(id, name, pods) {name, pods},
	TRAFFIC_MIXES(X)
#undef X
};

struct draw {
	const struct ir *ir;
	const struct ir_endpoint *to;
	struct random r;
	unsigned pods; /* percent */
	struct ir_rule **pod_rules, **prefix_rules;
	unsigned n_pod_rules, n_prefix_rules;
};

const char *traffic_mix_name(enum traffic_mix mix)
{
	return mixes[mix].name;
}

/* --- sources ---------------------------------------------------------------------------- */

static struct ir_end any_pod(struct draw *d)
{
	const struct ir_endpoint *ep;

	do {
		ep = d->ir->endpoints.v[random_below(&d->r, d->ir->endpoints.n)];
	} while (ep == d->to || !ep->addrs.n || ep->host);
	return ir_end_of(ep, NET_V4);
}

static struct ir_end pod_of(struct draw *d, const struct ir_peer *peer)
{
	struct ir_end end = any_pod(d);

	for (unsigned i = 0; i < TRIES && !ir_peer_matches(peer, &end); i++)
		end = any_pod(d);
	return end;
}

static struct ir_end address(uint32_t addr)
{
	struct ir_end end = {.addr.family = NET_V4};

	addr = htonl(addr);
	memcpy(end.addr.bytes, &addr, sizeof(addr));
	return end;
}

static struct ir_end address_in(struct draw *d, const struct net_prefix *p)
{
	uint32_t base, host = random_next(&d->r);

	memcpy(&base, p->addr.bytes, sizeof(base));
	return address(ntohl(base) | (p->len < 32 ? host & (~0u >> p->len) : 0));
}

/* Not from 127.0.0.0/8, which the kernel drops. */
static struct ir_end any_address(struct draw *d)
{
	uint32_t addr = (20u << 24) + random_below(&d->r, 200u << 24);

	return address(addr >> 24 == 127 ? addr + (1u << 24) : addr);
}

/* --- flows ------------------------------------------------------------------------------ */

static uint16_t port_of(struct draw *d, const struct ir_rule *rule, uint16_t *proto)
{
	const struct ir_port *port = rule->ports.n ? &rule->ports.v[0] : NULL;

	*proto = port && port->proto == IR_PROTO_UDP ? IR_PROTO_UDP : IR_PROTO_TCP;
	if (random_chance(&d->r, 10))
		*proto = random_chance(&d->r, 50) ? IR_PROTO_TCP : IR_PROTO_UDP;
	if (port && port->kind == IR_PORT_RANGE && random_chance(&d->r, 85))
		return port->lo + random_below(&d->r, port->hi - port->lo + 1u);
	return 1 + random_below(&d->r, 65535);
}

static void draw_flow(struct draw *d, struct ir_flow *flow)
{
	bool pods = random_chance(&d->r, d->pods), aimed = random_chance(&d->r, 50);
	struct ir_rule **rules = pods ? d->pod_rules : d->prefix_rules;
	unsigned n = pods ? d->n_pod_rules : d->n_prefix_rules;
	const struct ir_rule *rule = n ? rules[random_below(&d->r, n)] : d->ir->rules.v[0];
	const struct ir_peer *peer = &rule->peers.v[0];

	*flow = (struct ir_flow){.dst = ir_end_of(d->to, NET_V4)};
	flow->port = port_of(d, rule, &flow->proto);
	if (pods)
		flow->src = aimed && n ? pod_of(d, peer) : any_pod(d);
	else if (peer->kind == IR_PEER_CIDR && (aimed || random_chance(&d->r, 80)))
		flow->src = address_in(d, &peer->cidr.in.v[0]);
	else
		flow->src = any_address(d);
}

static void sort_rules(struct draw *d)
{
	d->pod_rules = calloc(d->ir->rules.n + 1, sizeof(*d->pod_rules));
	d->prefix_rules = calloc(d->ir->rules.n + 1, sizeof(*d->prefix_rules));
	if (!d->pod_rules || !d->prefix_rules)
		abort();
	vec_each (struct ir_rule *, r, &d->ir->rules) {
		if ((*r)->dir != IR_INGRESS || !ir_policy_selects((*r)->policy, d->to))
			continue;
		if ((*r)->peers.v[0].kind == IR_PEER_SELECTOR)
			d->pod_rules[d->n_pod_rules++] = *r;
		else if ((*r)->peers.v[0].kind == IR_PEER_CIDR)
			d->prefix_rules[d->n_prefix_rules++] = *r;
	}
}

static void add(struct traffic *t, struct draw *d, const struct ir_flow *flow, bool allowed)
{
	struct bench_packet *p = &t->packets[t->n];

	*p = (struct bench_packet){.sport_be = htons(1024 + random_below(&d->r, 64000)),
				   .dport_be = htons(flow->port),
				   .proto = flow->proto};
	memcpy(&p->saddr_be, flow->src.addr.bytes, sizeof(p->saddr_be));
	if (t->n < SAMPLE &&
	    allowed != (ir_eval_dir(d->ir, flow, IR_INGRESS, NULL) == IR_VERDICT_ALLOW))
		t->disagreements++;
	t->allowed[t->n++] = allowed;
	t->n_allowed += allowed;
}

/* Fills the run with nine allowed packets to one that is not, as far as the policy has both. */
static void draw_all(struct traffic *t, struct draw *d)
{
	unsigned most_denied = BENCH_PACKETS * DENIED_PERCENT / 100, tries = 0;

	while (t->n < BENCH_PACKETS) {
		struct ir_flow flow;
		bool allowed;

		draw_flow(d, &flow);
		allowed = cls_verdict_dir(t->cls, &flow, IR_INGRESS) == IR_VERDICT_ALLOW;
		if (!allowed && t->n - t->n_allowed >= most_denied && tries++ < 50 * BENCH_PACKETS)
			continue;
		add(t, d, &flow, allowed);
	}
}

/* Denied packets come late in the draw: mix them in. */
static void shuffle(struct traffic *t, struct random *r)
{
	for (unsigned i = t->n - 1; i > 0; i--) {
		unsigned j = random_below(r, i + 1);
		struct bench_packet packet = t->packets[i];
		bool allowed = t->allowed[i];

		t->packets[i] = t->packets[j];
		t->packets[j] = packet;
		t->allowed[i] = t->allowed[j];
		t->allowed[j] = allowed;
	}
}

struct traffic *traffic_new(const struct ir *ir, const struct cls *cls, const char *to,
			    enum traffic_mix mix)
{
	struct draw d = {.ir = ir,
			 .to = ir_find_endpoint(ir, to),
			 .r = {.state = 77 + mix},
			 .pods = mixes[mix].pods};
	struct traffic *t = calloc(1, sizeof(*t));

	if (!t || !d.to) {
		free(t);
		return NULL;
	}
	*t = (struct traffic){.ir = ir, .cls = cls, .to = d.to};
	sort_rules(&d);
	draw_all(t, &d);
	shuffle(t, &d.r);
	free(d.pod_rules);
	free(d.prefix_rules);
	return t;
}

void traffic_keep(struct traffic *t, bool allowed)
{
	unsigned n = 0;

	for (unsigned i = 0; i < t->n; i++) {
		if (t->allowed[i] == allowed)
			t->packets[n++] = t->packets[i];
	}
	for (unsigned i = n; n && i < t->n; i++)
		t->packets[i] = t->packets[i - n];
	memset(t->allowed, n && allowed, sizeof(t->allowed));
	t->n_allowed = n && allowed ? t->n : 0;
}
