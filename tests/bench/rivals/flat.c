/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/rivals/flat.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const uint16_t protos[] = {IR_PROTO_TCP, IR_PROTO_UDP};

enum { N_PROTOS = sizeof(protos) / sizeof(*protos) };

/* --- rules ------------------------------------------------------------------------------ */

static int by_order(const void *a, const void *b)
{
	static const int strictness[] = {[IR_DENY] = 0, [IR_PASS] = 1, [IR_ALLOW] = 2};
	const struct ir_rule *x = *(const struct ir_rule *const *)a;
	const struct ir_rule *y = *(const struct ir_rule *const *)b;

	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	return strictness[x->action] - strictness[y->action];
}

static int collect_rules(const struct ir *ir, const struct ir_endpoint *ep, struct flat *flat)
{
	const struct ir_tier *tier = NULL;

	vec_each (struct ir_rule *, r, &ir->rules) {
		if ((*r)->dir != IR_INGRESS || !ir_policy_selects((*r)->policy, ep))
			continue;
		if ((tier && tier != (*r)->policy->tier) || (*r)->action == IR_PASS)
			return -ENOTSUP;
		tier = (*r)->policy->tier;
		vec_push(flat->arena, &flat->rules, *r);
	}
	if (!tier || tier->end != IR_DENY)
		return -ENOTSUP;
	qsort(flat->rules.v, flat->rules.n, sizeof(*flat->rules.v), by_order);
	return 0;
}

bool flat_is_for_everybody(const struct ir_rule *rule)
{
	vec_each (const struct ir_peer, p, &rule->peers) {
		if (p->kind == IR_PEER_ENTITY && p->entity == IR_ENTITY_ALL)
			return true;
	}
	return false;
}

bool flat_names(const struct ir_rule *rule, const struct ir_end *end)
{
	vec_each (const struct ir_peer, p, &rule->peers) {
		if (ir_peer_matches(p, end))
			return true;
	}
	return false;
}

/* --- spans ------------------------------------------------------------------------------ */

static struct flat_span span_of(const struct ir_port *port, uint16_t proto, uint32_t precedence,
				bool allow)
{
	struct flat_span s = {proto, 0, UINT16_MAX, precedence, allow};

	if (port && port->kind == IR_PORT_RANGE) {
		s.lo = port->lo;
		s.hi = port->hi;
	}
	return s;
}

static bool port_is_for(const struct ir_port *port, uint16_t proto)
{
	return (port->kind == IR_PORT_ANY || port->kind == IR_PORT_RANGE) &&
	       (port->proto == IR_PROTO_ANY || port->proto == proto);
}

static int by_start(const void *a, const void *b)
{
	return (int)*(const uint32_t *)a - (int)*(const uint32_t *)b;
}

/* Adds what decides each port of a protocol, from spans in order of precedence. */
static void add_first_matches(const struct flat_span *in, size_t n, struct arena *arena,
			      struct flat_spans *out)
{
	uint32_t *starts = arena_array(arena, uint32_t, 2 * n + 1);
	size_t n_starts = 0;

	for (size_t i = 0; i < n; i++) {
		starts[n_starts++] = in[i].lo;
		starts[n_starts++] = in[i].hi + 1u;
	}
	qsort(starts, n_starts, sizeof(*starts), by_start);
	for (size_t s = 0; s + 1 < n_starts; s++) {
		struct flat_span *last = out->spans.n ? &out->spans.v[out->spans.n - 1] : NULL;
		size_t i = 0;

		if (starts[s] == starts[s + 1])
			continue;
		while (i < n && !(in[i].lo <= starts[s] && starts[s] <= in[i].hi))
			i++;
		if (i == n)
			continue;
		if (last && last->proto == in[i].proto && last->precedence == in[i].precedence &&
		    last->hi + 1u == starts[s])
			last->hi = starts[s + 1] - 1;
		else
			vec_push(arena, &out->spans,
				 (struct flat_span){in[i].proto, starts[s], starts[s + 1] - 1,
						    in[i].precedence, in[i].allow});
	}
}

