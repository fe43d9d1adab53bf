/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a peer asks of an end, aspect by aspect, whatever kind of peer it is: what sort of end it
 * is, which labels it has, where it is. A peer matches the ends that meet all of its aspects.
 * Classes, solver, checks and diff go by aspects, so that a new kind of peer that combines them
 * otherwise is nothing new to them. The interpreter (eval.c) goes by kinds, in words of its own.
 */
#pragma once

#include "compiler/ir.h"

/* As bits: every end is of one sort. */
enum ir_sort {
	IR_SORT_ENDPOINT = 1, /* managed: has labels */
	IR_SORT_HOST = 2,
	IR_SORT_OUTSIDE = 4,
	IR_SORT_ALL = 7,
};

struct ir_aspects {
	unsigned sorts;                   /* 0: the peer matches nothing */
	const struct ir_selector *labels; /* NULL: any; else of IR_SORT_ENDPOINT alone */
	/* NULL: anywhere. Which sorts it matches is told by `sorts`. */
	const struct ir_cidr *addresses;
};

/* Borrows from the peer. Inline, as rules are held against rules by their peers. */
static inline struct ir_aspects ir_peer_aspects(const struct ir_peer *peer)
{
	static const unsigned entity_sorts[] = {
		[IR_ENTITY_ALL] = IR_SORT_ALL,
		[IR_ENTITY_CLUSTER] = IR_SORT_ENDPOINT | IR_SORT_HOST,
		[IR_ENTITY_HOST] = IR_SORT_HOST,
		[IR_ENTITY_WORLD] = IR_SORT_OUTSIDE,
		[IR_ENTITY_NONE] = 0,
	};
	const struct ir_cidr *cidr = &peer->cidr;

	switch (peer->kind) {
	case IR_PEER_SELECTOR:
		return (struct ir_aspects){.sorts = IR_SORT_ENDPOINT, .labels = &peer->selector};
	case IR_PEER_CIDR:
		return (struct ir_aspects){.sorts = cidr->match_endpoints
							    ? IR_SORT_ALL
							    : IR_SORT_HOST | IR_SORT_OUTSIDE,
					   .addresses = cidr};
	case IR_PEER_ENTITY:
		return (struct ir_aspects){.sorts = entity_sorts[peer->entity]};
	}
	return (struct ir_aspects){0};
}

/* Are the labels all that the peer asks? Their selector, or NULL. */
const struct ir_selector *ir_peer_labels_alone(const struct ir_peer *peer);
/* Do addresses of endpoints make a difference to the peer? */
bool ir_peer_places_endpoints(const struct ir_peer *peer);
/* Is the peer about hosts, and nobody else? */
bool ir_peer_is_hosts(const struct ir_peer *peer);

/* Whoever makes a list of prefixes calls this when it is whole. */
void ir_cidr_seal(struct ir_cidr *cidr, struct arena *arena);
/* Do the addresses hold all of the region? Family NET_NONE: nowhere. */
bool ir_addresses_hold(const struct ir_cidr *addresses, const struct net_prefix *region);
/* Do they hold one of the endpoint's addresses? */
bool ir_addresses_hold_any(const struct ir_cidr *addresses, const struct ir_endpoint *ep);
