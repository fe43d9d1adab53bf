/* SPDX-License-Identifier: Apache-2.0 */
/* The run: every check that is wanted, one after the other. */
#include "verifier/check/check.h"

#include <errno.h>
#include <string.h>

#include "lang/base/arena.h"
#include "lang/base/codes.h"
#include "lang/base/diag.h"
#include "lang/base/work.h"
#include "verifier/check/engine/checker.h"
#include "verifier/codes.h"
#include "verifier/smt/emit.h"

static bool any_on(const struct check_options *o)
{
	for (int i = 0; i < CHECK_N; i++) {
		if (o->levels[i] != CHECK_OFF && i != CHECK_ID_UNDECIDED)
			return true;
	}
	return false;
}

/* What can match nothing is left out by the other checks, so that one always runs. */
static bool is_wanted(const struct checker *c, enum check_id id, enum check_id other)
{
	const enum check_level *levels = c->options->levels;

	return id == CHECK_ID_EMPTY_RULE || levels[id] != CHECK_OFF || levels[other] != CHECK_OFF;
}

static void begin(struct checker *c, enum check_id id)
{
	if (!c->emit)
		return;
	c->emit->check = check_get(id)->name;
	c->emit->subject = NULL;
}

static void run_all(struct checker *c)
{
	static const struct {
		void (*run)(struct checker *c);
		enum check_id id, other;
	} runs[] = {
#define RUN(function, id, other) {function, CHECK_ID_##id, CHECK_ID_##other},
#include "verifier/check/checks.def"
#undef RUN
	};

	for (size_t i = 0; i < sizeof(runs) / sizeof(*runs); i++) {
		if (!is_wanted(c, runs[i].id, runs[i].other))
			continue;
		begin(c, runs[i].id);
		work_step(c->options->work, "questions to the solver", 0);
		work_tell(c->options->work, c->smt.questions);
		runs[i].run(c);
	}
}

static int cannot_emit(struct diag *diag, const char *dir, int err)
{
	if (err == -EEXIST)
		diag_error(diag, LOC_NONE, CODE_BAD_VALUE,
			   "--emit-smt2: %s is not empty; name an empty or a new directory", dir);
	else
		diag_error(diag, LOC_NONE, CODE_IO, "--emit-smt2: cannot write to %s: %s", dir,
			   strerror(-err));
	return err;
}

int check_run(const struct ir *ir, const struct check_options *o, struct diag *diag,
	      struct check_result *result)
{
	struct arena arena;
	struct smt_emit emit;
	struct checker c = {.ir = ir,
			    .options = o,
			    .diag = diag,
			    .arena = &arena,
			    .run = &arena,
			    .emit = o->emit_dir ? &emit : NULL,
			    .findings = result->findings};
	size_t before = diag->items.n;
	int r;

	*result = (struct check_result){0};
	if (o->work)
		work_begin(o->work, o->budget_ms);
	r = o->emit_dir ? smt_emit_init(&emit, o->emit_dir) : 0;
	if (r < 0)
		return cannot_emit(diag, o->emit_dir, r);
	if (!any_on(o))
		return 0;
	arena_init(&arena);
	c.states = arena_array(&arena, uint8_t, ir->rules.n + 1);
	c.vain = arena_array(&arena, bool, ir->policies.n + 1);
	rule_index_init(&c.index, ir, &arena);
	run_all(&c);
	work_step_end(o->work);
	result->questions = c.smt.questions;
	if (c.started)
		smt_fini(&c.smt);
	arena_fini(&arena);
	/* The checks go through the rules in orders of their own; a reader from top to bottom. */
	diag_sort(diag, before);
	if (c.emit && emit.err)
		return cannot_emit(diag, o->emit_dir, emit.err);
	return c.err;
}
