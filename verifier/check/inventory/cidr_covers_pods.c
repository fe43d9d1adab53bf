/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `cidr-covers-pods`: a prefix of a Kubernetes policy holds addresses of endpoints in the
 * inventory. Kubernetes leaves open whether an ipBlock matches pods, and engines differ: Cilium
 * never lets it.
 */
#include "verifier/check/engine/checker.h"
#include "verifier/check/inventory/addresses.h"

#include <string.h>

/* Pods will hardly have others. */
static bool is_likely(const struct ir_endpoint *ep, const struct net_addr *addr)
{
	return !ep->supposed || net_addr_is_private(addr);
}

static void check_peer(struct checker *c, const struct addresses *pods, const struct ir_rule *rule,
		       const struct ir_peer *peer)
{
	/* As addresses of nobody: prefixes match those in either mode. */
	const struct address_of *held = addresses_find(pods, &peer->cidr);
	const struct ir_endpoint *ep = held ? held->ep : NULL;
	char text[NET_ADDR_STRLEN];
	struct diag_item *item;

	if (!ep)
		return;
	item = checker_report(
		c, CHECK_ID_CIDR_COVERS_PODS, peer->loc.line ? peer->loc : rule->loc,
		"an ipBlock of %s %s addresses of pods, and engines differ on whether "
		"it matches them",
		checker_rule_text(c, rule), ep->supposed ? "may hold" : "holds");
	checker_note(c, item, ep->loc, "for example %s%s at %s; here it %s", ep->name,
		     ep->supposed ? ", if it is" : "", net_addr_format(&held->addr, text),
		     peer->cidr.match_endpoints
			     ? "matches, as --ipblock=pods says; Cilium would not let it"
			     : "does not match, as --ipblock=external says");
	checker_note(c, item, LOC_NONE,
		     "say what is meant: 'except' the pod range, or select the pods by labels");
}

void check_cidr_covers_pods(struct checker *c)
{
	struct addresses pods;

	addresses_list(&pods, c->ir, is_likely, c->arena);
	vec_each (struct ir_rule *, rule, &c->ir->rules) {
		if (strcmp((*rule)->policy->kind, "NetworkPolicy") != 0)
			continue;
		vec_each (const struct ir_peer, peer, &(*rule)->peers)
			if (peer->kind == IR_PEER_CIDR)
				check_peer(c, &pods, *rule, peer);
	}
}
