/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What tables become when more endpoints come, each with labels of its own. How many kinds of
 * endpoints a set of selectors can tell apart is counted over all label sets that there can be:
 * key by key, a state is the set of selectors that no label has ruled out yet. Every distinct
 * set at the end is one kind.
 */
#include <stdlib.h>
#include <string.h>

#include "compiler/classes/growth.h"

/* Steps until a count gives up and says "as many as there can be". */
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

struct counting {
	struct arena *arena;
	VEC(const struct ir_selector *) selectors;
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

static void add_demand(struct counting *c, const struct ir_req *req, uint32_t selector)
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

static bool alive(const uint64_t *state, uint32_t selector)
{
	return state[selector / 64] >> (selector % 64) & 1;
}

/* What the state becomes if the label has this value. */
static void follow(struct counting *c, uint32_t value, struct keyset *next)
{
	memcpy(c->scratch, c->state, c->words * sizeof(*c->state));
	vec_each (const struct demand, d, &c->open) {
		if (!holds(d->req, value))
			c->scratch[d->selector / 64] &= ~(1ull << (d->selector % 64));
	}
	c->steps += c->open.n + c->words;
	keyset_add(next, c->scratch, c->words * sizeof(*c->scratch));
}

static void follow_values(struct counting *c, const struct demanded_key *key, struct keyset *next)
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

static bool spent(const struct counting *c, const struct keyset *states)
{
	return states->keys.n >= c->limit || c->steps > MAX_STEPS;
}

static uint32_t count(struct counting *c)
{
	struct keyset states;

	c->scratch = arena_array(c->arena, uint64_t, c->words);
	keyset_init(&states, c->arena);
	memset(c->scratch, 0xff, c->words * sizeof(*c->scratch));
	keyset_add(&states, c->scratch, c->words * sizeof(*c->scratch));
	vec_each (const struct demanded_key, key, &c->keys) {
		struct keyset next;

		keyset_init(&next, c->arena);
		for (size_t i = 0; i < states.keys.n && !spent(c, &next); i++) {
			c->state = states.keys.v[i].bytes;
			follow_values(c, key, &next);
		}
		if (spent(c, &next))
			return c->limit;
		states = next;
	}
	return (uint32_t)states.keys.n;
}

static uint32_t count_kinds(const struct cls_build_ctx *b, const bool *atoms, struct arena *arena)
{
	struct counting c = {.arena = arena, .limit = b->opts.identities};

	for (size_t i = 0; i < b->atoms.n; i++) {
		const struct ir_peer *atom = b->atoms.v[i];

		if (!atoms[i] || atom->kind != IR_PEER_SELECTOR || atom->selector.none)
			continue;
		vec_each (const struct ir_req, req, &atom->selector.reqs)
			add_demand(&c, req, (uint32_t)c.selectors.n);
		vec_push(arena, &c.selectors, &atom->selector);
	}
	c.words = c.selectors.n / 64 + 1;
	c.tried = arena_array(arena, uint32_t, b->ir->strings.strings.n + 1);
	if (c.keys.n)
		qsort(c.keys.v, c.keys.n, sizeof(*c.keys.v), by_demand);
	return count(&c);
}

/* In how many ways the endpoints of today differ in what is no label: the prefixes that match
 * their address, and their named ports. */
static uint32_t count_places(const struct cls_build_ctx *b, const bool *atoms, bool names,
			     struct arena *arena)
{
	size_t n_ports = names ? b->names.n : 0;
	size_t size = b->sig_words * sizeof(uint64_t) + n_ports * sizeof(uint32_t);
	uint64_t *key = arena_alloc(arena, size + sizeof(uint64_t));
	struct keyset places;

	keyset_init(&places, arena);
	vec_each (const struct cls_point, p, &b->cls->points) {
		const uint64_t *sig = b->sigs.v[p->cls];

		if (p->ep->host)
			continue;
		memset(key, 0, size);
		for (size_t i = 0; i < b->atoms.n; i++) {
			if (atoms[i] && b->atoms.v[i]->kind == IR_PEER_CIDR)
				key[i / 64] |= sig[i / 64] & 1ull << (i % 64);
		}
		memcpy(key + b->sig_words, sig + b->sig_words, n_ports * sizeof(uint32_t));
		keyset_add(&places, key, size);
	}
	return places.keys.n ? (uint32_t)places.keys.n : 1;
}

/* Of endpoints, as the atoms tell them apart. */
static uint32_t count_endpoints(const struct cls_build_ctx *b, const bool *atoms, bool names)
{
	struct arena arena;
	uint64_t n;

	arena_init(&arena);
	n = (uint64_t)count_kinds(b, atoms, &arena) * count_places(b, atoms, names, &arena);
	arena_fini(&arena);
	return n < b->opts.identities ? (uint32_t)n : b->opts.identities;
}

/* By class: is it one of peers that are no endpoints? */
static bool *find_outside(const struct cls_build_ctx *b, uint32_t *n)
{
	bool *outside = arena_array(b->arena, bool, b->cls->n_classes);

	*n = 0;
	outside[b->cls->node] = true;
	vec_each (const struct cls_cidr, c, &b->cls->cidrs)
		outside[c->cls] = outside[c->node] = true;
	vec_each (const struct cls_point, p, &b->cls->points)
		outside[p->cls] |= p->ep->host;
	for (uint32_t i = 0; i < b->cls->n_classes; i++)
		*n += outside[i];
	return outside;
}

void cls_growth_classes(struct cls_build_ctx *b)
{
	bool *atoms = arena_array(b->arena, bool, b->atoms.n + 1);
	uint32_t outside, classes;

	memset(atoms, true, b->atoms.n);
	find_outside(b, &outside);
	classes = count_endpoints(b, atoms, true) + outside;
	b->cls->max_classes = classes > b->cls->n_classes ? classes : b->cls->n_classes;
}

uint32_t cls_growth_rows(struct cls_build_ctx *b, enum ir_dir dir, const struct ir_rule **rules,
			 size_t n)
{
	bool *atoms = arena_array(b->arena, bool, b->atoms.n + 1), names = false;
	uint32_t outside;

	if (!n)
		return 1;
	for (size_t i = 0; i < n; i++) {
		for (const uint32_t *a = b->atoms_of_rule[rules[i]->id]; *a != UINT32_MAX; a++)
			atoms[*a] = true;
		vec_each (const struct ir_port, port, &rules[i]->ports)
			names |= dir == IR_EGRESS && port->kind == IR_PORT_NAMED;
	}
	find_outside(b, &outside);
	return count_endpoints(b, atoms, names) + outside;
}
