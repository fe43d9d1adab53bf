/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `contradiction`: requirements of one selector that exclude each other, whatever labels there
 * are. There is no witness, as nothing matches; the finding names a smallest set of requirements
 * that cannot be met together.
 */
#include "verifier/check/open/contradiction.h"

#include "lang/base/buf.h"

/* Requirements on distinct keys cannot exclude each other; the solver need not be asked.
 * Namespace labels depend on the namespace's name, so they always are. */
static bool is_plainly_possible(const struct ir_selector *sel)
{
	if (sel->none)
		return false;
	vec_each (const struct ir_req, req, &sel->reqs) {
		if (req->op == IR_IN && !req->values.n)
			return false;
		if (req->scope == IR_SCOPE_NAMESPACE && req->op == IR_ABSENT)
			return false;
		for (const struct ir_req *other = sel->reqs.v; other < req; other++) {
			if (other->scope == req->scope && other->key == req->key)
				return false;
		}
	}
	return true;
}

enum smt_answer contradiction_ask(struct checker *c, const struct ir_selector *sel,
				  enum smt_end end)
{
	if (is_plainly_possible(sel))
		return SMT_YES;
	return checker_ask(c, encode_selector(checker_encoding(c), sel, end));
}

void contradiction_put_req(const struct ir *ir, const struct ir_req *req, struct buf *out)
{
	const char *key = intern_str(&ir->strings, req->key), *sep = "";

	if (req->scope == IR_SCOPE_NAMESPACE)
		buf_puts(out, "namespace label ");
	if (req->op == IR_ABSENT)
		buf_putc(out, '!');
	buf_puts(out, key);
	if (req->op == IR_EXISTS || req->op == IR_ABSENT)
		return;
	buf_puts(out, req->op == IR_IN ? " in (" : " not in (");
	vec_each (const uint32_t, value, &req->values) {
		buf_printf(out, "%s%s", sep, intern_str(&ir->strings, *value));
		sep = ", ";
	}
	buf_putc(out, ')');
}

/* One of `n` that cannot be met together. Whoever read the selector knows of one that nobody wrote
 * that it is always met. */
static void note_requirement(struct checker *c, struct diag_item *item, const struct ir_req *req,
			     size_t n)
{
	bool given = !req->loc.line && req->op == IR_EXISTS;
	_cleanup_buf_ struct buf b = {0};

	contradiction_put_req(c->ir, req, &b);
	if (given)
		checker_note(c, item, LOC_NONE, "there always is a '%s'", buf_str(&b));
	else if (n == 1)
		checker_note(c, item, req->loc, "nothing can meet '%s'", buf_str(&b));
	else
		checker_note(c, item, req->loc, "'%s' excludes the others named here", buf_str(&b));
}

/* A note for each requirement of a minimal set that nothing can meet. */
static void note_requirements(struct checker *c, struct diag_item *item,
			      const struct ir_selector *sel, enum smt_end end)
{
	struct terms assumptions = {0}, core = {0};

	if (!item)
		return;
	smt_push(checker_smt(c));
	for (size_t i = 0; i < sel->reqs.n; i++) {
		Z3_ast literal = smt_bool(checker_smt(c), arena_printf(c->arena, "req.%zu", i));
		Z3_ast req = encode_req(checker_encoding(c), &sel->reqs.v[i], end);

		smt_assert(checker_smt(c), smt_implies(checker_smt(c), literal, req));
		vec_push(c->arena, &assumptions, literal);
	}
	smt_minimal_core(checker_smt(c), &assumptions, &core);
	smt_pop(checker_smt(c), 1);
	for (size_t i = 0; i < assumptions.n; i++) {
		for (size_t k = 0; k < core.n; k++)
			if (core.v[k] == assumptions.v[i])
				note_requirement(c, item, &sel->reqs.v[i], core.n);
	}
}

void contradiction_report(struct checker *c, const struct ir_selector *sel, enum smt_end end,
			  struct loc loc, const char *what)
{
	struct diag_item *item = checker_report(c, CHECK_ID_CONTRADICTION, loc, "%s", what);

	note_requirements(c, item, sel, end);
}
