/* SPDX-License-Identifier: Apache-2.0 */
/*
 * usage: naive POLICY SECONDS
 *
 * What a linter would do that has a solver and no other idea: ask it, of every two rules of a tier
 * and direction, whether the one that decides first covers the other (then the other is shadowed),
 * and whether two of equal rank and opposite actions overlap with neither inside the other (a
 * conflict). One question a pair, nothing in between. The terms are those of polc's own checks, and
 * one incremental solver keeps its terms from pair to pair, so only the loop is naive.
 *
 * Ends after SECONDS. Prints JSON: rules, pairs, those that were asked, seconds, and the lines of
 * the rules that are in a conflict or covered by a single other rule.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "compiler/ir.h"
#include "lang/lang.h"
#include "tests/bench/measure.h"
#include "verifier/smt/encoding.h"
#include "verifier/smt/smt.h"

struct naive {
	const struct ir *ir;
	struct smt smt;
	struct encoding encoding;
	double end;
	size_t pairs, asked;
	bool *conflict, *shadowed; /* by rule id */
	bool failed;
};

static bool is_possible(struct naive *n, Z3_ast a, Z3_ast b)
{
	enum smt_answer r;

	smt_push(&n->smt);
	smt_assert(&n->smt, a);
	smt_assert(&n->smt, b);
	r = smt_check(&n->smt, NULL);
	smt_pop(&n->smt, 1);
	n->failed |= r != SMT_YES && r != SMT_NO;
	return r == SMT_YES;
}

static bool decides_first(const struct ir_rule *a, const struct ir_rule *b)
{
	static const int strictness[] = {[IR_DENY] = 0, [IR_PASS] = 1, [IR_ALLOW] = 2};

	return a->rank != b->rank ? a->rank < b->rank
				  : strictness[a->action] < strictness[b->action];
}

/* The first decides before the second. */
static void ask_pair(struct naive *n, const struct ir_rule *a, const struct ir_rule *b)
{
	Z3_ast first = encode_rule(&n->encoding, a), second = encode_rule(&n->encoding, b);
	bool covered = !is_possible(n, second, smt_not(&n->smt, first));

	n->shadowed[b->id] |= covered;
	if (!covered && a->rank == b->rank && a->action == IR_DENY && b->action == IR_ALLOW &&
	    is_possible(n, first, second) && is_possible(n, first, smt_not(&n->smt, second)))
		n->conflict[a->id] = n->conflict[b->id] = true;
}

static void ask_all(struct naive *n)
{
	vec_each (struct ir_rule *, a, &n->ir->rules) {
		vec_each (struct ir_rule *, b, &n->ir->rules) {
			if ((*a)->dir != (*b)->dir || (*a)->policy->tier != (*b)->policy->tier ||
			    !decides_first(*a, *b))
				continue;
			n->pairs++;
			if (measure_now() >= n->end)
				continue;
			n->asked++;
			ask_pair(n, *a, *b);
		}
	}
}

static json_t *lines(const struct naive *n, const bool *marked)
{
	json_t *out = json_array();

	vec_each (struct ir_rule *, rule, &n->ir->rules)
		if (marked[(*rule)->id])
			json_array_append_new(out, json_integer((*rule)->loc.line));
	return out;
}

static void print(const struct naive *n, double seconds)
{
	json_t *out =
		json_pack("{s:i, s:I, s:I, s:f, s:o, s:o}", "rules", (int)n->ir->rules.n, "pairs",
			  (json_int_t)n->pairs, "asked", (json_int_t)n->asked, "seconds", seconds,
			  "conflict", lines(n, n->conflict), "shadowed", lines(n, n->shadowed));

	json_dumpf(out, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(out);
}

static int run(struct ir *ir, double limit)
{
	struct naive n = {.ir = ir};
	double start = measure_now();

	n.end = start + limit;
	n.conflict = arena_array(ir->arena, bool, ir->rules.n + 1);
	n.shadowed = arena_array(ir->arena, bool, ir->rules.n + 1);
	smt_init(&n.smt, ir->arena, 10000);
	encoding_init(&n.encoding, ir, &n.smt);
	ask_all(&n);
	smt_fini(&n.smt);
	print(&n, measure_now() - start);
	return n.failed;
}

int main(int argc, char **argv)
{
	struct lang lang;
	struct ir *ir;
	int r = 2;

	if (argc != 3) {
		fprintf(stderr, "usage: naive POLICY SECONDS\n");
		return 2;
	}
	lang_init(&lang);
	if (lang_read_path(&lang, argv[1], LANG_INPUT) == 0 && ir_resolve(&lang, &ir) == 0)
		r = run(ir, strtod(argv[2], NULL));
	lang_fini(&lang);
	return r;
}
