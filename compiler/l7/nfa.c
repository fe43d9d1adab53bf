/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/l7/nfa.h"

#include <assert.h>
#include <string.h>

#include "lang/base/utf8.h"

/* Of all expressions together; at 24 bytes each this is 24 MiB. */
enum { MAX_NODES = 1 << 20, TOO_LARGE = UINT32_MAX };

enum { FIRST_LEAD = 0xc2, LAST_LEAD = 0xf4 };

struct builder {
	struct arena *arena;
	struct nfa *nfa;
};

/* Each part is built with what comes behind it, which is there already. TOO_LARGE goes through all
 * of them. */
static uint32_t add(struct builder *b, const struct nfa_node *node)
{
	if (b->nfa->nodes.n == MAX_NODES)
		return TOO_LARGE;
	vec_push(b->arena, &b->nfa->nodes, *node);
	return (uint32_t)b->nfa->nodes.n - 1;
}

static uint32_t add_split(struct builder *b, uint32_t one, uint32_t other)
{
	if (one == TOO_LARGE || other == TOO_LARGE)
		return TOO_LARGE;
	return add(b, &(struct nfa_node){.kind = NFA_SPLIT, .next = {one, other}});
}

static uint32_t add_bytes(struct builder *b, unsigned lo, unsigned hi, uint32_t next)
{
	if (next == TOO_LARGE)
		return TOO_LARGE;
	return add(b, &(struct nfa_node){.kind = NFA_BYTES,
					 .lo = (uint8_t)lo,
					 .hi = (uint8_t)hi,
					 .next = {next}});
}

/* --- characters -------------------------------------------------------------------------- */

static void add_way(struct builder *b, uint32_t way, uint32_t *ways)
{
	*ways = *ways == TOO_LARGE ? way : add_split(b, way, *ways);
}

/* The part of a range, from its beginning on, whose encodings are a range of bytes at each place:
 * returns its last character. */
static uint32_t one_box(uint32_t lo, uint32_t hi)
{
	static const uint32_t ends[] = {0, 0x7f, 0x7ff, 0xffff, CHARSET_LAST};
	unsigned char bytes[UTF8_MAX];
	size_t len = utf8_encode(lo, bytes);
	uint32_t last = hi < ends[len] ? hi : ends[len];

	for (size_t n = 1; n < len; n++) {
		uint32_t tails = (1u << 6 * n) - 1; /* the bits of the last n bytes */

		if ((lo & ~tails) == (last & ~tails))
			break; /* one byte at each place before */
		if (lo & tails)
			return lo | tails;
		if ((last & tails) != tails)
			last = (last & ~tails) - 1;
	}
	return last;
}

static uint32_t add_box(struct builder *b, uint32_t lo, uint32_t hi, uint32_t next)
{
	unsigned char from[UTF8_MAX], to[UTF8_MAX];
	size_t len = utf8_encode(lo, from);

	utf8_encode(hi, to);
	for (size_t i = len; i-- > 0;)
		next = add_bytes(b, from[i], to[i], next);
	return next;
}

static uint32_t add_chars(struct builder *b, const struct charset *chars, uint32_t next)
{
	uint32_t ways = TOO_LARGE;
	size_t before = b->nfa->nodes.n;

	vec_each (const struct char_range, r, &chars->ranges) {
		uint32_t lo = r->lo;

		if (b->nfa->whole_characters && lo > CHARSET_LAST_ASCII)
			break;
		while (lo <= r->hi) {
			uint32_t last = one_box(lo, r->hi);

			add_way(b, add_box(b, lo, last, next), &ways);
			lo = last + 1;
			if (b->nfa->whole_characters && lo > CHARSET_LAST_ASCII)
				break;
		}
	}
	if (b->nfa->whole_characters && charset_has(chars, CHARSET_LAST))
		add_way(b, add_bytes(b, FIRST_LEAD, LAST_LEAD, next), &ways);
	if (b->nfa->nodes.n == before && before < MAX_NODES)
		return add(b, &(struct nfa_node){.kind = NFA_NEVER});
	return ways;
}

bool nfa_takes_whole_characters(const struct l7_node *tree)
{
	if (tree->kind == L7_CHARS && charset_tells_beyond_ascii(&tree->chars))
		return false;
	vec_each (const struct l7_node *const, of, &tree->of)
		if (!nfa_takes_whole_characters(*of))
			return false;
	return true;
}

/* --- trees ------------------------------------------------------------------------------- */

static uint32_t add_tree(struct builder *b, const struct l7_node *n, uint32_t next);

static uint32_t add_cat(struct builder *b, const struct l7_node *n, uint32_t next)
{
	for (size_t i = n->of.n; i-- > 0 && next != TOO_LARGE;)
		next = add_tree(b, n->of.v[i], next);
	return next;
}

static uint32_t add_alt(struct builder *b, const struct l7_node *n, uint32_t next)
{
	uint32_t ways = add_tree(b, n->of.v[n->of.n - 1], next);

	for (size_t i = n->of.n - 1; i-- > 0 && ways != TOO_LARGE;)
		ways = add_split(b, add_tree(b, n->of.v[i], next), ways);
	return ways;
}

/* Any number of times: a split that comes back to itself. */
static uint32_t add_loop(struct builder *b, const struct l7_node *of, uint32_t next)
{
	uint32_t loop = add_split(b, next, next), body;

	if (loop == TOO_LARGE)
		return TOO_LARGE;
	body = add_tree(b, of, loop);
	b->nfa->nodes.v[loop].next[0] = body;
	return body == TOO_LARGE ? TOO_LARGE : loop;
}

static uint32_t add_repeat(struct builder *b, const struct l7_node *n, uint32_t next)
{
	const struct l7_node *of = n->of.v[0];
	uint32_t at = n->max == L7_MANY ? add_loop(b, of, next) : next;

	if (n->max != L7_MANY)
		for (uint32_t i = n->min; i < n->max && at != TOO_LARGE; i++)
			at = add_split(b, add_tree(b, of, at), next);
	for (uint32_t i = 0; i < n->min && at != TOO_LARGE; i++)
		at = add_tree(b, of, at);
	return at;
}

static uint32_t add_assert(struct builder *b, const struct l7_node *n, uint32_t next)
{
	b->nfa->asserts = true;
	return add(b, &(struct nfa_node){.kind = NFA_ASSERT, .assert = n->assert, .next = {next}});
}

static uint32_t add_tree(struct builder *b, const struct l7_node *n, uint32_t next)
{
	if (next == TOO_LARGE)
		return TOO_LARGE;
	switch (n->kind) {
	case L7_EMPTY:
		return next;
	case L7_CHARS:
		return add_chars(b, &n->chars, next);
	case L7_CAT:
		return add_cat(b, n, next);
	case L7_ALT:
		return add_alt(b, n, next);
	case L7_REPEAT:
		return add_repeat(b, n, next);
	case L7_ASSERT:
		return add_assert(b, n, next);
	}
	return next;
}

bool nfa_add(struct arena *arena, struct nfa *nfa, const struct l7_node *tree)
{
	struct builder b = {arena, nfa};
	struct nfa_node match = {.kind = NFA_MATCH, .expression = (uint32_t)nfa->starts.n};
	uint32_t start = add_tree(&b, tree, add(&b, &match));

	if (start != TOO_LARGE)
		vec_push(arena, &nfa->starts, start);
	return start != TOO_LARGE;
}
