/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/node/load/bank/addrs.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/codes.h"
#include "runtime/node/kernel/fail.h"

static const struct {
	enum rt_map map;
	size_t key_size, bank_at; /* where the key holds the bank */
	uint32_t room;            /* of a bank */
	const char *what;
} tables[RT_N_ADDR_MAPS] = {
	[RT_ADDRS_PEERS] = {RT_MAP_PEERS6, sizeof(struct polc_peer6_key),
			    offsetof(struct polc_peer6_key, bank), POLC_PEERS / POLC_BANKS,
			    "scattered IPv6 addresses of endpoints"},
	[RT_ADDRS_CIDRS] = {RT_MAP_CIDRS6, sizeof(struct polc_lpm6),
			    offsetof(struct polc_lpm6, bank), POLC_CIDRS / POLC_BANKS,
			    "IPv6 prefixes"},
};

enum { MAX_KEY = sizeof(struct polc_lpm6), BATCH = 4096 };

/* --- what is wanted ------------------------------------------------------------------------ */

void rt_addrs_of_peers(struct rt_addrs *out, uint32_t bank, const struct bundle_peer *peers,
		       size_t n, const bool *skip, struct arena *arena)
{
	struct polc_peer6_key *keys = arena_array(arena, struct polc_peer6_key, n);

	*out = (struct rt_addrs){.keys = (uint8_t *)keys,
				 .classes = arena_array(arena, uint32_t, n)};
	for (size_t i = 0; i < n; i++) {
		if (skip[i])
			continue;
		keys[out->n].bank = bank;
		memcpy(keys[out->n].addr, peers[i].addr.bytes, sizeof(keys->addr));
		out->classes[out->n++] = peers[i].cls;
	}
}

void rt_addrs_of_cidrs(struct rt_addrs *out, uint32_t bank, const struct bundle *b,
		       struct arena *arena)
{
	struct polc_lpm6 *keys = arena_array(arena, struct polc_lpm6, b->cidrs.n);

	*out = (struct rt_addrs){.keys = (uint8_t *)keys,
				 .classes = arena_array(arena, uint32_t, b->cidrs.n)};
	vec_each (struct bundle_cidr, c, &b->cidrs) {
		if (c->prefix.addr.family != NET_V6 || c->prefix.len == 0)
			continue;
		keys[out->n].len = 8 * sizeof(bank) + c->prefix.len;
		keys[out->n].bank = bank;
		memcpy(keys[out->n].addr, c->prefix.addr.bytes, sizeof(keys->addr));
		out->classes[out->n++] = c->cls;
	}
}

int rt_addrs_check(struct rt_session *s, const struct rt_addrs *a, int which)
{
	if (a->n <= tables[which].room)
		return 0;
	diag_error(s->diag, LOC_NONE, RT_CODE_CAPACITY,
		   "the bundle has %zu %s, and a node holds %u: split the inventory", a->n,
		   tables[which].what, tables[which].room);
	return -ENOSPC;
}

/* --- what is there --------------------------------------------------------------------------- */

static uint32_t bank_of(int which, const uint8_t *key)
{
	uint32_t bank;

	memcpy(&bank, key + tables[which].bank_at, sizeof(bank));
	return bank;
}

static void reserve(struct rt_addrs *out, size_t n, size_t key_size, struct arena *arena)
{
	*out = (struct rt_addrs){.keys = arena_calloc(arena, n, key_size),
				 .classes = arena_array(arena, uint32_t, n)};
}

static void take(struct rt_addrs *out, const uint8_t *key, size_t key_size, uint32_t cls)
{
	memcpy(out->keys + out->n * key_size, key, key_size);
	out->classes[out->n++] = cls;
}

/* As long as a batch may follow, there is room for one. */
static void make_room(struct rt_addrs *a, size_t *cap, size_t key_size, struct arena *arena)
{
	struct rt_addrs old = *a;

	if (a->n + BATCH <= *cap)
		return;
	*cap = 2 * (*cap + BATCH);
	reserve(a, *cap, key_size, arena);
	a->n = old.n;
	if (!old.n)
		return;
	memcpy(a->keys, old.keys, old.n * key_size);
	memcpy(a->classes, old.classes, old.n * sizeof(*old.classes));
}

