/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/classes/atoms.h"

#include <string.h>

#include "compiler/ir/peer.h"

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
	keyset_init(&a->keys, arena);
	for (uint32_t i = 0; i < traits->atoms.n; i++) {
		struct ir_aspects asked = ir_peer_aspects(traits->atoms.v[i]);
		const struct ir_req *req = asked.labels ? needed(asked.labels) : NULL;

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
