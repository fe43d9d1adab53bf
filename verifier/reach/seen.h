/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ends that may have any of very many addresses, as tables see them: as the classes of all of
 * these. A table is a few runs of classes, so that it answers for all addresses in a few steps.
 * Private to verifier/reach/.
 */
#pragma once

#include "verifier/reach/reach.h"

/* What was looked at so far, by the classes that answer. */
struct reach_seen;

struct reach_seen *reach_seen_new(struct arena *arena);

/* For struct flow_judge, whose `ctx` is a struct reach with classes. */
flow_all_fn reach_seen_all;
flow_pieces_fn reach_seen_pieces;

/* Who is asked about: equal ids have equal keys. False: there is no key. */
struct reach_seen_ids {
	uint32_t end, table, col;
};

bool reach_seen_ids(const struct reach *r, const struct flow_side *side,
		    struct reach_seen_ids *out);

/* Adds to the key which kinds of the peer's addresses have one of these outcomes: what reads alike
 * is the same addresses. False, with nothing added: the peer has a few, or one. */
bool reach_seen_key(const struct reach *r, const struct flow_side *side, unsigned outcomes,
		    struct buf *key);