/* The spans of the rules that name `end`; NULL: of those for everybody. */
static void spans_for(const struct flat *flat, const struct ir_end *end, struct flat_spans *out)
{
	for (int p = 0; p < N_PROTOS; p++) {
		VEC(struct flat_span) found = {0};

		for (uint32_t i = 0; i < flat->rules.n; i++) {
			const struct ir_rule *r = flat->rules.v[i];
			bool everybody = flat_is_for_everybody(r), allow = r->action == IR_ALLOW;

			if (everybody != !end || (end && !flat_names(r, end)))
				continue;
			if (!r->ports.n)
				vec_push(flat->arena, &found, span_of(NULL, protos[p], i, allow));
			vec_each (struct ir_port, port, &r->ports) {
				if (port_is_for(port, protos[p]))
					vec_push(flat->arena, &found,
						 span_of(port, protos[p], i, allow));
			}
		}
		add_first_matches(found.v, found.n, flat->arena, out);
	}
}

/* --- identities ------------------------------------------------------------------------- */

static uint32_t new_identity(struct flat *flat, const struct ir_end *end)
{
	struct flat_spans spans = {0};

	spans_for(flat, end, &spans);
	vec_push(flat->arena, &flat->identities, spans);
	return flat->identities.n - 1;
}

static void add_source(struct flat *flat, const struct net_prefix *prefix, uint32_t identity)
{
	vec_push(flat->arena, &flat->sources, (struct flat_source){*prefix, identity});
}

static bool same_labels(const struct ir_endpoint *a, const struct ir_endpoint *b)
{
	if (a->labels.n != b->labels.n)
		return false;
	for (size_t i = 0; i < a->labels.n; i++) {
		if (a->labels.v[i].scope != b->labels.v[i].scope ||
		    a->labels.v[i].key != b->labels.v[i].key ||
		    a->labels.v[i].value != b->labels.v[i].value)
			return false;
	}
	return true;
}

/* An identity is a set of labels, as in Cilium. */
static void add_endpoints(struct flat *flat, const struct ir *ir)
{
	VEC(const struct ir_endpoint *) firsts = {0};

	vec_each (struct ir_endpoint *, ep, &ir->endpoints) {
		struct ir_end end = ir_end_of(*ep, NET_V4);
		uint32_t id = 0;

		while (id < firsts.n && !same_labels(firsts.v[id], *ep))
			id++;
		if (id == firsts.n) {
			vec_push(flat->arena, &firsts, *ep);
			new_identity(flat, &end);
		}
		vec_each (struct net_addr, a, &(*ep)->addrs) {
			struct net_prefix one = {*a, 32};

			if (a->family == NET_V4)
				add_source(flat, &one, id);
		}
	}
}

/* --- prefixes --------------------------------------------------------------------------- */

struct prefixes {
	VEC(struct net_prefix) all;
};

static int by_prefix(const void *a, const void *b)
{
	return net_prefix_cmp(a, b);
}

static void collect_prefixes(const struct flat *flat, struct prefixes *out)
{
	struct net_prefix world = {.addr.family = NET_V4};
	size_t n = 0;

	vec_push(flat->arena, &out->all, world);
	vec_each (const struct ir_rule *, r, &flat->rules) {
		vec_each (struct ir_peer, peer, &(*r)->peers) {
			vec_each (struct net_prefix, p, &peer->cidr.in) {
				if (p->addr.family == NET_V4)
					vec_push(flat->arena, &out->all, *p);
			}
			vec_each (struct net_prefix, p, &peer->cidr.except) {
				if (p->addr.family == NET_V4)
					vec_push(flat->arena, &out->all, *p);
			}
		}
	}
	qsort(out->all.v, out->all.n, sizeof(*out->all.v), by_prefix);
	for (size_t i = 0; i < out->all.n; i++) {
		if (!n || net_prefix_cmp(&out->all.v[n - 1], &out->all.v[i]))
			out->all.v[n++] = out->all.v[i];
	}
	out->all.n = n;
}

static uint32_t first_address(const struct net_prefix *p)
{
	uint32_t be;

	memcpy(&be, p->addr.bytes, sizeof(be));
	return ntohl(be);
}

