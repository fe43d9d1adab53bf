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
#include "compiler/classes/kinds.h"
#include "compiler/ir/peer.h"
#include "compiler/ir/port.h"

static uint32_t count_kinds(const struct cls_build_ctx *b, const bool *atoms, struct arena *arena)
{
	struct cls_selectors selectors = {0};
	struct cls_kinds kinds;

	for (size_t i = 0; i < b->traits.atoms.n; i++) {
		const struct ir_selector *labels = ir_peer_aspects(b->traits.atoms.v[i]).labels;

		if (atoms[i] && labels && !labels->none)
			vec_push(arena, &selectors.list, labels);
	}
	if (!cls_kinds_find(&selectors, b->ir->strings.strings.n, b->opts.identities, arena,
			    &kinds))
		return b->opts.identities;
	return (uint32_t)kinds.n;
}

/* The prefixes among the atoms, as bits of a signature. */
static uint64_t *prefix_mask(const struct cls_build_ctx *b, const bool *atoms, struct arena *arena)
{
	uint64_t *mask = arena_array(arena, uint64_t, cls_signature_words(&b->traits));

	for (size_t i = 0; i < b->traits.atoms.n; i++) {
		if (atoms[i] && ir_peer_aspects(b->traits.atoms.v[i]).addresses)
			mask[i / 64] |= 1ull << (i % 64);
	}
	return mask;
}

/* In how many ways the endpoints of today differ in what is no label: the prefixes that match
 * their address, and their named ports. */
static uint32_t count_places(const struct cls_build_ctx *b, const bool *atoms, bool names,
			     struct arena *arena)
{
	size_t words = cls_signature_words(&b->traits), n_ports = names ? b->traits.names.n : 0;
	size_t size = words * sizeof(uint64_t) + n_ports * sizeof(uint32_t);
	const uint64_t *mask = prefix_mask(b, atoms, arena);
	uint64_t *key = arena_alloc(arena, size + sizeof(uint64_t));
	struct keyset places;

	keyset_init(&places, arena);
	vec_each (const struct keyset_key, place, &b->places.keys) {
		const uint64_t *sig = place->bytes;

		for (size_t i = 0; i < words; i++)
			key[i] = sig[i] & mask[i];
		memcpy(key + words, sig + words, n_ports * sizeof(uint32_t));
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

/* Classes of peers that are no endpoints. */
static uint32_t count_outside(const struct cls_build_ctx *b)
{
	bool *outside = arena_array(b->arena, bool, b->cls->n_classes);
	uint32_t n = 0;

	outside[b->cls->node] = true;
	vec_each (const struct cls_cidr, c, &b->cls->cidrs)
		outside[c->cls] = outside[c->node] = true;
	vec_each (const struct cls_point, p, &b->cls->points)
		outside[p->cls] |= p->ep->host;
	for (uint32_t i = 0; i < b->cls->n_classes; i++)
		n += outside[i];
	return n;
}

static void add_place(struct cls_build_ctx *b, const struct cls_point *point, const uint32_t *atoms,
		      size_t n)
{
	const struct net_prefix at = net_prefix_of_addr(&point->addr);
	const struct cls_traits *t = &b->traits;
	uint64_t *sig = b->scratch;

	memset(sig, 0, cls_signature_size(t));
	memcpy(cls_signature_ports(t, sig), b->sigs.v[point->cls] + cls_signature_words(t),
	       t->names.n * sizeof(uint32_t));
	for (size_t i = 0; i < n; i++)
		if (cls_atom_may_match_at(t->atoms.v[atoms[i]], &at))
			sig[atoms[i] / 64] |= 1ull << (atoms[i] % 64);
	keyset_add(&b->places, sig, cls_signature_size(t));
}

/* What does not depend on a table. */
static void look_around(struct cls_build_ctx *b)
{
	uint32_t *atoms = arena_array(b->arena, uint32_t, b->traits.atoms.n + 1);
	size_t n = 0;

	for (size_t i = 0; i < b->traits.atoms.n; i++)
		if (ir_peer_places_endpoints(b->traits.atoms.v[i]))
			atoms[n++] = (uint32_t)i;
	keyset_init(&b->places, b->arena);
	vec_each (const struct cls_point, p, &b->cls->points)
		if (!p->ep->host)
			add_place(b, p, atoms, n);
	b->n_outside = count_outside(b);
}

void cls_growth_classes(struct cls_build_ctx *b)
{
	bool *atoms = arena_array(b->arena, bool, b->traits.atoms.n + 1);
	uint32_t classes;

	look_around(b);
	memset(atoms, true, b->traits.atoms.n);
	classes = count_endpoints(b, atoms, true) + b->n_outside;
	b->cls->max_classes = classes > b->cls->n_classes ? classes : b->cls->n_classes;
}

uint32_t cls_growth_rows(struct cls_build_ctx *b, enum ir_dir dir, const struct ir_rule **rules,
			 size_t n)
{
	bool *atoms = arena_array(b->arena, bool, b->traits.atoms.n + 1), names = false;

	if (!n)
		return 1;
	for (size_t i = 0; i < n; i++) {
		for (const uint32_t *a = b->atoms_of_rule[rules[i]->id]; *a != UINT32_MAX; a++)
			atoms[*a] = true;
		vec_each (const struct ir_port, port, &rules[i]->ports)
			names |= dir == IR_EGRESS && ir_port_name(port) != INTERN_NONE;
	}
	return count_endpoints(b, atoms, names) + b->n_outside;
}
