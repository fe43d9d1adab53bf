/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/classes/signature.h"

#include <string.h>

static bool in_prefixes(const struct net_prefix *v, size_t n, const struct net_prefix *region)
{
	for (size_t i = 0; i < n; i++) {
		if (net_prefix_has_prefix(&v[i], region))
			return true;
	}
	return false;
}

/* A region lies wholly inside or wholly outside every prefix that rules mention. */
static bool cidr_has_region(const struct ir_cidr *cidr, const struct net_prefix *region)
{
	return region->addr.family != NET_NONE && in_prefixes(cidr->in.v, cidr->in.n, region) &&
	       !in_prefixes(cidr->except.v, cidr->except.n, region);
}

enum peer_sort { PEER_ENDPOINT, PEER_HOST, PEER_OUTSIDE };

/* By enum ir_entity: which sorts of peers it holds. */
static const bool entity_holds[][3] = {
	[IR_ENTITY_ALL] = {true, true, true},     [IR_ENTITY_CLUSTER] = {true, true, false},
	[IR_ENTITY_HOST] = {false, true, false},  [IR_ENTITY_WORLD] = {false, false, true},
	[IR_ENTITY_NONE] = {false, false, false},
};

static bool atom_matches(const struct ir_peer *atom, enum peer_sort sort,
			 const struct ir_endpoint *ep, const struct net_prefix *where)
{
	switch (atom->kind) {
	case IR_PEER_SELECTOR:
		return sort == PEER_ENDPOINT && ir_selector_matches(&atom->selector, ep);
	case IR_PEER_CIDR:
		return (sort != PEER_ENDPOINT || atom->cidr.match_endpoints) &&
		       cidr_has_region(&atom->cidr, where);
	case IR_PEER_ENTITY:
		return entity_holds[atom->entity][sort];
	}
	return false;
}

bool cls_atom_matches_at(const struct ir_peer *atom, const struct net_prefix *where)
{
	return atom->kind != IR_PEER_SELECTOR && atom_matches(atom, PEER_ENDPOINT, NULL, where);
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

void cls_signature_of(const struct cls_traits *t, const struct ir_endpoint *ep,
		      const struct net_prefix *where, uint64_t *sig)
{
	enum peer_sort sort = !ep ? PEER_OUTSIDE : ep->host ? PEER_HOST : PEER_ENDPOINT;
	uint32_t *ports = cls_signature_ports(t, sig);

	memset(sig, 0, cls_signature_size(t));
	for (size_t i = 0; i < t->atoms.n; i++) {
		if (atom_matches(t->atoms.v[i], sort, ep, where))
			sig[i / 64] |= 1ull << (i % 64);
	}
	if (t->spares && ep && ep->node)
		sig[t->atoms.n / 64] |= 1ull << (t->atoms.n % 64);
	for (size_t i = 0; i < t->names.n; i++)
		ports[i] = sort == PEER_ENDPOINT ? cls_port_of(ep, &t->names.v[i]) : CLS_NO_PORT;
}
