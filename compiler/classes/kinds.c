/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Key by key, a state is the set of selectors that some label has ruled out. Every distinct set
 * at the end is one kind: of those that meet the other selectors.
 */
#include "compiler/classes/kinds.h"

#include <stdlib.h>
#include <string.h>

#include "compiler/classes/keyset.h"

/* Steps until the search gives up. */
enum { MAX_STEPS = 1 << 25 };

/* A requirement of one of the selectors on the key at hand. */
struct demand {
	const struct ir_req *req;
	uint32_t selector;
};

struct demanded_key {
	enum ir_scope scope;
	uint32_t key;
	VEC(struct demand) demands;
};

struct search {
	struct arena *arena;
	VEC(struct demanded_key) keys;
	size_t words; /* of a state */
	uint32_t limit;
	size_t steps;

	/* Of the state at hand. */
	const uint64_t *state;
	VEC(struct demand) open; /* of the key, by selectors that are not ruled out */
	uint32_t *tried;         /* by value: the number of the state that tried it last */
	uint32_t turn;
	uint64_t *scratch;
};

/* Stand for what no policy mentions; no interned string has these numbers. */
enum { VALUE_ABSENT = UINT32_MAX, VALUE_OTHER = UINT32_MAX - 1 };

static bool holds(const struct ir_req *req, uint32_t value)
{
	bool among = false;

	vec_each (const uint32_t, v, &req->values)
		among |= *v == value;
	switch (req->op) {
	case IR_IN:
		return among;
	case IR_NOT_IN:
		return !among;
	case IR_EXISTS:
		return value != VALUE_ABSENT;
	case IR_ABSENT:
		return value == VALUE_ABSENT;
	}
	return false;
}

static void add_demand(struct search *c, const struct ir_req *req, uint32_t selector)
{
	struct demanded_key fresh = {.scope = req->scope, .key = req->key};
	struct demanded_key *at = NULL;

	vec_each (struct demanded_key, k, &c->keys)
		if (k->scope == req->scope && k->key == req->key)
			at = k;
	if (!at) {
		vec_push(c->arena, &c->keys, fresh);
		at = &c->keys.v[c->keys.n - 1];
	}
	vec_push(c->arena, &at->demands, (struct demand){req, selector});
}

/* Keys that tell the most selectors apart come first: then states soon have few left. */
static int by_demand(const void *a, const void *b)
{
	const struct demanded_key *x = a, *y = b;

	if (x->demands.n != y->demands.n)
		return x->demands.n > y->demands.n ? -1 : 1;
	if (x->scope != y->scope)
		return x->scope < y->scope ? -1 : 1;
	return x->key < y->key ? -1 : x->key > y->key;
}

static bool alive(const uint64_t *ruled_out, uint32_t selector)
{
	return !(ruled_out[selector / 64] >> (selector % 64) & 1);
}

/* What the state becomes if the label has this value. */
static void follow(struct search *c, uint32_t value, struct keyset *next)
{
	memcpy(c->scratch, c->state, c->words * sizeof(*c->state));
	vec_each (const struct demand, d, &c->open) {
		if (!holds(d->req, value))
			c->scratch[d->selector / 64] |= 1ull << (d->selector % 64);
	}
	c->steps += c->open.n + c->words;
	keyset_add(next, c->scratch, c->words * sizeof(*c->scratch));
}

static void follow_values(struct search *c, const struct demanded_key *key, struct keyset *next)
{
	c->open.n = 0;
	c->turn++;
	vec_each (const struct demand, d, &key->demands) {
		if (alive(c->state, d->selector))
			vec_push(c->arena, &c->open, *d);
	}
	c->steps += key->demands.n;
	follow(c, VALUE_ABSENT, next);
	follow(c, VALUE_OTHER, next);
	vec_each (const struct demand, d, &c->open) {
		vec_each (const uint32_t, v, &d->req->values) {
			if (c->tried[*v] != c->turn)
				follow(c, *v, next);
			c->tried[*v] = c->turn;
		}
	}
}

static bool spent(const struct search *c, const struct keyset *states)
{
	return states->keys.n >= c->limit || c->steps > MAX_STEPS;
}

/* From no label at all to all keys; false: too many states, or steps. */
static bool search(struct search *c, struct keyset *states)
{
	c->scratch = arena_array(c->arena, uint64_t, c->words);
	keyset_add(states, c->scratch, c->words * sizeof(*c->scratch));
	vec_each (const struct demanded_key, key, &c->keys) {
		struct keyset next;

		keyset_init(&next, c->arena);
		for (size_t i = 0; i < states->keys.n && !spent(c, &next); i++) {
			c->state = states->keys.v[i].bytes;
			follow_values(c, key, &next);
		}
		if (spent(c, &next))
			return false;
		*states = next;
	}
	return true;
}

static void put_set(struct cls_kinds *out, const uint64_t *ruled_out, size_t n_selectors,
		    struct arena *arena)
{
	uint64_t *set = arena_array(arena, uint64_t, out->words);

	for (size_t i = 0; i < n_selectors; i++) {
		if (!(ruled_out[i / 64] >> (i % 64) & 1))
			set[i / 64] |= 1ull << (i % 64);
	}
	out->sets[out->n++] = set;
}

bool cls_kinds_find(const struct cls_selectors *selectors, size_t n_strings, uint32_t limit,
		    struct arena *arena, struct cls_kinds *out)
{
	struct search c = {.arena = arena, .limit = limit};
	size_t n = selectors->list.n;
	struct keyset states;

	for (size_t i = 0; i < n; i++)
		vec_each (const struct ir_req, req, &selectors->list.v[i]->reqs)
			add_demand(&c, req, (uint32_t)i);
	c.words = n / 64 + 1;
	c.tried = arena_array(arena, uint32_t, n_strings + 1);
	if (c.keys.n)
		qsort(c.keys.v, c.keys.n, sizeof(*c.keys.v), by_demand);
	keyset_init(&states, arena);
	if (!search(&c, &states))
		return false;
	*out = (struct cls_kinds){.words = c.words};
	out->sets = arena_array(arena, const uint64_t *, states.keys.n);
	for (size_t i = 0; i < states.keys.n; i++)
		put_set(out, states.keys.v[i].bytes, n, arena);
	return true;
}
