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
