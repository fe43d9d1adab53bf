/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All requests that there could be, as far as some entries tell them apart: of each value, which of
 * the patterns it matches. So it can be asked whether there is a request that some of the entries
 * match and others do not. Values are such as HTTP/1.1 (RFC 9112) can send, or Kafka.
 */
#pragma once

#include "compiler/l7/group.h"
#include "compiler/l7/ruleset.h"

enum l7_answer {
	L7_NONE, /* there is no such request */
	L7_FOUND,
	L7_UNDECIDED, /* it was given up */
};

struct l7_space;

/* In the arena; the entries are borrowed. At most `together` of them will have to match one
 * request. NULL: they have a fault, or take too much. */
const struct l7_space *l7_space_build(struct arena *arena, const struct l7_entries *entries,
				      uint32_t together, struct l7_fault *fault);

/*
 * A request that every entry of `must` matches and none of `never`, both as bits of the entries'
 * numbers; those of `must` are all of Kafka or none. Only requests of the kind of `must` are looked
 * for, which has an entry. FOUND: `out` is one, in the arena, with plain values.
 */
enum l7_answer l7_space_find(struct arena *arena, const struct l7_space *space, const l7_bits *must,
			     const l7_bits *never, struct ir_request *out);
