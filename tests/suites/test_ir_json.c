/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The IR as JSON and back, for every policy set at hand: the examples, the suites of the field
 * (POLC_SUITES says where), and random ones.
 */
#include "tests/unit/unit.h"

#include <glob.h>
#include <stdio.h>
#include <string.h>

#include "tests/lib/campaign.h"
#include "tests/lib/ir_round_trip.h"
#include "tests/lib/random_policy.h"

enum { MAX_PATH = 4096 };

static const char *env(const char *name)
{
	const char *value = getenv(name);

	return value ? value : "";
}

/* Where policy sets are, below a folder that the environment names, and how many are readable at
 * least. Beside a file may lie the cluster that it is for. */
struct set {
	const char *root, *pattern, *beside;
	size_t at_least;
};

static const struct set own[] = {
	{"POLC_SRCDIR", "examples/*.pol", NULL, 2},
	{"POLC_SRCDIR", "examples/kubernetes/*.yaml", NULL, 3},
	{"POLC_SRCDIR", "examples/shop", NULL, 1},
	{"POLC_SRCDIR", "tests/golden/diff/*/*.pol", NULL, 0},
};

static const struct set suites[] = {
	{"POLC_SUITES", "cyclonus/case*", NULL, 100},
	{"POLC_SUITES", "np-guard/connlist/*/manifests", NULL, 40},
	{"POLC_SUITES", "np-guard/diff/*/old", NULL, 10},
	{"POLC_SUITES", "np-guard/diff/*/new", NULL, 10},
	{"POLC_SUITES", "diff-mutants/*/old.yaml", "../cluster.yaml", 30},
	{"POLC_SUITES", "diff-mutants/*/new.yaml", "../cluster.yaml", 30},
	{"POLC_SUITES", "network-policy-api/case*", NULL, 0},
	{"POLC_SUITES", "collections/*/*.yaml", NULL, 20},
};

static bool read_input(struct lang *l, const char *path, const char *beside)
{
	char other[MAX_PATH];
	int err = lang_read_path(l, path, LANG_INPUT);

	if (err || !beside)
		return !err;
	/* "a/b.yaml/../c.yaml" is nowhere: the last part is cut off first. */
	snprintf(other, sizeof(other), "%.*s%s", (int)(strrchr(path, '/') - path), path,
		 beside + strlen(".."));
	return !lang_read_path(l, other, LANG_INVENTORY);
}

/* False: polc refuses this input. */
static bool check_path(const char *path, const char *beside, struct random *r)
{
	const char *differs = NULL;
	struct ir *ir = NULL;
	struct lang l;
	bool read;

	lang_init(&l);
	read = read_input(&l, path, beside) && ir_resolve(&l, &ir) == 0;
	if (read)
		differs = ir_round_trip(&l, ir, r);
	if (differs)
		fail_msg("%s: %s", path, differs);
	lang_fini(&l);
	return read;
}

static void check_set(const struct set *set, struct random *r)
{
	char pattern[MAX_PATH];
	size_t checked = 0;
	glob_t found;

	snprintf(pattern, sizeof(pattern), "%s/%s", env(set->root), set->pattern);
	if (glob(pattern, 0, NULL, &found)) {
		print_message("# there is nothing at %s (set %s)\n", pattern, set->root);
		skip();
	}
	for (size_t i = 0; i < found.gl_pathc; i++)
		checked += check_path(found.gl_pathv[i], set->beside, r);
	print_message("# %s: %zu of %zu\n", set->pattern, checked, found.gl_pathc);
	assert_true(checked >= set->at_least);
	globfree(&found);
}

static void check_sets(const struct set *sets, size_t n)
{
	struct random r = {.state = campaign_begin(1, 0).first};

	for (size_t i = 0; i < n; i++)
		check_set(&sets[i], &r);
}

TEST(the_examples_are_the_same_after_writing_and_reading)
{
	check_sets(own, sizeof(own) / sizeof(*own));
}

TEST(what_the_field_has_is_the_same_after_writing_and_reading)
{
	check_sets(suites, sizeof(suites) / sizeof(*suites));
}

static void check_random(uint64_t seed)
{
	struct random r = {.state = seed};
	struct random_policy p;
	const char *differs;
	struct lang l;
	struct ir *ir;

	random_policy_init(&p, seed / 4, seed);
	lang_init(&l);
	assert_int_equal(lang_read_text(&l, "random.yaml", buf_str(&p.yaml), p.yaml.n, LANG_YAML,
					LANG_INPUT),
			 0);
	assert_int_equal(
		lang_read_text(&l, "random.pol", buf_str(&p.pol), p.pol.n, LANG_POL, LANG_INPUT),
		0);
	assert_int_equal(ir_resolve(&l, &ir), 0);
	differs = ir_round_trip(&l, ir, &r);
	if (differs)
		fail_msg("POLC_SEED=%llu: %s", (unsigned long long)seed, differs);
	lang_fini(&l);
	random_policy_fini(&p);
}

TEST(random_policies_are_the_same_after_writing_and_reading)
{
	struct campaign c = campaign_begin(300, 0.1);
	uint64_t seed;

	while (campaign_next(&c, &seed))
		check_random(seed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_examples_are_the_same_after_writing_and_reading),
		cmocka_unit_test(what_the_field_has_is_the_same_after_writing_and_reading),
		cmocka_unit_test(random_policies_are_the_same_after_writing_and_reading),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
