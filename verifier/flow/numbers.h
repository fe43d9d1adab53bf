/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The numbers of a protocol, as egress tells them apart. The port that a flow goes to may have a
 * name that its destination does not know, and so no number: what egress says of it holds if it
 * holds for every number.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct arena;
struct ir;

/* One of all that the policies of a source treat alike, first one that no rule speaks of if there
 * is any. Never empty. */
struct flow_numbers {
	const uint16_t *v;
	size_t n;
};

extern const struct flow_numbers flow_any_number; /* of a source without policies */

/* By the id of the source. */
const struct flow_numbers *flow_numbers_list(const struct ir *ir, uint16_t proto,
					     struct arena *arena);
