/* SPDX-License-Identifier: Apache-2.0 */
/* What is told of a program that the kernel refuses, from logs as kernels write them. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <string.h>

#include "lang/base/arena.h"
#include "lang/base/source.h"
#include "runtime/node/kernel/fail.h"
#include "runtime/node/kernel/refusal.h"

struct told {
	struct arena arena;
	struct sources sources;
	struct diag diag;
	struct buf text;
	int err;
};

static void refuse(struct told *t, const char *log, int err, bool whole)
{
	const struct rt_refusal r = {.shape = "deny",
				     .compiler = "clang 14.0.6",
				     .log = log,
				     .err = err,
				     .whole = whole};

	*t = (struct told){0};
	arena_init(&t->arena);
	sources_init(&t->sources, &t->arena);
	diag_init(&t->diag, &t->arena, &t->sources);
	t->err = rt_refused(&r, &t->diag);
	diag_render_text(&t->diag, &(struct diag_style){0}, &t->text);
	assert_int_equal(t->diag.errors, 1);
}

static void told_fini(struct told *t)
{
	buf_fini(&t->text);
	arena_fini(&t->arena);
}

static bool says(const struct told *t, const char *text)
{
	return strstr(buf_str(&t->text), text) != NULL;
}

static const char log_6_18[] = "Validating pick() func#1...\n"
			       "; int a = f(x); @ in.c:3\n"
			       "0: (85) call pc+4\n"
			       ";  @ pages.h:14\n"
			       "7: (79) r0 = *(u64 *)(r1 +0)          ; R0=0 R1=ctx()\n"
			       "R1 invalid mem access 'scalar'\n"
			       "processed 12 insns (limit 1000000) max_states_per_insn 0\n";
static const char log_6_1[] = "func#0 @0\n"
			      "; return p->v[i];\n"
			      "7: (79) r0 = *(u64 *)(r1 +0)\n"
			      "R1 invalid mem access 'inv'\n"
			      "verification time 12 usec\n"
			      "stack depth 8\n"
			      "processed 12 insns (limit 1000000) max_states_per_insn 0\n\n";

TEST(the_last_words_are_told_and_no_statistics)
{
	struct told t;

	refuse(&t, log_6_18, -EACCES, false);
	assert_true(says(&t, "error: the kernel's verifier refuses a program of shape deny: "
			     "Permission denied [verifier]\n"));
	assert_true(says(&t, "note: the verifier says: R1 invalid mem access 'scalar'\n"));
	assert_false(says(&t, "processed"));
	told_fini(&t);
	refuse(&t, log_6_1, -EACCES, false);
	assert_true(says(&t, "note: the verifier says: R1 invalid mem access 'inv'\n"));
	told_fini(&t);
}

TEST(the_place_is_told_with_or_without_its_text)
{
	struct told t;

	refuse(&t, log_6_18, -EACCES, false);
	assert_true(says(&t, "note: it stopped at: pages.h:14\n"));
	told_fini(&t);
	refuse(&t, "; int a = f(x); @ in.c:3\n0: (85) call pc+4\nbad\n", -EINVAL, false);
	assert_true(says(&t, "note: it stopped at: int a = f(x); @ in.c:3\n"));
	told_fini(&t);
	refuse(&t, log_6_1, -EACCES, false);
	assert_true(says(&t, "note: it stopped at: return p->v[i];\n"));
	told_fini(&t);
}

TEST(a_log_without_places_tells_none)
{
	struct told t;

	refuse(&t, "; \n0: (85) call pc+4\nunknown opcode 85\n", -EINVAL, false);
	assert_true(says(&t, "note: the verifier says: unknown opcode 85\n"));
	assert_false(says(&t, "it stopped at"));
	told_fini(&t);
	refuse(&t, "\n\n", -EINVAL, false);
	assert_false(says(&t, "the verifier says"));
	told_fini(&t);
}

TEST(the_compiler_is_told_beside_what_was_tried)
{
	struct told t;

	refuse(&t, log_6_1, -EACCES, false);
	assert_true(says(&t, " and the programs come from clang 14.0.6; tried are Linux 6.1, "));
	assert_true(says(&t, " with clang 13, 14, 15, 16 and 19\n"));
	told_fini(&t);
}

TEST(the_whole_log_is_there_if_it_is_asked_for)
{
	struct told t;

	refuse(&t, log_6_18, -EACCES, true);
	assert_true(says(&t, "note: 0: (85) call pc+4\n"));
	assert_true(says(&t, "note: processed 12 insns"));
	assert_false(says(&t, "-v shows"));
	told_fini(&t);
	refuse(&t, log_6_18, -EACCES, false);
	assert_false(says(&t, "call pc+4"));
	assert_true(says(&t, "note: -v shows the whole log of the verifier\n"));
	told_fini(&t);
}

TEST(a_log_that_is_too_long_is_told_to_be)
{
	struct told t;

	refuse(&t, log_6_1, -ENOSPC, false);
	assert_true(says(&t, "No space left on device [verifier]\n"));
	assert_true(says(&t, "note: it is the verifier's log that has no space left in 16777215 "));
	told_fini(&t);
	refuse(&t, log_6_1, -EACCES, false);
	assert_false(says(&t, "no space left"));
	told_fini(&t);
}

/* Of a kernel that refuses, with a log and without. */
TEST(no_refusal_looks_like_a_mistake_of_the_users)
{
	static const int all[] = {-EINVAL, -ENOENT, -EEXIST, -E2BIG};

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		struct told t;

		refuse(&t, log_6_1, all[i], false);
		assert_int_equal(t.err, -EIO);
		told_fini(&t);
		refuse(&t, "", all[i], false);
		assert_int_equal(t.err, -EIO);
		told_fini(&t);
	}
	assert_int_equal(rt_fault(-ENOSPC), -ENOSPC);
}

TEST(a_missing_right_is_no_word_of_the_verifiers)
{
	struct told t;

	refuse(&t, log_6_1, -EPERM, false);
	assert_true(says(&t, "[permission]\n"));
	assert_false(says(&t, "the verifier says"));
	assert_int_equal(t.err, -EPERM);
	told_fini(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_last_words_are_told_and_no_statistics),
		cmocka_unit_test(the_place_is_told_with_or_without_its_text),
		cmocka_unit_test(a_log_without_places_tells_none),
		cmocka_unit_test(the_compiler_is_told_beside_what_was_tried),
		cmocka_unit_test(the_whole_log_is_there_if_it_is_asked_for),
		cmocka_unit_test(a_log_that_is_too_long_is_told_to_be),
		cmocka_unit_test(no_refusal_looks_like_a_mistake_of_the_users),
		cmocka_unit_test(a_missing_right_is_no_word_of_the_verifiers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