static int read_bank(struct rt_session *s, int which, uint32_t bank, struct arena *arena,
		     struct rt_addrs *out)
{
	size_t size = tables[which].key_size, cap = 0;
	uint8_t *keys = arena_calloc(arena, BATCH, size), at[MAX_KEY];
	uint32_t *classes = arena_array(arena, uint32_t, BATCH), n;
	int fd = s->node.fd[tables[which].map], r;
	void *from = NULL;

	*out = (struct rt_addrs){0};
	do {
		make_room(out, &cap, size, arena);
		n = BATCH;
		r = bpf_map_lookup_batch(fd, from, at, keys, classes, &n, NULL);
		if (r && r != -ENOENT)
			return rt_fail(s->diag, r, RT_CODE_MAP, "cannot read map %s",
				       rt_map_name(tables[which].map));
		for (uint32_t i = 0; i < n; i++)
			if (bank_of(which, keys + i * size) == bank)
				take(out, keys + i * size, size, classes[i]);
		from = at;
	} while (!r);
	return 0;
}

/* --- from one to the other ------------------------------------------------------------------- */

/* An entry, to be sorted by key. */
struct entry {
	const uint8_t *key;
	size_t size;
	uint32_t cls;
};

static int by_key(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return memcmp(x->key, y->key, x->size);
}

static struct entry *sorted(const struct rt_addrs *a, size_t key_size, struct arena *arena)
{
	struct entry *v = arena_array(arena, struct entry, a->n);

	for (size_t i = 0; i < a->n; i++)
		v[i] = (struct entry){a->keys + i * key_size, key_size, a->classes[i]};
	if (a->n)
		qsort(v, a->n, sizeof(*v), by_key);
	return v;
}

static void take_entry(struct rt_addrs *out, const struct entry *e)
{
	take(out, e->key, e->size, e->cls);
}

static void differences(const struct rt_addrs *old, const struct rt_addrs *new, size_t key_size,
			struct arena *arena, struct rt_addrs *stale, struct rt_addrs *changed)
{
	const struct entry *o = sorted(old, key_size, arena), *o_end = o + old->n;
	const struct entry *n = sorted(new, key_size, arena), *n_end = n + new->n;

	reserve(stale, old->n, key_size, arena);
	reserve(changed, new->n, key_size, arena);
	while (o < o_end || n < n_end) {
		int cmp = o == o_end ? 1 : n == n_end ? -1 : by_key(o, n);

		if (cmp < 0)
			take_entry(stale, o++);
		else if (cmp > 0)
			take_entry(changed, n++);
		else if (o++->cls != n++->cls)
			take_entry(changed, n - 1);
	}
}

static int change(struct rt_session *s, int which, struct rt_addrs *stale, struct rt_addrs *changed)
{
	int fd = s->node.fd[tables[which].map], r = 0;
	uint32_t n = (uint32_t)stale->n;

	if (n)
		r = bpf_map_delete_batch(fd, stale->keys, &n, NULL);
	n = (uint32_t)changed->n;
	if (!r && n)
		r = bpf_map_update_batch(fd, changed->keys, changed->classes, &n, NULL);
	return r ? rt_fail(s->diag, r, RT_CODE_MAP, "cannot fill map %s (%zu entries)",
			   rt_map_name(tables[which].map), changed->n)
		 : 0;
}

int rt_addrs_write(struct rt_session *s, int which, uint32_t bank, struct rt_addrs *a)
{
	uint32_t *filled = &s->node.state->filled[bank][which];
	struct rt_addrs old = {0}, stale, changed;
	struct arena arena;
	int r = 0;

	if (!*filled && !a->n)
		return 0;
	arena_init(&arena);
	if (*filled)
		r = read_bank(s, which, bank, &arena, &old);
	if (!r) {
		__atomic_store_n(filled, 1, __ATOMIC_SEQ_CST);
		differences(&old, a, tables[which].key_size, &arena, &stale, &changed);
		r = change(s, which, &stale, &changed);
	}
	if (!r)
		*filled = a->n != 0;
	arena_fini(&arena);
	return r;
}
