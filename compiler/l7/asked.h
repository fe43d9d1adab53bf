/* SPDX-License-Identifier: Apache-2.0 */
/* What entries of rules ask of a request: that each of some values is one of a pattern. */
#pragma once

#include "compiler/ir.h"
#include "compiler/l7/pattern.h"

/* A value of a request. */
enum l7_source {
	L7_METHOD,
	L7_PATH, /* without its query */
	L7_HOST, /* without its port */
	L7_HEADER,
	L7_API,
	L7_TOPIC,
	L7_CLIENT,
};

struct l7_entry {
	const struct ir_rule *rule;
	const struct ir_l7_entry *entry;
};

/* In the order of decision: those that deny first, else as they were written. */
struct l7_entries {
	VEC(struct l7_entry) list;
};

/* A rule of this kind with one entry, which matches every request of the kind. */
const struct ir_rule *l7_every_request(struct arena *arena, enum ir_l7_kind kind);

void l7_take_entries(struct arena *arena, const struct ir_rule *const *rules, size_t n,
		     struct l7_entries *out);

struct l7_asked {
	uint32_t entry;
	enum l7_source source;
	const char *name; /* HEADER: of lower-case letters */
	uint32_t nth;     /* of the same source and name, within the entry */
	struct l7_pattern pattern;
};

/* Entry by entry; of each, all have to hold. */
struct l7_asked_list {
	VEC(struct l7_asked) list;
};

void l7_ask(struct arena *arena, const struct l7_entries *entries, struct l7_asked_list *out);

/* Do both ask about the same value? */
bool l7_same_value(const struct l7_asked *a, const struct l7_asked *b);

/* A set of entries: a bit each, by their order. */
typedef uint64_t l7_bits;
enum { L7_BITS = 64 };

static inline size_t l7_bits_words(const struct l7_entries *entries)
{
	return entries->list.n / L7_BITS + 1;
}

static inline bool l7_bits_has(const l7_bits *row, size_t i)
{
	return row[i / L7_BITS] >> i % L7_BITS & 1;
}

static inline void l7_bits_set(l7_bits *row, size_t i)
{
	row[i / L7_BITS] |= (l7_bits)1 << i % L7_BITS;
}

static inline void l7_bits_clear(l7_bits *row, size_t i)
{
	row[i / L7_BITS] &= ~((l7_bits)1 << i % L7_BITS);
}

/* One value of a request: who asks for what of it. */
struct l7_value {
	const struct l7_asked *first;
	VEC(const struct l7_asked *) asked;
	VEC(uint32_t) pattern;           /* by `asked` */
	VEC(struct l7_pattern) patterns; /* each once */
};

/* All that is asked of the value that `all` names at `from`, or, with `apart`, of these the ones in
 * the same place of their entries. They become `done`, by their place in `all`. */
void l7_collect(struct arena *arena, const struct l7_asked_list *all, size_t from, bool apart,
		bool *done, struct l7_value *out);
