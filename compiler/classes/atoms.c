/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/classes/atoms.h"

#include <string.h>

/* Of a prefix or a label; the kinds differ in their first word. */
enum { KEY_WORDS = 6 };
struct key {
	uint32_t v[KEY_WORDS];
};

static struct key label_key(enum ir_scope scope, uint32_t key, uint32_t value)
{
	return (struct key){{UINT32_MAX, scope, key, value}};
}

/* Of the first bits of the address. */
static struct key prefix_key(const struct net_addr *addr, unsigned bits)
{
	struct key key = {{addr->family, bits}};
	unsigned char bytes[sizeof(addr->bytes)] = {0};

	memcpy(bytes, addr->bytes, bits / 8);
	if (bits % 8)
		bytes[bits / 8] = (unsigned char)(addr->bytes[bits / 8] & 0xff00 >> bits % 8);
	memcpy(&key.v[2], bytes, sizeof(bytes));
	return key;
}

static void add(struct atoms *a, struct key key, uint32_t atom)
{
	uint32_t id = keyset_add(&a->keys, &key, sizeof(key));

	if (id == a->lists.n)
		vec_push(a->arena, &a->lists, (struct atoms_list){0});
	vec_push(a->arena, &a->lists.v[id].atoms, atom);
}

static void set(uint64_t *bits, size_t i)
{
	bits[i / 64] |= 1ull << (i % 64);
}

static bool has(const uint64_t *bits, size_t i)
{
	return bits[i / 64] >> (i % 64) & 1;
}

/* The first label that an endpoint must have for a selector to match it; NULL: there is none. */
static const struct ir_req *needed(const struct ir_selector *labels)
{
	vec_each (const struct ir_req, req, &labels->reqs)
		if (req->op == IR_IN)
			return req;
	return NULL;
}

void atoms_init(struct atoms *a, const struct cls_traits *traits, struct arena *arena)
{
	*a = (struct atoms){.traits = traits, .arena = arena};
	a->placed = arena_array(arena, uint64_t, cls_signature_words(traits));
	a->both = arena_array(arena, uint64_t, cls_signature_words(traits));
	keyset_init(&a->keys, arena);
	for (uint32_t i = 0; i < traits->atoms.n; i++) {
		struct ir_aspects asked = ir_peer_aspects(traits->atoms.v[i]);
		const struct ir_req *req = asked.labels ? needed(asked.labels) : NULL;

		if (asked.addresses)
			set(a->placed, i);
		if (asked.addresses && asked.labels)
			set(a->both, i);
		if (asked.addresses) {
			vec_each (const struct net_prefix, p, &asked.addresses->in)
				add(a, prefix_key(&p->addr, p->len), i);
		} else if (req) {
			vec_each (const uint32_t, value, &req->values)
				add(a, label_key(req->scope, req->key, *value), i);
		} else {
			vec_push(arena, &a->others.atoms, i);
		}
	}
}

static void tell(const struct atoms *a, const struct atoms_list *list, const struct ir_endpoint *ep,
		 const struct net_prefix *where, uint64_t *sig)
{
	vec_each (const uint32_t, atom, &list->atoms)
		cls_signature_tell(a->traits, *atom, ep, where, sig);
}

static void tell_those_of(const struct atoms *a, struct key key, const struct ir_endpoint *ep,
			  const struct net_prefix *where, uint64_t *sig)
{
	uint32_t id = keyset_find(&a->keys, &key, sizeof(key));

	if (id != KEYSET_NONE)
		tell(a, &a->lists.v[id], ep, where, sig);
}

void atoms_signature(const struct atoms *a, const struct ir_endpoint *ep,
		     const struct net_prefix *where, uint64_t *sig)
{
	cls_signature_begin(a->traits, ep, sig);
	tell(a, &a->others, ep, where, sig);
	for (unsigned bits = 0; where->addr.family != NET_NONE && bits <= where->len; bits++)
		tell_those_of(a, prefix_key(&where->addr, bits), ep, where, sig);
	for (size_t i = 0; ep && i < ep->labels.n; i++) {
		const struct ir_label *l = &ep->labels.v[i];

		tell_those_of(a, label_key(l->scope, l->key, l->value), ep, where, sig);
	}
}

void atoms_signature_labels(const struct atoms *a, const struct ir_endpoint *ep, uint64_t *sig)
{
	const struct net_prefix nowhere = {0};

	atoms_signature(a, ep, &nowhere, sig);
	for (size_t i = 0; i < a->traits->atoms.n; i++)
		if (has(a->both, i) &&
		    ir_selector_matches(ir_peer_aspects(a->traits->atoms.v[i]).labels, ep))
			set(sig, i);
}

void atoms_signature_address(const struct atoms *a, enum ir_sort sort, const struct net_addr *addr,
			     uint64_t *sig)
{
	const struct net_prefix where = net_prefix_of_addr(addr);

	memset(sig, 0, cls_signature_size(a->traits));
	for (unsigned bits = 0; bits <= where.len; bits++) {
		struct key key = prefix_key(addr, bits);
		uint32_t id = keyset_find(&a->keys, &key, sizeof(key));

		if (id == KEYSET_NONE)
			continue;
		vec_each (const uint32_t, atom, &a->lists.v[id].atoms) {
			struct ir_aspects asked = ir_peer_aspects(a->traits->atoms.v[*atom]);

			if (asked.sorts & sort && ir_addresses_hold(asked.addresses, &where))
				set(sig, *atom);
		}
	}
}

void atoms_signature_join(const struct atoms *a, const uint64_t *labels, uint64_t *at)
{
	size_t words = cls_signature_words(a->traits);

	for (size_t w = 0; w < words; w++)
		at[w] = (labels[w] & ~a->placed[w]) | (at[w] & (labels[w] | ~a->both[w]));
	memcpy(at + words, labels + words, cls_signature_size(a->traits) - words * sizeof(*labels));
}