static uint64_t end_of(const struct net_prefix *p)
{
	return first_address(p) + (1ull << (32 - p->len));
}

static void set_address(struct net_addr *a, uint32_t addr)
{
	addr = htonl(addr);
	*a = (struct net_addr){.family = NET_V4};
	memcpy(a->bytes, &addr, sizeof(addr));
}

/* An address whose longest prefix is this one: behind all prefixes inside it that hold the
 * candidate before. Sorted, those follow directly. False: they cover it. */
static bool own_address(const struct prefixes *all, size_t i, struct net_addr *out)
{
	const struct net_prefix *p = &all->all.v[i];
	uint64_t at = first_address(p), end = end_of(p);

	for (size_t k = i + 1; k < all->all.n && at < end; k++) {
		const struct net_prefix *inner = &all->all.v[k];

		if (first_address(inner) > at)
			break;
		if (at < end_of(inner))
			at = end_of(inner);
	}
	if (at >= end)
		return false;
	set_address(out, at);
	return true;
}

static void add_prefixes(struct flat *flat)
{
	struct prefixes all = {0};

	collect_prefixes(flat, &all);
	for (size_t i = 0; i < all.all.n; i++) {
		struct ir_end end = {0};

		if (own_address(&all, i, &end.addr))
			add_source(flat, &all.all.v[i], new_identity(flat, &end));
	}
}

int flat_build(const struct ir *ir, const char *endpoint, struct arena *arena, struct flat *out)
{
	const struct ir_endpoint *ep = ir_find_endpoint(ir, endpoint);
	int r;

	*out = (struct flat){.arena = arena};
	if (!ep)
		return -ENOENT;
	r = collect_rules(ir, ep, out);
	if (r)
		return r;
	spans_for(out, NULL, &out->everybody);
	add_endpoints(out, ir);
	add_prefixes(out);
	return 0;
}

/* --- both together ------------------------------------------------------------------------ */

static int by_precedence(const void *a, const void *b)
{
	const struct flat_span *x = a, *y = b;

	return x->precedence < y->precedence ? -1 : x->precedence > y->precedence;
}

static void join(struct flat_spans *out, const struct flat_span *s, struct arena *arena)
{
	struct flat_span *last = out->spans.n ? &out->spans.v[out->spans.n - 1] : NULL;

	if (last && last->proto == s->proto && last->hi + 1u == s->lo && last->allow == s->allow)
		last->hi = s->hi;
	else
		vec_push(arena, &out->spans, *s);
}

/* Only everybody's spans that reach into one of the identity's can decide before it. */
static bool meets(const struct flat_spans *own, const struct flat_span *s)
{
	vec_each (const struct flat_span, o, &own->spans) {
		if (o->proto == s->proto && o->lo <= s->hi && s->lo <= o->hi)
			return true;
	}
	return false;
}

void flat_own(const struct flat *flat, uint32_t identity, struct arena *arena,
	      struct flat_spans *out)
{
	const struct flat_spans *own = &flat->identities.v[identity];

	*out = (struct flat_spans){0};
	for (int p = 0; p < N_PROTOS; p++) {
		VEC(struct flat_span) both = {0};
		struct flat_spans first = {0};

		vec_each (const struct flat_span, s, &own->spans) {
			if (s->proto == protos[p])
				vec_push(arena, &both, *s);
		}
		vec_each (const struct flat_span, s, &flat->everybody.spans) {
			if (s->proto == protos[p] && meets(own, s))
				vec_push(arena, &both, *s);
		}
		if (both.n)
			qsort(both.v, both.n, sizeof(*both.v), by_precedence);
		add_first_matches(both.v, both.n, arena, &first);
		vec_each (struct flat_span, s, &first.spans) {
			if (!flat_is_for_everybody(flat->rules.v[s->precedence]))
				join(out, s, arena);
		}
	}
}

void flat_everybody(const struct flat *flat, struct arena *arena, struct flat_spans *out)
{
	*out = (struct flat_spans){0};
	vec_each (const struct flat_span, s, &flat->everybody.spans)
		join(out, s, arena);
}
