/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signatures: all that policies can tell of a peer. Which of their peer predicates match it,
 * and which numbers its ports of certain names have. Peers with one signature are of one class.
 */
#pragma once

#include "compiler/ir.h"

/* A named port that an egress rule refers to: its number depends on the peer. */
struct cls_name {
	uint16_t proto;
	uint32_t name;
};

enum { CLS_NO_PORT = UINT32_MAX };

/* What is to be told of a peer. */
struct cls_traits {
	VEC(const struct ir_peer *) atoms; /* the distinct peer predicates of all rules */
	VEC(struct cls_name) names;
	bool spares; /* a policy spares the node, so that it counts who is the node */
};

/*
 * A signature is a run of bytes, to be compared: 64-bit words with a bit for each atom and one
 * for the node, then a uint32_t for each name.
 */
size_t cls_signature_words(const struct cls_traits *t);
size_t cls_signature_size(const struct cls_traits *t);
static inline uint32_t *cls_signature_ports(const struct cls_traits *t, uint64_t *sig)
{
	return (uint32_t *)(sig + cls_signature_words(t));
}

/* Writes the signature of an endpoint or host, or of what is outside (`ep` NULL), at an address
 * or in a region that no prefix of the atoms divides; family NET_NONE: nowhere. */
void cls_signature_of(const struct cls_traits *t, const struct ir_endpoint *ep,
		      const struct net_prefix *where, uint64_t *sig);
/* The same in steps: all but the atoms, and one atom. */
void cls_signature_begin(const struct cls_traits *t, const struct ir_endpoint *ep, uint64_t *sig);
void cls_signature_tell(const struct cls_traits *t, size_t atom, const struct ir_endpoint *ep,
			const struct net_prefix *where, uint64_t *sig);

/* The number of the endpoint's port of this name, or CLS_NO_PORT. */
uint32_t cls_port_of(const struct ir_endpoint *ep, const struct cls_name *name);

/* Does the atom match an endpoint that is there, if the endpoint has the labels for it? */
bool cls_atom_may_match_at(const struct ir_peer *atom, const struct net_prefix *where);
