/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "tests/bench/requests/requests.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "compiler/l7/flat.h"
#include "compiler/l7/ruleset.h"
#include "compiler/resolve/resolve.h"
#include "lang/lang.h"
#include "tests/bench/measure.h"
#include "tests/bench/requests/genre.h"
#include "tests/bench/requests/matcher.h"

enum { MAX_ROUNDS = 64 };

/* --- polc -------------------------------------------------------------------------------- */

struct polc {
	struct flat_header *file;
	struct flat_request requests[GENRE_REQUESTS];
};

static const struct ir_rule *read_rule(struct lang *l, const struct genre *g)
{
	_cleanup_buf_ struct buf text = {0};
	struct ir *ir;

	genre_policy(g, &text);
	if (lang_read_text(l, "bench.pol", buf_str(&text), text.n, LANG_POL, LANG_INPUT) ||
	    ir_resolve(l, &ir))
		return NULL;
	return ir->rules.v[0];
}

/* The whole file, as a proxy would have it. */
static struct flat_header *write_file(struct lang *l, const struct ir_rule *rule)
{
	_cleanup_buf_ struct buf out = {0};
	struct l7_fault fault;
	const struct l7_ruleset *set = l7_ruleset_build(&l->arena, &rule, 1, &fault);
	const char *why = set ? flat_write(set, &out) : fault.text;
	void *file;

	if (why) {
		printf("polc makes no rule set of this: %s\n", why);
		return NULL;
	}
	file = malloc(out.n);
	if (!file)
		abort();
	memcpy(file, out.s, out.n);
	if (flat_check(file, out.n))
		abort();
	return file;
}

static bool polc_build(struct polc *p, const struct genre *g, double *ms)
{
	const struct ir_rule *rule;
	struct lang l;
	double start;

	lang_init(&l);
	rule = read_rule(&l, g);
	start = measure_now();
	p->file = rule ? write_file(&l, rule) : NULL;
	*ms = (measure_now() - start) * 1e3;
	lang_fini(&l);
	for (size_t i = 0; i < g->requests.n; i++) {
		const struct genre_request *r = &g->requests.v[i];
		size_t path = r->method_len + 1;

		p->requests[i] = (struct flat_request){.method = {r->line, r->method_len},
						       .path = {r->line + path, r->len - path}};
	}
	return p->file;
}

static uint32_t polc_first(const struct polc *p, size_t request)
{
	const struct flat_entry *e = flat_judge(p->file, &p->requests[request]);

	return e ? e->index : MATCHER_NONE;
}

/* --- the others -------------------------------------------------------------------------- */

#ifdef HAVE_HYPERSCAN
#define HYPERSCAN &matcher_hyperscan
#else
#define HYPERSCAN NULL
#endif
#ifdef HAVE_RE2
#define RE2 &matcher_re2
#else
#define RE2 NULL
#endif

static const struct rival {
	const char *name, *packages;
	const struct matcher *matcher; /* NULL: built without it */
} rivals[] = {
	{REQUESTS_HYPERSCAN, "libhyperscan-dev", HYPERSCAN},
	{REQUESTS_RE2, "libre2-dev and g++", RE2},
};

enum { N_RIVALS = sizeof(rivals) / sizeof(*rivals), N_VARIANTS_HERE = N_RIVALS + 1 };

/* A line as a whole: the method, a blank, the path. */
static const char *const *whole_lines(struct genre *g)
{
	const char **lines = arena_array(&g->arena, const char *, g->rules.n);

	for (size_t i = 0; i < g->rules.n; i++)
		lines[i] = arena_printf(&g->arena, "^%s (?:%s)\\z", g->rules.v[i].method,
					g->rules.v[i].path);
	return lines;
}

/* --- the run ----------------------------------------------------------------------------- */

struct run {
	struct bench *bench;
	unsigned rules;
	struct genre genre;
	struct polc *polc;
	void *built[N_RIVALS];
	double samples[N_VARIANTS_HERE][MAX_ROUNDS];
	unsigned n;
};

static const char *name_of(unsigned variant)
{
	return variant ? rivals[variant - 1].name : REQUESTS_POLC;
}

