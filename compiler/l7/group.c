/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/l7/group.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Of one pattern alone, and of all together: a step takes some nanoseconds. */
enum { MAX_STATES = 20000, ROOM = 1000, MAX_STEPS = 20000000 };
#define MAX_STEPS_OF_ALL UINT64_C(400000000)

struct member {
	uint32_t pattern;
	const char *text; /* of it */
	const struct l7_node *tree;
	uint32_t states; /* of an automaton of its own */
};

struct grouping {
	struct arena *arena;
	const struct l7_pattern *patterns;
	size_t n;
	struct member *members;
	uint64_t steps; /* that are left */
	struct l7_groups *out;
};

static const struct dfa *build(struct grouping *g, struct arena *arena, const struct member *m,
			       size_t n, struct dfa_limits limits)
{
	const struct l7_node **trees = arena_array(arena, const struct l7_node *, n);
	uint64_t steps = limits.steps = limits.steps < g->steps ? limits.steps : g->steps;
	const struct dfa *dfa;

	for (size_t i = 0; i < n; i++)
		trees[i] = m[i].tree;
	dfa = dfa_build(arena, trees, n, &limits);
	g->steps -= steps - limits.steps;
	return dfa;
}

/* By itself. */
static const char *measure(struct grouping *g, struct member *m)
{
	const struct dfa *dfa;
	struct arena scratch;
	const char *fault;

	m->tree = l7_pattern_tree(g->arena, &g->patterns[m->pattern], &fault);
	if (!m->tree)
		return fault;
	arena_init(&scratch);
	dfa = build(g, &scratch, m, 1, (struct dfa_limits){MAX_STATES, MAX_STEPS});
	m->states = dfa ? dfa->n_states : 0;
	arena_fini(&scratch);
	if (dfa)
		return NULL;
	return g->steps ? "it would take too many states to judge every text at once"
			: "all expressions together take too long to compile";
}

static void add_group(struct grouping *g, const struct dfa *dfa, const struct member *m, size_t n)
{
	uint32_t *number = arena_array(g->arena, uint32_t, g->n);

	memset(number, 0xff, g->n * sizeof(*number));
	for (size_t i = 0; i < n; i++)
		number[m[i].pattern] = (uint32_t)i;
	vec_push(g->arena, &g->out->list, (struct l7_group){dfa, number});
}

/* All of them, if that is little more than each by itself; else in two halves. */
static bool group(struct grouping *g, const struct member *m, size_t n)
{
	struct dfa_limits limits = {.states = ROOM, .steps = MAX_STEPS_OF_ALL};
	const struct dfa *dfa;

	for (size_t i = 0; i < n; i++)
		limits.states += 2 * m[i].states;
	if (n == 1)
		limits.states = MAX_STATES;
	dfa = build(g, g->arena, m, n, limits);
	if (dfa)
		add_group(g, dfa, m, n);
	if (dfa || n == 1)
		return dfa != NULL;
	return group(g, m, n / 2) && group(g, m + n / 2, n - n / 2);
}

/* Those that begin alike share their states. */
static int text_order(const void *a, const void *b)
{
	const struct member *x = a, *y = b;
	int by_text = strcmp(x->text, y->text);

	return by_text ? by_text : (x->pattern > y->pattern) - (x->pattern < y->pattern);
}

bool l7_group(struct arena *arena, const struct l7_pattern *patterns, size_t n,
	      struct l7_groups *out, struct l7_fault *fault)
{
	struct grouping g = {
		arena, patterns, n, arena_array(arena, struct member, n + 1), MAX_STEPS_OF_ALL,
		out};

	assert(n);
	for (size_t i = 0; i < n; i++) {
		g.members[i] = (struct member){.pattern = (uint32_t)i, .text = patterns[i].text};
		fault->text = measure(&g, &g.members[i]);
		if (fault->text) {
			fault->pattern = &patterns[i];
			return false;
		}
	}
	qsort(g.members, n, sizeof(*g.members), text_order);
	if (group(&g, g.members, n))
		return true;
	*fault = (struct l7_fault){&patterns[n - 1],
				   "all expressions together take too long to compile"};
	return false;
}
