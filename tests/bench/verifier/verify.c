/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "tests/bench/verifier/verify.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/policy.h"

/* A short command is run more often. */
enum { REPEATS = 3, SHORT_MS = 3000, MAX_NAIVE_RULES = 1000, NAIVE_S = 60, QUICK_NAIVE_S = 1 };

static void note(struct bench *b, unsigned size, const char *workload, const char *variant,
		 double *seconds, size_t n, double mib)
{
	results_add(&b->results, RESULT_VERIFY, size, workload, variant, seconds, n);
	results_add(&b->results, RESULT_VERIFY_MEMORY, size, workload, variant, &mib, 1);
}

static void run_polc(struct commands *c, unsigned size, const char *workload,
		     const char *const *argv)
{
	struct measure m = commands_run(c, workload, argv);
	double seconds[REPEATS] = {m.wall};
	size_t n = 1;

	if (m.status < 0)
		return;
	while (n < REPEATS && m.wall * 1000 < SHORT_MS && !c->bench->quick)
		seconds[n++] = measure_command(argv, c->log).wall;
	note(c->bench, size, workload, VERIFY_POLC, seconds, n, m.rss);
}

static void run_check(struct commands *c, unsigned size)
{
	const char *const check[] = {c->polc, "check", "--format", "json", c->input, NULL};

	run_polc(c, size, VERIFY_CHECK, check);
}

/* --- the solver alone ----------------------------------------------------------------------- */

static bool is_found(const json_t *diagnostics, const char *check, json_int_t line)
{
	const json_t *one;
	size_t i;

	json_array_foreach(diagnostics, i, one)
	{
		const char *code = json_string_value(json_object_get(one, "code"));

		if (code && strcmp(code, check) == 0 &&
		    json_integer_value(json_object_get(one, "line")) == line)
			return true;
	}
	return false;
}

/* What a pair shows, the check must have found: it also knows covers of several rules. */
static void compare(struct commands *c, const json_t *naive, const json_t *polc, const char *check)
{
	const json_t *diagnostics = json_object_get(polc, "diagnostics"), *line;
	size_t i;

	json_array_foreach(json_object_get(naive, check), i, line)
	{
		json_int_t n = json_integer_value(line);

		if (is_found(diagnostics, check, n))
			continue;
		printf("  line %d: %s to the solver, not to polc check\n", (int)n, check);
		c->bench->disagreements++;
	}
}

static void judge_naive(struct commands *c, unsigned rules, double seconds, double mib)
{
	const char *const check[] = {c->polc, "check", "--format", "json", c->input, NULL};
	json_t *naive = json_load_file(c->log, 0, NULL), *polc = NULL;
	json_int_t pairs = json_integer_value(json_object_get(naive, "pairs"));
	json_int_t asked = json_integer_value(json_object_get(naive, "asked"));

	measure_command(check, c->log);
	polc = json_load_file(c->log, 0, NULL);
	if (!naive || !polc) {
		c->bench->refused++;
	} else {
		compare(c, naive, polc, "shadowed");
		compare(c, naive, polc, "conflict");
	}
	json_object_set_new(c->out, "naive",
			    json_pack("{s:I, s:I}", "pairs", pairs, "asked", asked));
	if (asked < pairs)
		printf("  %-22s %lld of %lld pairs by then\n", "", (long long)asked,
		       (long long)pairs);
	else if (naive)
		note(c->bench, rules, VERIFY_CHECK, VERIFY_NAIVE, &seconds, 1, mib);
	json_decref(naive);
	json_decref(polc);
}

static void run_naive(struct commands *c, unsigned rules)
{
	char limit[16];
	const char *const naive[] = {"./tests/bench/verifier/naive", c->input, limit, NULL};
	struct measure m;

	snprintf(limit, sizeof(limit), "%d", c->bench->quick ? QUICK_NAIVE_S : NAIVE_S);
	m = commands_run(c, VERIFY_NAIVE, naive);
	if (m.status == 0)
		judge_naive(c, rules, m.wall, m.rss);
	else if (m.status > 0)
		c->bench->refused++;
}

/* --- the inputs ----------------------------------------------------------------------------- */

void verify_cluster(struct commands *c, const struct cluster_size *size)
{
	const char *const reach[] = {c->polc,   "reach",    c->input, "--port", "tcp/8080",
				     "--group", "--format", "json",   NULL};
	const char *const check[] = {c->polc, "check", c->input, NULL};

	run_polc(c, size->policies, VERIFY_CHECK_K8S, check);
	run_polc(c, size->policies, VERIFY_REACH, reach);
}

/* Another port in ten rules that have a single one, spread over the text. */
static void edit(struct buf *text)
{
	enum { EDITS = 10 };
	char *at = text->s;

	for (size_t i = 1; at && i <= EDITS; i++) {
		at = strstr(text->s + i * (text->n / (EDITS + 1)), " on tcp/");
		while (at && at[8 + strspn(at + 8, "0123456789")] == '-')
			at = strstr(at + 1, " on tcp/");
		if (at)
			at[8] = at[8] == '1' ? '2' : '1';
	}
}

bool verify_ordered(struct commands *c, unsigned rules)
{
	const char *const diff[] = {c->polc, "diff", "--closed", c->input, c->edited, NULL};
	_cleanup_buf_ struct buf text = {0};
	bool saved;

	policy_write(rules, &text);
	saved = commands_save(c->input, &text);
	edit(&text);
	if (!saved || !commands_save(c->edited, &text))
		return false;
	run_check(c, rules);
	run_polc(c, rules, VERIFY_DIFF, diff);
	if (rules <= MAX_NAIVE_RULES)
		run_naive(c, rules);
	return true;
}

/* --- the curves ----------------------------------------------------------------------------- */

static const struct {
	const char *workload, *variant;
} curves[] = {{VERIFY_CHECK_K8S, VERIFY_POLC},
	      {VERIFY_CHECK, VERIFY_POLC},
	      {VERIFY_CHECK, VERIFY_NAIVE},
	      {VERIFY_DIFF, VERIFY_POLC},
	      {VERIFY_REACH, VERIFY_POLC}};

/* Time grows as size to this power between the two. */
static double power(const struct result *a, const struct result *b)
{
	return log(b->median / a->median) / log((double)b->size / a->size);
}

static void print_curve(const struct results *r, const char *workload, const char *variant)
{
	const struct result *before = NULL;

	printf("  %s, %s\n", workload, variant);
	vec_each (const struct result, one, &r->all) {
		if (one->place != RESULT_VERIFY || strcmp(one->workload, workload) != 0 ||
		    strcmp(one->variant, variant) != 0)
			continue;
		printf("  %10u %12.3f %12.1f", one->size, one->median,
		       results_get(r, RESULT_VERIFY_MEMORY, one->size, workload, variant));
		if (before)
			printf(" %8.2f", power(before, one));
		printf("\n");
		before = one;
	}
}

void verify_print(const struct bench *b)
{
	printf("\n%-12s %12s %12s %8s\n", "  policies", "seconds", "MiB", "power");
	for (size_t i = 0; i < sizeof(curves) / sizeof(*curves); i++)
		print_curve(&b->results, curves[i].workload, curves[i].variant);
}
