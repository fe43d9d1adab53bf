/* SPDX-License-Identifier: Apache-2.0 */
/* Can two rules meet in a flow at all? Answers without the solver for most pairs of a large
 * policy set: other namespaces, other applications, other ports. */
#include "verifier/check/engine/overlap.h"
#include "compiler/ir/peer.h"
#include "compiler/ir/port.h"

static bool req_has_value(const struct ir_req *req, uint32_t value)
{
	vec_each (const uint32_t, v, &req->values) {
		if (*v == value)
			return true;
	}
	return false;
}

/* Of two requirements on one key: can a value meet both? `in` is an IN. */
static bool in_meets(const struct ir_req *in, const struct ir_req *other)
{
	if (other->op == IR_EXISTS)
		return true;
	vec_each (const uint32_t, v, &in->values) {
		if (other->op == IR_IN && req_has_value(other, *v))
			return true;
		if (other->op == IR_NOT_IN && !req_has_value(other, *v))
			return true;
	}
	return false;
}

static bool reqs_meet(const struct ir_req *a, const struct ir_req *b)
{
	if (a->key != b->key || a->scope != b->scope)
		return true;
	if (a->op == IR_IN)
		return in_meets(a, b);
	if (b->op == IR_IN)
		return in_meets(b, a);
	return !((a->op == IR_EXISTS && b->op == IR_ABSENT) ||
		 (a->op == IR_ABSENT && b->op == IR_EXISTS));
}

static bool labels_meet(const struct ir_selector *a, const struct ir_selector *b)
{
	if (a->none || b->none)
		return false;
	vec_each (const struct ir_req, p, &a->reqs) {
		vec_each (const struct ir_req, q, &b->reqs) {
			if (!reqs_meet(p, q))
				return false;
		}
	}
	return true;
}

bool overlap_subjects(const struct ir_policy *a, const struct ir_policy *b)
{
	vec_each (const struct ir_selector, p, &a->subjects) {
		vec_each (const struct ir_selector, q, &b->subjects) {
			if (labels_meet(p, q))
				return true;
		}
	}
	return false;
}

static bool addresses_meet(const struct ir_cidr *a, const struct ir_cidr *b)
{
	vec_each (const struct net_prefix, p, &a->in) {
		vec_each (const struct net_prefix, q, &b->in) {
			if (net_prefix_has_prefix(p, q) || net_prefix_has_prefix(q, p))
				return true;
		}
	}
	return false;
}

static bool peers_meet(const struct ir_peer *one, const struct ir_peer *other)
{
	struct ir_aspects a = ir_peer_aspects(one), b = ir_peer_aspects(other);

	return a.sorts & b.sorts && (!a.labels || !b.labels || labels_meet(a.labels, b.labels)) &&
	       (!a.addresses || !b.addresses || addresses_meet(a.addresses, b.addresses));
}

/* Two names may stand for one number. */
static bool ports_meet(const struct ir_port *one, const struct ir_port *other)
{
	struct ir_port_aspects a = ir_port_aspects(one), b = ir_port_aspects(other);
	bool protos = a.proto == b.proto || a.proto == IR_PROTO_ANY || b.proto == IR_PROTO_ANY;

	return !a.nothing && !b.nothing && protos && a.lo <= b.hi && b.lo <= a.hi;
}

static bool all_ports_meet(const struct ir_rule *a, const struct ir_rule *b)
{
	if (!a->ports.n || !b->ports.n)
		return true;
	vec_each (const struct ir_port, p, &a->ports) {
		vec_each (const struct ir_port, q, &b->ports) {
			if (ports_meet(p, q))
				return true;
		}
	}
	return false;
}

bool overlap_rules(const struct ir_rule *a, const struct ir_rule *b)
{
	if (!all_ports_meet(a, b))
		return false;
	vec_each (const struct ir_peer, p, &a->peers) {
		vec_each (const struct ir_peer, q, &b->peers) {
			if (peers_meet(p, q))
				return true;
		}
	}
	return false;
}
