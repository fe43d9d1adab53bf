/* SPDX-License-Identifier: Apache-2.0 */
/* Does one rule match everything that another matches, as plainly as their texts can show it? A yes
 * is a proof; a no means nothing. */
#include "compiler/ir/peer.h"
#include "compiler/ir/port.h"
#include "verifier/check/engine/overlap.h"

static bool has_value(const struct ir_req *req, uint32_t value)
{
	vec_each (const uint32_t, v, &req->values)
		if (*v == value)
			return true;
	return false;
}

/* Are all values of `a` among those of `b` (`wanted`), or none of them? */
static bool values_are(const struct ir_req *a, const struct ir_req *b, bool wanted)
{
	vec_each (const uint32_t, v, &a->values)
		if (has_value(b, *v) != wanted)
			return false;
	return true;
}

/* Whatever meets `a` meets `b`; both are about one key. */
static bool req_implies(const struct ir_req *a, const struct ir_req *b)
{
	switch (a->op) {
	case IR_IN:
		return b->op == IR_EXISTS || (b->op == IR_IN && values_are(a, b, true)) ||
		       (b->op == IR_NOT_IN && values_are(a, b, false));
	case IR_NOT_IN:
		return b->op == IR_NOT_IN && values_are(b, a, true);
	case IR_EXISTS:
		return b->op == IR_EXISTS;
	case IR_ABSENT:
		return b->op == IR_ABSENT || b->op == IR_NOT_IN;
	}
	return false;
}

static bool labels_imply(const struct ir_selector *a, const struct ir_selector *b)
{
	if (b->none)
		return a->none;
	vec_each (const struct ir_req, want, &b->reqs) {
		bool met = a->none;

		vec_each (const struct ir_req, have, &a->reqs)
			met |= have->scope == want->scope && have->key == want->key &&
			       req_implies(have, want);
		if (!met)
			return false;
	}
	return true;
}

static bool any_prefix_has(const struct net_prefix *v, size_t n, const struct net_prefix *p)
{
	for (size_t i = 0; i < n; i++)
		if (net_prefix_has_prefix(&v[i], p))
			return true;
	return false;
}

static bool addresses_imply(const struct ir_cidr *a, const struct ir_cidr *b)
{
	vec_each (const struct net_prefix, in, &a->in) {
		if (!any_prefix_has(b->in.v, b->in.n, in))
			return false;
		/* What `b` takes out of it, `a` takes out as well. */
		vec_each (const struct net_prefix, out, &b->except) {
			bool apart =
				!net_prefix_has_prefix(out, in) && !net_prefix_has_prefix(in, out);

			if (!apart && !any_prefix_has(a->except.v, a->except.n, out))
				return false;
		}
	}
	return true;
}

static bool peer_implies(const struct ir_peer *narrow, const struct ir_peer *wide)
{
	struct ir_aspects a = ir_peer_aspects(narrow), b = ir_peer_aspects(wide);

	if (a.sorts & ~b.sorts)
		return false;
	if (b.labels && !(a.labels && labels_imply(a.labels, b.labels)))
		return false;
	return !b.addresses || (a.addresses && addresses_imply(a.addresses, b.addresses));
}

/* What a name stands for depends on the protocol. */
static bool name_implies(const struct ir_port_aspects *a, const struct ir_port_aspects *b)
{
	return b->name == INTERN_NONE || (a->name == b->name && a->proto == b->proto);
}

static bool port_implies(const struct ir_port *narrow, const struct ir_port *wide)
{
	struct ir_port_aspects a = ir_port_aspects(narrow), b = ir_port_aspects(wide);

	return a.nothing ||
	       (ir_port_takes(&b, a.proto) && b.lo <= a.lo && a.hi <= b.hi && name_implies(&a, &b));
}

#define ALL_IMPLY(type, as, bs, implies)                                                           \
	({                                                                                         \
		bool all = true;                                                                   \
                                                                                                   \
		vec_each (const type, x, as) {                                                     \
			bool one = false;                                                          \
                                                                                                   \
			vec_each (const type, y, bs)                                               \
				one |= implies(x, y);                                              \
			all &= one;                                                                \
		}                                                                                  \
		all;                                                                               \
	})

bool overlap_selects_all(const struct ir_policy *outer, const struct ir_policy *inner)
{
	return ALL_IMPLY(struct ir_selector, &inner->subjects, &outer->subjects, labels_imply);
}

bool overlap_contains(const struct ir_rule *outer, const struct ir_rule *inner)
{
	if (inner->ports.n ? outer->ports.n && !ALL_IMPLY(struct ir_port, &inner->ports,
							  &outer->ports, port_implies)
			   : outer->ports.n)
		return false;
	return ALL_IMPLY(struct ir_peer, &inner->peers, &outer->peers, peer_implies) &&
	       overlap_selects_all(outer->policy, inner->policy);
}
