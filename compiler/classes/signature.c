/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/classes/signature.h"

#include <string.h>

#include "compiler/ir/peer.h"

/* A region lies wholly inside or wholly outside every prefix that rules mention. */
static bool atom_matches(const struct ir_peer *atom, enum ir_sort sort,
			 const struct ir_endpoint *ep, const struct net_prefix *where)
{
	struct ir_aspects a = ir_peer_aspects(atom);

	return a.sorts & sort && (!a.labels || ir_selector_matches(a.labels, ep)) &&
	       (!a.addresses || ir_addresses_hold(a.addresses, where));
}

bool cls_atom_may_match_at(const struct ir_peer *atom, const struct net_prefix *where)
{
	struct ir_aspects a = ir_peer_aspects(atom);

	return a.sorts & IR_SORT_ENDPOINT && (!a.labels || !a.labels->none) &&
	       (!a.addresses || ir_addresses_hold(a.addresses, where));
}

/* --- signatures ------------------------------------------------------------------------------ */

size_t cls_signature_words(const struct cls_traits *t)
{
	return t->atoms.n / 64 + 1;
}

size_t cls_signature_size(const struct cls_traits *t)
{
	return cls_signature_words(t) * sizeof(uint64_t) + t->names.n * sizeof(uint32_t);
}

uint32_t cls_port_of(const struct ir_endpoint *ep, const struct cls_name *name)
{
	int port = ir_endpoint_port(ep, name->proto, name->name);

	return port < 0 ? CLS_NO_PORT : (uint32_t)port;
}

static enum ir_sort sort_of(const struct ir_endpoint *ep)
{
	return !ep ? IR_SORT_OUTSIDE : ep->host ? IR_SORT_HOST : IR_SORT_ENDPOINT;
}

void cls_signature_begin(const struct cls_traits *t, const struct ir_endpoint *ep, uint64_t *sig)
{
	uint32_t *ports = cls_signature_ports(t, sig);

	memset(sig, 0, cls_signature_size(t));
	if (t->spares && ep && ep->node)
		sig[t->atoms.n / 64] |= 1ull << (t->atoms.n % 64);
	for (size_t i = 0; i < t->names.n; i++)
		ports[i] = sort_of(ep) == IR_SORT_ENDPOINT ? cls_port_of(ep, &t->names.v[i])
							   : CLS_NO_PORT;
}

void cls_signature_tell(const struct cls_traits *t, size_t atom, const struct ir_endpoint *ep,
			const struct net_prefix *where, uint64_t *sig)
{
	if (atom_matches(t->atoms.v[atom], sort_of(ep), ep, where))
		sig[atom / 64] |= 1ull << (atom % 64);
}

void cls_signature_of(const struct cls_traits *t, const struct ir_endpoint *ep,
		      const struct net_prefix *where, uint64_t *sig)
{
	cls_signature_begin(t, ep, sig);
	for (size_t i = 0; i < t->atoms.n; i++)
		cls_signature_tell(t, i, ep, where, sig);
}
