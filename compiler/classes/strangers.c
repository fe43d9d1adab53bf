/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An endpoint to come is of some kind, by its labels, and in some place: the prefixes that hold
 * its address, and its named ports. Kind and place are free of each other, so every pair is a
 * signature.
 */
#include <assert.h>
#include <string.h>

#include "compiler/classes/kinds.h"
#include "compiler/classes/strangers.h"
#include "compiler/ir/peer.h"

struct making {
	struct cls_build_ctx *c;
	struct arena arena; /* of what is needed meanwhile */
	struct cls_selectors selectors;
	VEC(uint32_t) atoms; /* of the selectors, by their number */
	struct cls_kinds kinds;
	struct keyset places; /* signatures of endpoints that have the labels for everything */
};

static void collect_selectors(struct making *m)
{
	const struct cls_traits *t = &m->c->traits;

	for (size_t i = 0; i < t->atoms.n; i++) {
		const struct ir_selector *labels = ir_peer_aspects(t->atoms.v[i]).labels;

		if (!labels || labels->none)
			continue;
		vec_push(&m->arena, &m->selectors.list, labels);
		vec_push(&m->arena, &m->atoms, (uint32_t)i);
	}
}

/* --- places --------------------------------------------------------------------------------- */

/* Named ports, as signatures have them: of each endpoint of today, and none. */
static void collect_ports(struct making *m, struct keyset *ports)
{
	const struct cls_traits *t = &m->c->traits;
	size_t size = t->names.n * sizeof(uint32_t), words = cls_signature_words(t);
	uint32_t *none = arena_array(&m->arena, uint32_t, t->names.n + 1);

	keyset_init(ports, &m->arena);
	memset(none, 0xff, size); /* CLS_NO_PORT */
	keyset_add(ports, none, size);
	vec_each (const struct cls_point, p, &m->c->cls->points)
		if (!p->ep->host)
			keyset_add(ports, m->c->sigs.v[p->cls] + words, size);
}

static void add_places(struct making *m, const struct keyset *ports, const struct net_prefix *where)
{
	const struct cls_traits *t = &m->c->traits;
	uint64_t *sig = m->c->scratch;

	memset(sig, 0, cls_signature_size(t));
	for (size_t i = 0; i < t->atoms.n; i++) {
		if (cls_atom_may_match_at(t->atoms.v[i], where))
			sig[i / 64] |= 1ull << (i % 64);
	}
	vec_each (const struct keyset_key, key, &ports->keys) {
		memcpy(cls_signature_ports(t, sig), key->bytes, key->len);
		keyset_add(&m->places, sig, cls_signature_size(t));
	}
}

/* Nowhere is a place, too. */
static void begin_places(struct making *m, struct keyset *ports)
{
	const struct net_prefix nowhere = {0};

	collect_ports(m, ports);
	keyset_init(&m->places, &m->arena);
	add_places(m, ports, &nowhere);
}

/* Where the rules' prefixes do not tell endpoints apart, all regions are one place. */
static void collect_all_places(struct making *m)
{
	struct keyset ports;

	begin_places(m, &ports);
	vec_each (const struct net_prefix, region, &m->c->regions)
		add_places(m, &ports, region);
}

static void collect_places_of_today(struct making *m)
{
	struct keyset ports;

	begin_places(m, &ports);
	vec_each (const struct cls_point, p, &m->c->cls->points) {
		struct net_prefix at = net_prefix_of_addr(&p->addr);

		if (!p->ep->host)
			add_places(m, &ports, &at);
	}
}

/* --- both ----------------------------------------------------------------------------------- */

static void make_class(struct making *m, const uint64_t *kind, const struct keyset_key *place)
{
	uint64_t *sig = m->c->scratch;

	assert(place->len == cls_signature_size(&m->c->traits));
	memcpy(sig, place->bytes, place->len);
	for (size_t i = 0; i < m->atoms.n; i++) {
		uint32_t atom = m->atoms.v[i];

		if (!(kind[i / 64] >> (i % 64) & 1))
			sig[atom / 64] &= ~(1ull << (atom % 64));
	}
	cls_class_of_signature(m->c, sig);
}

static bool fits(const struct making *m)
{
	size_t room = CLS_MAX_CLASSES > m->c->sigs.n ? CLS_MAX_CLASSES - m->c->sigs.n : 0;

	return m->kinds.n * m->places.keys.n <= room;
}

static enum cls_foreseen make_all(struct making *m)
{
	enum cls_foreseen made = CLS_FORESEEN_ALL;

	collect_selectors(m);
	if (!cls_kinds_find(&m->selectors, m->c->ir->strings.strings.n, CLS_MAX_CLASSES, &m->arena,
			    &m->kinds))
		return CLS_FORESEEN_NONE;
	collect_all_places(m);
	if (!fits(m)) {
		made = CLS_FORESEEN_HERE;
		collect_places_of_today(m);
	}
	if (!fits(m))
		return CLS_FORESEEN_NONE;
	for (size_t i = 0; i < m->kinds.n; i++)
		vec_each (const struct keyset_key, place, &m->places.keys)
			make_class(m, m->kinds.sets[i], place);
	return made;
}

enum cls_foreseen cls_build_strangers(struct cls_build_ctx *c)
{
	struct making m = {.c = c};
	enum cls_foreseen made;

	arena_init(&m.arena);
	made = make_all(&m);
	arena_fini(&m.arena);
	return made;
}
