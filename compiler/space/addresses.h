/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The space of addresses, and how prefixes cut it: pieces begin wherever a prefix does, and behind
 * where one ends, so that of a piece one address speaks for all. Pieces are numbered in order, IPv4
 * first; together they are all addresses.
 */
#pragma once

#include "compiler/ir.h"

struct space_addresses {
	struct arena *arena;         /* borrowed; set by the caller, all else is zero at first */
	VEC(struct net_addr) starts; /* of pieces; once sealed, in order and each once */
	uint32_t n4;                 /* pieces of IPv4 */
};

/* Before the space is sealed: parts the prefix from the rest. */
void space_cut_prefix(struct space_addresses *s, const struct net_prefix *p);
/* Every prefix of a peer; one that asks for no addresses has none. */
void space_cut_peer(struct space_addresses *s, const struct ir_peer *peer);
/* The cuts become pieces. */
void space_addresses_seal(struct space_addresses *s);

/* Of a sealed space. */
uint32_t space_piece_of(const struct space_addresses *s, const struct net_addr *addr);
struct net_addr space_piece_first(const struct space_addresses *s, uint32_t piece);
/* An address from `from` to `to` as plain as there is, and one that an interface may have; false:
 * none of them is such a one. */
bool space_plain_address(const struct net_addr *from, const struct net_addr *to,
			 struct net_addr *out);
struct net_addr space_piece_last(const struct space_addresses *s, uint32_t piece);
