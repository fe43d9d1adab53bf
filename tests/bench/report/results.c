/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/report/results.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_COLUMNS = 8 };

static const struct {
	const char *name, *unit;
} places[] = {
#define X(id, name, unit) {name, unit},
	RESULT_PLACES(X)
#undef X
};

void results_init(struct results *r)
{
	*r = (struct results){0};
	arena_init(&r->arena);
}

void results_fini(struct results *r)
{
	arena_fini(&r->arena);
}

/* --- putting in and taking out -------------------------------------------------------------- */

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

/* The value at a fraction of sorted samples, between its neighbours. */
static double quantile(const double *sorted, size_t n, double at)
{
	double place = at * (double)(n - 1);
	size_t i = (size_t)place;

	return i + 1 < n ? sorted[i] + (place - (double)i) * (sorted[i + 1] - sorted[i])
			 : sorted[i];
}

void results_add(struct results *r, enum result_place place, unsigned size, const char *workload,
		 const char *variant, double *samples, size_t n)
{
	struct result result = {.place = place,
				.size = size,
				.workload = arena_strdup(&r->arena, workload),
				.variant = arena_strdup(&r->arena, variant),
				.n = n};

	if (!n)
		return;
	qsort(samples, n, sizeof(*samples), by_size);
	result.median = quantile(samples, n, 0.5);
	result.low = quantile(samples, n, 0.25);
	result.high = quantile(samples, n, 0.75);
	vec_push(&r->arena, &r->all, result);
}

static const struct result *find(const struct results *r, enum result_place place, unsigned size,
				 const char *workload, const char *variant)
{
	vec_each (const struct result, one, &r->all) {
		if (one->place == place && one->size == size &&
		    strcmp(one->workload, workload) == 0 && strcmp(one->variant, variant) == 0)
			return one;
	}
	return NULL;
}

double results_get(const struct results *r, enum result_place place, unsigned size,
		   const char *workload, const char *variant)
{
	const struct result *found = find(r, place, size, workload, variant);

	return found ? found->median : NAN;
}

/* --- the table ------------------------------------------------------------------------------ */

/* The different workloads or variants of a place and size, in the order they were measured. */
static size_t names(const struct results *r, enum result_place place, unsigned size, bool workloads,
		    const char **out, size_t max)
{
	size_t n = 0;

	vec_each (const struct result, one, &r->all) {
		const char *name = workloads ? one->workload : one->variant;
		size_t i = 0;

		if (one->place != place || one->size != size)
			continue;
		while (i < n && strcmp(out[i], name) != 0)
			i++;
		if (i == n && n < max)
			out[n++] = name;
	}
	return n;
}

static void print_cell(const struct result *one)
{
	if (one)
		printf("%12.1f +-%-5.1f", one->median, (one->high - one->low) / 2);
	else
		printf("%20s", "-");
}

void results_print(const struct results *r, enum result_place place, unsigned size,
		   const char *base)
{
	const char *workloads[MAX_COLUMNS], *variants[32];
	size_t n_workloads = names(r, place, size, true, workloads, MAX_COLUMNS);
	size_t n_variants = names(r, place, size, false, variants, 32);
	double floor;

	if (!n_workloads)
		return;
	floor = base ? results_get(r, place, size, workloads[0], base) : NAN;
	printf("\n%-30s", places[place].unit);
	for (size_t w = 0; w < n_workloads; w++)
		printf("%20s", workloads[w]);
	printf(base ? "%14s\n" : "\n", "above floor");
	for (size_t v = 0; v < n_variants; v++) {
		double first = results_get(r, place, size, workloads[0], variants[v]);

		printf("  %-28s", variants[v]);
		for (size_t w = 0; w < n_workloads; w++)
			print_cell(find(r, place, size, workloads[w], variants[v]));
		if (base && !isnan(first) && !isnan(floor))
			printf("%14.1f", first - floor);
		printf("\n");
	}
	fflush(stdout);
}

json_t *results_json(const struct results *r)
{
	json_t *all = json_array();

	vec_each (const struct result, one, &r->all)
		json_array_append_new(
			all, json_pack("{s:s, s:i, s:s, s:s, s:s, s:f, s:f, s:f, s:i}", "place",
				       places[one->place].name, "size", (int)one->size, "workload",
				       one->workload, "variant", one->variant, "unit",
				       places[one->place].unit, "median", one->median, "low",
				       one->low, "high", one->high, "samples", (int)one->n));
	return all;
}
