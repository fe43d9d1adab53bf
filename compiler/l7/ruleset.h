/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A rule set: the entries of rules that judge requests together, as what can be asked quickly. A
 * request is a few values; each column looks at one of them, and knows for every value which
 * entries it leaves. What all columns leave of a request are the entries that match it, and the
 * first of these decides.
 */
#pragma once

#include "compiler/l7/asked.h"
#include "compiler/l7/group.h"

struct l7_column {
	enum l7_source source;
	const char *name; /* as struct l7_asked has it */
	const struct dfa *dfa;
	/* Entries that a value leaves, n_words each: by the set of expressions that it matches. A
	 * header that was sent several times leaves what any of its values leaves. */
	const l7_bits *rows;
	const l7_bits *absent; /* where the request has no such value */
};

struct l7_ruleset {
	struct l7_entries entries;
	size_t n_words;
	VEC(struct l7_column) columns;
};

/* The rule set of these rules, in the arena; NULL: it has a fault. */
const struct l7_ruleset *l7_ruleset_build(struct arena *arena, const struct ir_rule *const *rules,
					  size_t n, struct l7_fault *fault);

/* Judges a request, as ir_judge() does of the same rules. */
struct ir_judgement l7_ruleset_judge(const struct l7_ruleset *set,
				     const struct ir_request *request);
