/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/report/picture.h"

#include <stdio.h>
#include <string.h>

#include "lang/base/buf.h"
#include "tests/bench/tool.h"
#include "tests/bench/verifier/verify.h"

enum { MAX_NAMES = 32 };

struct plot {
	enum result_place place;
	const char *title, *workload, *unit;
};

static const struct plot plots[] = {
	{RESULT_TEST_RUN, "BPF_PROG_TEST_RUN, random packets from pods", "internal, random",
	 "ns a packet"},
	{RESULT_STACK, "in the network stack, random packets from pods", "internal", "ns a packet"},
	{RESULT_VERIFY, "polc check, and a solver that is asked about every pair", VERIFY_CHECK,
	 "seconds"},
};

enum { N_PLOTS = sizeof(plots) / sizeof(*plots) };

static bool is_of(const struct result *one, const struct plot *p)
{
	return one->place == p->place && strcmp(one->workload, p->workload) == 0;
}

static size_t variants_of(const struct results *r, const struct plot *p, const char **names)
{
	size_t n = 0;

	vec_each (const struct result, one, &r->all) {
		size_t i = 0;

		if (!is_of(one, p))
			continue;
		while (i < n && strcmp(names[i], one->variant) != 0)
			i++;
		if (i == n && n < MAX_NAMES)
			names[n++] = one->variant;
	}
	return n;
}

static size_t count_sizes(const struct results *r, const struct plot *p, const char *variant)
{
	size_t n = 0;

	vec_each (const struct result, one, &r->all)
		n += is_of(one, p) && strcmp(one->variant, variant) == 0;
	return n;
}

/* The points of a variant as a block of gnuplot's. */
static void put_points(struct buf *out, const struct results *r, const struct plot *p,
		       const char *variant, size_t number)
{
	buf_printf(out, "$d%d_%zu << END\n", (int)p->place, number);
	vec_each (const struct result, one, &r->all) {
		if (is_of(one, p) && strcmp(one->variant, variant) == 0)
			buf_printf(out, "%u %g %g %g\n", one->size, one->median, one->low,
				   one->high);
	}
	buf_puts(out, "END\n");
}

static void put_plot(struct buf *out, const struct results *r, const struct plot *p)
{
	const char *names[MAX_NAMES];
	size_t n = variants_of(r, p, names);

	if (!n)
		return;
	for (size_t i = 0; i < n; i++)
		put_points(out, r, p, names[i], i);
	buf_printf(out, "set title '%s'\nset ylabel '%s'\nplot ", p->title, p->unit);
	for (size_t i = 0; i < n; i++)
		buf_printf(
			out, "%s$d%d_%zu using 1:2 with linespoints lw %d dt %d pt %zu title '%s'",
			i ? ", " : "", (int)p->place, i, strncmp(names[i], "polc", 4) == 0 ? 3 : 1,
			(int)(i % 4) + 1, i + 1, names[i]);
	buf_puts(out, "\n");
}

bool picture_draw(const struct results *r, const char *path)
{
	static const char *const argv[] = {"gnuplot", "-", NULL};
	_cleanup_buf_ struct buf script = {0};
	const char *names[MAX_NAMES];

	if (!variants_of(r, &plots[0], names) || count_sizes(r, &plots[0], names[0]) < 2)
		return true;
	if (!tool_is_there("gnuplot", "gnuplot-nox"))
		return true;
	buf_printf(&script,
		   "set terminal svg size 1000,1600 font 'sans,13' background 'white'\n"
		   "set output '%s'\nset multiplot layout %d,1\nset logscale xy\nset termoption "
		   "noenhanced\n"
		   "set xlabel 'rules'\nset grid\nset key outside right\n",
		   path, N_PLOTS);
	for (int i = 0; i < N_PLOTS; i++)
		put_plot(&script, r, &plots[i]);
	buf_puts(&script, "unset multiplot\n");
	return tool_run(argv, buf_str(&script));
}
