/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/classes/classifier.h"

#include <assert.h>
#include <string.h>

#include "compiler/ir/peer.h"

/* Do the two differ in ports alone? */
static bool same_but_ports(const struct cls_traits *t, const struct keyset_key *key,
			   const uint64_t *sig)
{
	return memcmp(key->bytes, sig, cls_signature_words(t) * sizeof(*sig)) == 0;
}

/* Do the same selectors match? */
static bool same_labels(const struct cls_traits *t, const struct keyset_key *key,
			const uint64_t *sig)
{
	const uint64_t *have = key->bytes;

	for (size_t i = 0; i < t->atoms.n; i++)
		if (ir_peer_labels_alone(t->atoms.v[i]) &&
		    (have[i / 64] ^ sig[i / 64]) >> (i % 64) & 1)
			return false;
	return true;
}

static enum cls_found miss(const struct cls_classifier *c, const uint64_t *sig)
{
	enum cls_found found = CLS_NEW_LABELS;

	vec_each (const struct keyset_key, key, &c->signatures.keys) {
		if (same_but_ports(&c->traits, key, sig))
			return CLS_NEW_PORTS;
		if (same_labels(&c->traits, key, sig))
			found = CLS_NEW_PLACE;
	}
	return found;
}

enum cls_found cls_classify(const struct cls_classifier *c, const struct ir_endpoint *ep,
			    const struct net_addr *addr, uint32_t *cls)
{
	const struct net_prefix where = net_prefix_of_addr(addr);
	size_t size = cls_signature_size(&c->traits);
	struct arena arena;
	enum cls_found found;
	uint64_t *sig;

	arena_init(&arena);
	sig = arena_alloc(&arena, size);
	cls_signature_of(&c->traits, ep, &where, sig);
	*cls = keyset_find(&c->signatures, sig, size);
	found = *cls == KEYSET_NONE ? miss(c, sig) : CLS_FOUND;
	arena_fini(&arena);
	return found;
}

/* --- subjects -------------------------------------------------------------------------------- */

/* Does somebody have a table in this direction whom the same policies select? */
static bool is_selection_known(const struct cls_recipes *r, const struct cls_recipe_key *wanted)
{
	size_t size = wanted->n_selections * sizeof(*wanted->words.v);

	vec_each (const struct keyset_key, key, &r->keys.keys)
		if (key->len >= size && memcmp(key->bytes, wanted->words.v, size) == 0)
			return true;
	return false;
}

static enum cls_found find_table(const struct cls_recipes *r, enum ir_dir dir,
				 const struct ir_endpoint *ep, const struct cls_selected *by,
				 struct arena *arena, uint32_t *table)
{
	struct cls_recipe_key key = {0};
	uint32_t id;

	cls_recipe_key(r, dir, ep, by, arena, &key);
	id = keyset_find(&r->keys, key.words.v, key.words.n * sizeof(*key.words.v));
	if (id == KEYSET_NONE)
		return is_selection_known(r, &key) ? CLS_NEW_PORTS : CLS_NEW_LABELS;
	assert(id < r->tables.n);
	*table = r->tables.v[id];
	return CLS_FOUND;
}

enum cls_found cls_classify_subject(const struct cls_classifier *c, const struct ir_endpoint *ep,
				    uint32_t tables[IR_N_DIRS])
{
	enum cls_found found = CLS_FOUND;
	struct cls_selected by;
	struct arena arena;

	arena_init(&arena);
	cls_recipes_select(&c->recipes, ep, &arena, &by);
	for (enum ir_dir dir = 0; dir < IR_N_DIRS && found == CLS_FOUND; dir++)
		found = find_table(&c->recipes, dir, ep, &by, &arena, &tables[dir]);
	arena_fini(&arena);
	return found;
}

/* --- strings --------------------------------------------------------------------------------- */

struct ir_endpoint *cls_classifier_adopt(struct cls_classifier *c, const struct intern *from,
					 const struct ir_endpoint *ep, struct arena *arena)
{
	struct ir_endpoint *out = arena_new(arena, struct ir_endpoint);

	*out = *ep;
	memset(&out->labels, 0, sizeof(out->labels));
	memset(&out->ports, 0, sizeof(out->ports));
	vec_each (const struct ir_label, l, &ep->labels) {
		struct ir_label label = {.scope = l->scope,
					 .key = intern_add(c->own, intern_str(from, l->key)),
					 .value = intern_add(c->own, intern_str(from, l->value))};

		vec_push(arena, &out->labels, label);
	}
	ir_endpoint_sort_labels(out);
	vec_each (const struct ir_named_port, p, &ep->ports) {
		struct ir_named_port port = *p;

		port.name = intern_add(c->own, intern_str(from, p->name));
		vec_push(arena, &out->ports, port);
	}
	return out;
}