static uint32_t ask(const struct run *r, unsigned variant, size_t i)
{
	const struct genre_request *line = &r->genre.requests.v[i];

	return variant ? rivals[variant - 1].matcher->first(r->built[variant - 1], line->line,
							    line->len)
		       : polc_first(r->polc, i);
}

static bool is_here(const struct run *r, unsigned variant)
{
	return !variant || r->built[variant - 1];
}

static void add_one(struct run *r, enum result_place place, unsigned variant, double value)
{
	results_add(&r->bench->results, place, r->rules, REQUESTS, name_of(variant), &value, 1);
}

static void build_rivals(struct run *r)
{
	const char *const *lines = whole_lines(&r->genre);

	for (unsigned i = 0; i < N_RIVALS; i++) {
		const struct matcher *m = rivals[i].matcher;
		double start = measure_now();

		if (!m) {
			printf("%s is not measured: install the Debian packages %s and configure "
			       "again\n",
			       rivals[i].name, rivals[i].packages);
			continue;
		}
		r->built[i] = m->build(lines, r->genre.rules.n);
		if (!r->built[i]) {
			printf("%s cannot be made of these expressions\n", rivals[i].name);
			r->bench->refused++;
			continue;
		}
		add_one(r, RESULT_REQUESTS_BUILD, i + 1, (measure_now() - start) * 1e3);
		if (m->size)
			add_one(r, RESULT_REQUESTS_SIZE, i + 1,
				(double)m->size(r->built[i]) / 1024);
	}
}

/* Every verdict of all. This is also the turn before the times are taken: RE2 makes its automata in
 * it. */
static void compare(struct run *r)
{
	size_t matched = 0;

	for (size_t i = 0; i < r->genre.requests.n; i++) {
		uint32_t wanted = polc_first(r->polc, i);

		matched += wanted != MATCHER_NONE;
		for (unsigned v = 1; v < N_VARIANTS_HERE; v++)
			if (is_here(r, v))
				r->bench->disagreements += ask(r, v, i) != wanted;
	}
	printf("  %zu %% of %zu requests match\n", 100 * matched / r->genre.requests.n,
	       r->genre.requests.n);
}

static double cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void time_variant(struct run *r, unsigned variant)
{
	double start = cpu_ns();
	volatile uint32_t sum = 0;

	for (size_t i = 0; i < r->genre.requests.n; i++)
		sum += ask(r, variant, i);
	r->samples[variant][r->n] = (cpu_ns() - start) / (double)r->genre.requests.n;
}

static void time_all(struct run *r)
{
	for (r->n = 0; r->n < r->bench->rounds && r->n < MAX_ROUNDS; r->n++) {
		for (unsigned i = 0; i < N_VARIANTS_HERE; i++) {
			unsigned v = (i + r->n) % N_VARIANTS_HERE;

			if (is_here(r, v))
				time_variant(r, v);
		}
	}
	for (unsigned v = 0; v < N_VARIANTS_HERE; v++)
		if (is_here(r, v))
			results_add(&r->bench->results, RESULT_REQUESTS, r->rules, REQUESTS,
				    name_of(v), r->samples[v], r->n);
}

static void measure(struct run *r)
{
	double ms;

	if (!polc_build(r->polc, &r->genre, &ms)) {
		r->bench->refused++;
		return;
	}
	add_one(r, RESULT_REQUESTS_BUILD, 0, ms);
	add_one(r, RESULT_REQUESTS_SIZE, 0, r->polc->file->size / 1024.0);
	build_rivals(r);
	compare(r);
	time_all(r);
	results_print(&r->bench->results, RESULT_REQUESTS, r->rules, NULL);
	results_print(&r->bench->results, RESULT_REQUESTS_BUILD, r->rules, NULL);
	results_print(&r->bench->results, RESULT_REQUESTS_SIZE, r->rules, NULL);
}

void requests_bench(struct bench *b, unsigned rules)
{
	struct run r = {.bench = b, .rules = rules, .polc = calloc(1, sizeof(*r.polc))};

	if (!r.polc)
		abort();
	printf("\nrequests, %u expressions\n", rules);
	genre_init(&r.genre, rules);
	measure(&r);
	for (unsigned i = 0; i < N_RIVALS; i++)
		if (r.built[i])
			rivals[i].matcher->release(r.built[i]);
	free(r.polc->file);
	free(r.polc);
	genre_fini(&r.genre);
}
