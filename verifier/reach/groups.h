/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Groups of endpoints that no flow of a matrix tells apart, so that a matrix of thousands of
 * endpoints is asked, and read, as one of a few groups. Private to verifier/reach/.
 */
#pragma once

#include "verifier/reach/reach.h"

struct cls;

/*
 * Puts ends together that the compiled classes cannot tell apart on the ports of `r`: r->ends
 * becomes one end a group, r->groups its members. `*from` and `*to` are lists of ends, and become
 * lists of groups, each once.
 */
void reach_group_alike(struct reach *r, const struct cls *cls, struct reach_indices *from,
		       struct reach_indices *to);

/* Groups with the same number, counted from 0 in the order of their first, become one. */
void reach_join_groups(struct reach *r, const uint32_t *new_of, size_t n);

/* Puts groups together that every flow of the matrix treats alike, which asks each of them about
 * each and has no rows yet. Returns 0, or -ETIME if the time for the work is up. */
int reach_merge_groups(struct reach *r);
