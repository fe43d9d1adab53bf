/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "tests/bench/rivals/cilium.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/bench/datapath/wrap.h"

/* What goes into the two tries. */
struct entries {
	struct arena arena;
	VEC(struct cilium_ip_key) ips;
	VEC(uint32_t) identities;
	VEC(struct cilium_policy_key) keys;
	VEC(uint32_t) values;
};

/* An address without an entry is of the world, in Cilium and here. */
static uint32_t identity_of(const struct flat_source *s)
{
	return s->prefix.len ? CILIUM_FIRST + s->identity : CILIUM_WORLD;
}

static void add_source(struct entries *e, const struct flat_source *s)
{
	struct cilium_ip_key key = {.len = s->prefix.len};

	memcpy(&key.addr_be, s->prefix.addr.bytes, sizeof(key.addr_be));
	vec_push(&e->arena, &e->ips, key);
	vec_push(&e->arena, &e->identities, identity_of(s));
}

/* A range of ports as the fewest prefixes. */
static void add_span(struct entries *e, uint32_t identity, const struct flat_span *s)
{
	uint32_t at = s->lo;

	while (at <= s->hi) {
		unsigned bits = 0;

		while (bits < 16 && !(at & ((2u << bits) - 1)) && at + (2u << bits) - 1 <= s->hi)
			bits++;
		vec_push(&e->arena, &e->keys,
			 (struct cilium_policy_key){.len = CILIUM_KEY_FIXED + 16 - bits,
						    .identity = identity,
						    .proto = s->proto,
						    .port_be = htons(at)});
		vec_push(&e->arena, &e->values, s->precedence << 1 | s->allow);
		at += 1u << bits;
	}
}

static void add_spans(struct entries *e, uint32_t identity, const struct flat_spans *spans)
{
	vec_each (const struct flat_span, s, &spans->spans)
		add_span(e, identity, s);
}

static void make_entries(struct entries *e, const struct flat *flat)
{
	uint32_t world = UINT32_MAX;

	vec_each (const struct flat_source, s, &flat->sources) {
		if (s->prefix.len)
			add_source(e, s);
		else
			world = s->identity;
	}
	for (uint32_t i = 0; i < flat->identities.n; i++)
		add_spans(e, i == world ? CILIUM_WORLD : CILIUM_FIRST + i, &flat->identities.v[i]);
	add_spans(e, CILIUM_ANY, &flat->everybody);
}

static bool fill(struct bpf_object *obj, const char *name, const void *keys, const void *values,
		 uint32_t n)
{
	int fd = bpf_map__fd(bpf_object__find_map_by_name(obj, name));

	if (!n || !bpf_map_update_batch(fd, keys, values, &n, NULL))
		return true;
	printf("cannot fill %s: %s\n", name, strerror(errno));
	return false;
}

static void set_size(struct bpf_object *obj, const char *name, size_t n)
{
	bpf_map__set_max_entries(bpf_object__find_map_by_name(obj, name), n ? n : 1);
}

static bool load(struct cilium *c, const struct entries *e)
{
	set_size(c->obj, "ipcache", e->ips.n);
	set_size(c->obj, "policy", e->keys.n);
	if (!wrap_load_object(c->obj) ||
	    !fill(c->obj, "ipcache", e->ips.v, e->identities.v, e->ips.n) ||
	    !fill(c->obj, "policy", e->keys.v, e->values.v, e->keys.n))
		return false;
	c->classify = bpf_program__fd(bpf_object__find_program_by_name(c->obj, "classify"));
	c->classify_ct = bpf_program__fd(bpf_object__find_program_by_name(c->obj, "classify_ct"));
	c->ips = e->ips.n;
	c->policies = e->keys.n;
	return true;
}

bool cilium_init(struct cilium *c, const struct flat *flat)
{
	struct entries e = {0};
	bool ok;

	*c = (struct cilium){.obj = wrap_open("cilium")};
	arena_init(&e.arena);
	make_entries(&e, flat);
	ok = c->obj && load(c, &e);
	arena_fini(&e.arena);
	if (!ok)
		cilium_fini(c);
	return ok;
}

void cilium_fini(struct cilium *c)
{
	bpf_object__close(c->obj);
	*c = (struct cilium){0};
}
