/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/classes/anywhere.h"

#include <string.h>

#include "lang/base/buf.h"
#include "lang/base/work.h"

/* Addresses that all pods may have, or all hosts. */
struct spread {
	struct cls_anywhere *where;
	struct keyset kinds; /* signatures, without labels */
};

struct anywhere {
	VEC(struct spread *) spreads;
	struct keyset known; /* signatures without addresses, and of which spread they are */
	VEC(const uint32_t *) classes;
};

void cls_anywhere_init(struct cls_build_ctx *c)
{
	c->anywhere = arena_new(c->arena, struct anywhere);
	keyset_init(&c->anywhere->known, c->arena);
}

static struct spread *new_spread(struct cls_build_ctx *c, const struct ir_endpoint *ep)
{
	enum ir_sort sort = ep->host ? IR_SORT_HOST : IR_SORT_ENDPOINT;
	uint32_t *kind_of = arena_array(c->arena, uint32_t, ep->addrs.n);
	struct spread *out = arena_new(c->arena, struct spread);

	keyset_init(&out->kinds, c->arena);
	out->where = arena_new(c->arena, struct cls_anywhere);
	*out->where =
		(struct cls_anywhere){.addrs = ep->addrs.v, .n = ep->addrs.n, .kind_of = kind_of};
	for (uint32_t i = 0; i < ep->addrs.n && !work_is_over(c->opts.work); i++) {
		atoms_signature_address(&c->atoms, sort, &ep->addrs.v[i], c->scratch);
		kind_of[i] = keyset_add(&out->kinds, c->scratch, cls_signature_size(&c->traits));
		if (kind_of[i] == out->where->first.n)
			vec_push(c->arena, &out->where->first, i);
	}
	return out;
}

static uint32_t find_spread(struct cls_build_ctx *c, const struct ir_endpoint *ep)
{
	struct anywhere *a = c->anywhere;

	for (uint32_t i = 0; i < a->spreads.n; i++)
		if (a->spreads.v[i]->where->addrs == ep->addrs.v)
			return i;
	vec_push(c->arena, &a->spreads, new_spread(c, ep));
	return (uint32_t)a->spreads.n - 1;
}

static const uint32_t *classes_at(struct cls_build_ctx *c, const struct spread *spread,
				  const uint64_t *labels)
{
	size_t n = spread->kinds.keys.n;
	uint32_t *out = arena_array(c->arena, uint32_t, n);

	for (size_t i = 0; i < n && !cls_is_over(c); i++) {
		memcpy(c->scratch, spread->kinds.keys.v[i].bytes, cls_signature_size(&c->traits));
		atoms_signature_join(&c->atoms, labels, c->scratch);
		out[i] = cls_class_of_signature(c, c->scratch);
	}
	return out;
}

void cls_place_anywhere(struct cls_build_ctx *c, const struct ir_endpoint *ep)
{
	_cleanup_buf_ struct buf key = {0};
	struct anywhere *a = c->anywhere;
	uint32_t at = find_spread(c, ep), id;
	size_t size = cls_signature_size(&c->traits);

	atoms_signature_labels(&c->atoms, ep, c->scratch);
	buf_add(&key, c->scratch, size);
	buf_add(&key, &at, sizeof(at));
	id = keyset_add(&a->known, buf_str(&key), key.n);
	if (id == a->classes.n)
		vec_push(c->arena, &a->classes,
			 classes_at(c, a->spreads.v[at], a->known.keys.v[id].bytes));
	c->cls->placed[ep->id] = (struct cls_placed){a->spreads.v[at]->where, a->classes.v[id]};
}
