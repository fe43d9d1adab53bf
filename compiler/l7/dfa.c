/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The construction by subsets. A state is a set of nodes of the NFA and, if one of these asserts
 * something, what stands before; an assertion is decided when it is known what stands behind, at
 * the next byte or the end.
 */
#include "compiler/l7/dfa.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/classes/keyset.h"
#include "compiler/l7/minimise.h"
#include "lang/base/utf8.h"

/* What stands at either side of a place. */
enum beside { EDGE, NEWLINE, WORD, OTHER };

enum { FIRST_TAIL = 0x80, LAST_TAIL = 0xbf };

struct builder {
	struct arena *arena, scratch;
	const struct nfa *nfa;
	struct dfa_limits *limits;
	struct dfa *dfa;
	struct keyset states; /* a word of what stands before, then the nodes, sorted */
	struct keyset sets;
	VEC(uint32_t) next, accepts;
	uint8_t sample[256]; /* a byte of each class */
	/* The set that is being made. */
	uint32_t *nodes;
	size_t n_nodes;
	uint32_t *seen, round; /* by node: the round in which it came in */
	VEC(uint32_t) pending;
	VEC(uint32_t) decided[OTHER + 1]; /* the state at hand, by what stands behind */
	uint64_t steps;
};

static enum beside beside_of(unsigned byte)
{
	bool word = (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') || byte == '_' ||
		    (byte >= 'a' && byte <= 'z');

	return word ? WORD : byte == '\n' ? NEWLINE : OTHER;
}

static bool holds(enum l7_assert assert, enum beside before, enum beside behind)
{
	switch (assert) {
	case L7_TEXT_BEGIN:
		return before == EDGE;
	case L7_TEXT_END:
		return behind == EDGE;
	case L7_LINE_BEGIN:
		return before == EDGE || before == NEWLINE;
	case L7_LINE_END:
		return behind == EDGE || behind == NEWLINE;
	case L7_WORD_EDGE:
		return (before == WORD) != (behind == WORD);
	case L7_NO_WORD_EDGE:
		return (before == WORD) == (behind == WORD);
	}
	return false;
}

/* --- classes of bytes ---------------------------------------------------------------------- */

/* Splits the classes along lo..hi. */
static void cut(uint8_t *classes, uint32_t *n, unsigned lo, unsigned hi)
{
	int inside[256];
	uint32_t before = *n, sizes[256] = {0}, in[256] = {0};

	for (unsigned c = 0; c < 256; c++) {
		sizes[classes[c]]++;
		in[classes[c]] += c >= lo && c <= hi;
	}
	for (uint32_t k = 0; k < before; k++)
		inside[k] = in[k] && in[k] < sizes[k] ? (int)(*n)++ : -1;
	for (unsigned c = lo; c <= hi; c++)
		if (inside[classes[c]] >= 0)
			classes[c] = (uint8_t)inside[classes[c]];
}

static void cut_for_asserts(struct dfa *d)
{
	cut(d->classes, &d->n_classes, '\n', '\n');
	cut(d->classes, &d->n_classes, '0', '9');
	cut(d->classes, &d->n_classes, 'A', 'Z');
	cut(d->classes, &d->n_classes, '_', '_');
	cut(d->classes, &d->n_classes, 'a', 'z');
}

static void find_classes(struct builder *b)
{
	bool ranges[256][256] = {0};
	struct dfa *d = b->dfa;

	d->n_classes = 1;
	vec_each (const struct nfa_node, n, &b->nfa->nodes)
		if (n->kind == NFA_BYTES)
			ranges[n->lo][n->hi] = true;
	for (unsigned lo = 0; lo < 256; lo++)
		for (unsigned hi = lo; hi < 256; hi++)
			if (ranges[lo][hi])
				cut(d->classes, &d->n_classes, lo, hi);
	if (b->nfa->whole_characters)
		cut(d->classes, &d->n_classes, FIRST_TAIL, LAST_TAIL);
	if (b->nfa->asserts)
		cut_for_asserts(d);
	for (unsigned c = 0; c < 256; c++)
		b->sample[d->classes[c]] = (uint8_t)c;
}

/* --- sets of nodes ------------------------------------------------------------------------- */

static void begin_set(struct builder *b)
{
	b->round++;
	b->n_nodes = 0;
}

static void push_pending(struct builder *b, uint32_t node)
{
	if (b->seen[node] == b->round)
		return;
	b->seen[node] = b->round;
	vec_push(&b->scratch, &b->pending, node);
}

/* The node, and all that it leads to without a byte: assertions are left standing. */
static void include(struct builder *b, uint32_t node)
{
	push_pending(b, node);
	while (b->pending.n) {
		uint32_t at = b->pending.v[--b->pending.n];
		const struct nfa_node *n = &b->nfa->nodes.v[at];

		b->steps++;
		if (n->kind == NFA_SPLIT) {
			push_pending(b, n->next[0]);
			push_pending(b, n->next[1]);
		} else if (n->kind != NFA_NEVER) {
			b->nodes[b->n_nodes++] = at;
		}
	}
}

static int node_order(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* The number of the state of this set; what stands before matters to assertions alone. */
static uint32_t settle_set(struct builder *b, enum beside before)
{
	uint32_t *key = b->nodes - 1;

	if (b->n_nodes)
		qsort(b->nodes, b->n_nodes, sizeof(*b->nodes), node_order);
	*key = OTHER;
	for (size_t i = 0; i < b->n_nodes; i++)
		if (b->nfa->nodes.v[b->nodes[i]].kind == NFA_ASSERT)
			*key = before;
	return keyset_add(&b->states, key, (b->n_nodes + 1) * sizeof(*key));
}

/* --- states ------------------------------------------------------------------------------ */

struct state {
	enum beside before;
	const uint32_t *nodes;
	size_t n;
};

static struct state state_at(const struct builder *b, uint32_t number)
{
	const struct keyset_key *key = &b->states.keys.v[number];
	const uint32_t *words = key->bytes;

	return (struct state){(enum beside)words[0], words + 1, key->len / sizeof(*words) - 1};
}

/* The set of what a state comes to when it is known what stands behind: assertions that hold are
 * gone through, the others are gone. */
static void decide_asserts(struct builder *b, const struct state *s, enum beside behind)
{
	begin_set(b);
	for (size_t i = 0; i < s->n; i++)
		include(b, s->nodes[i]);
	for (size_t i = 0; i < b->n_nodes; i++) {
		const struct nfa_node *n = &b->nfa->nodes.v[b->nodes[i]];

		if (n->kind == NFA_ASSERT && holds(n->assert, s->before, behind))
			include(b, n->next[0]);
	}
}

static uint32_t accept_of(struct builder *b, const struct state *s)
{
	VEC(uint32_t) matches = {0};

	decide_asserts(b, s, EDGE);
	for (size_t i = 0; i < b->n_nodes; i++) {
		const struct nfa_node *n = &b->nfa->nodes.v[b->nodes[i]];

		if (n->kind == NFA_MATCH)
			vec_push(&b->scratch, &matches, n->expression);
	}
	if (matches.n)
		qsort(matches.v, matches.n, sizeof(*matches.v), node_order);
	return keyset_add(&b->sets, matches.n ? (void *)matches.v : "",
			  matches.n * sizeof(*matches.v));
}

/* What the decided nodes, n of them, come to by this byte. */
static uint32_t step(struct builder *b, const uint32_t *nodes, size_t n, unsigned byte)
{
	begin_set(b);
	b->steps += n;
	for (size_t i = 0; i < n; i++) {
		const struct nfa_node *node = &b->nfa->nodes.v[nodes[i]];

		if (node->kind == NFA_BYTES && byte >= node->lo && byte <= node->hi)
			include(b, node->next[0]);
	}
	return settle_set(b, beside_of(byte));
}

static bool is_tail(const struct builder *b, unsigned byte)
{
	return b->nfa->whole_characters && byte >= FIRST_TAIL && byte <= LAST_TAIL;
}

static void keep_decided(struct builder *b, enum beside behind)
{
	b->decided[behind].n = 0;
	for (size_t i = 0; i < b->n_nodes; i++)
		vec_push(&b->scratch, &b->decided[behind], b->nodes[i]);
}

/* The row of a state; states that it leads to first become known by that. */
static void add_row(struct builder *b, uint32_t number)
{
	struct state s = state_at(b, number);
	bool known[OTHER + 1] = {0};

	vec_push(b->arena, &b->accepts, accept_of(b, &s));
	for (uint32_t k = 0; k < b->dfa->n_classes; k++) {
		unsigned byte = b->sample[k];
		enum beside behind = beside_of(byte);

		if (is_tail(b, byte)) {
			vec_push(b->arena, &b->next, number);
			continue;
		}
		if (!known[behind]) {
			decide_asserts(b, &s, behind);
			keep_decided(b, behind);
			known[behind] = true;
		}
		vec_push(b->arena, &b->next,
			 step(b, b->decided[behind].v, b->decided[behind].n, byte));
	}
}

static bool is_over(const struct builder *b)
{
	return b->states.keys.n > b->limits->states || b->steps > b->limits->steps;
}

static void begin(struct builder *b)
{
	size_t n = b->nfa->nodes.n;

	keyset_init(&b->states, &b->scratch);
	keyset_init(&b->sets, b->arena);
	keyset_add(&b->sets, "", 0);
	b->nodes = arena_array(&b->scratch, uint32_t, n + 1) + 1;
	b->seen = arena_array(&b->scratch, uint32_t, n + 1);
	begin_set(b);
	settle_set(b, OTHER);
	assert(b->states.keys.n == 1); /* DFA_DEAD */
	begin_set(b);
	vec_each (const uint32_t, start, &b->nfa->starts)
		include(b, *start);
	b->dfa->start = settle_set(b, EDGE);
}

static void take_results(struct builder *b)
{
	struct dfa *d = b->dfa;

	d->whole_characters = b->nfa->whole_characters;
	d->n_states = (uint32_t)b->states.keys.n;
	d->next = b->next.v;
	d->accepts = b->accepts.v;
	vec_each (const struct keyset_key, set, &b->sets.keys)
		vec_push(b->arena, &d->sets,
			 (struct dfa_accept){set->bytes, set->len / sizeof(uint32_t)});
}

/* All of them as one NFA; false: it is too large. */
static bool make_nfa(struct arena *arena, const struct l7_node *const *trees, size_t n,
		     struct nfa *out)
{
	*out = (struct nfa){.whole_characters = true};
	for (size_t i = 0; i < n; i++)
		out->whole_characters &= nfa_takes_whole_characters(trees[i]);
	for (size_t i = 0; i < n; i++)
		if (!nfa_add(arena, out, trees[i]))
			return false;
	return true;
}

static const struct dfa *determine(struct arena *arena, const struct nfa *nfa,
				   struct dfa_limits *limits)
{
	struct builder b = {
		.arena = arena, .nfa = nfa, .limits = limits, .dfa = arena_new(arena, struct dfa)};
	bool fits;

	arena_init(&b.scratch);
	find_classes(&b);
	begin(&b);
	for (uint32_t i = 0; i < b.states.keys.n && !is_over(&b); i++)
		add_row(&b, i);
	fits = !is_over(&b);
	limits->steps -= b.steps < limits->steps ? b.steps : limits->steps;
	if (fits)
		take_results(&b);
	arena_fini(&b.scratch);
	return fits ? dfa_minimise(arena, b.dfa) : NULL;
}

const struct dfa *dfa_build(struct arena *arena, const struct l7_node *const *trees, size_t n,
			    struct dfa_limits *limits)
{
	struct nfa nfa;

	return make_nfa(arena, trees, n, &nfa) ? determine(arena, &nfa, limits) : NULL;
}

bool dfa_accept_has(const struct dfa_accept *accept, uint32_t expression)
{
	return accept->n &&
	       bsearch(&expression, accept->expressions, accept->n, sizeof(expression), node_order);
}

const struct dfa_accept *dfa_match(const struct dfa *d, const char *text, size_t n)
{
	uint32_t state = utf8_is_valid(text, n) ? d->start : DFA_DEAD;

	for (size_t i = 0; i < n && state != DFA_DEAD; i++)
		state = d->next[state * d->n_classes + d->classes[(unsigned char)text[i]]];
	return &d->sets.v[d->accepts[state]];
}
