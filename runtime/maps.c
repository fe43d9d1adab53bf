/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/maps.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runtime/codes.h"
#include "runtime/fail.h"
#include "runtime/log.h"

enum { MAP_PEERS4, MAP_PEERS6, MAP_CIDRS4, MAP_CIDRS6 };
enum { MAP_ROWS, MAP_PORTS, MAP_PAGES, MAP_CELLS };

#define NODE(i, name_, type_, key, value)                                                          \
	{                                                                                          \
		.name = (name_), .scope = RT_MAP_NODE, .index = (i), .type = BPF_MAP_TYPE_##type_, \
		.key_size = sizeof(key), .value_size = sizeof(value)                               \
	}
#define BUNDLE(i, name_, type_, key)                                                               \
	{                                                                                          \
		.name = (name_), .scope = RT_MAP_BUNDLE, .index = (i),                             \
		.type = BPF_MAP_TYPE_##type_, .key_size = sizeof(key), .value_size = sizeof(__u32) \
	}
#define TABLE(i, name_, dir_, page)                                                                \
	{                                                                                          \
		.name = (name_), .scope = RT_MAP_TABLE, .index = (i), .dir = (dir_),               \
		.type = BPF_MAP_TYPE_ARRAY, .key_size = sizeof(__u32), .value_size = sizeof(page)  \
	}

/* The ABI's maps; their comments in bpf/abi.h say what they hold. */
static const struct rt_map_layout layouts[] = {
	NODE(0, POLC_MAP_CT4, LRU_HASH, struct polc_ct4_key, struct polc_ct),
	NODE(1, POLC_MAP_CT6, LRU_HASH, struct polc_ct6_key, struct polc_ct),
	NODE(2, POLC_MAP_FRAG4, LRU_HASH, struct polc_frag4_key, struct polc_l4),
	NODE(3, POLC_MAP_FRAG6, LRU_HASH, struct polc_frag6_key, struct polc_l4),
	NODE(4, POLC_MAP_METRICS, PERCPU_ARRAY, __u32, struct polc_counter),
	BUNDLE(MAP_PEERS4, POLC_MAP_PEERS4, HASH, __be32),
	BUNDLE(MAP_PEERS6, POLC_MAP_PEERS6, HASH, __u8[16]),
	BUNDLE(MAP_CIDRS4, POLC_MAP_CIDRS4, LPM_TRIE, struct polc_lpm4),
	BUNDLE(MAP_CIDRS6, POLC_MAP_CIDRS6, LPM_TRIE, struct polc_lpm6),
	TABLE(MAP_ROWS, POLC_MAP_IN_ROWS, IR_INGRESS, struct polc_page16),
	TABLE(MAP_PORTS, POLC_MAP_IN_PORTS, IR_INGRESS, struct polc_page16),
	TABLE(MAP_PAGES, POLC_MAP_IN_PAGES, IR_INGRESS, struct polc_page16),
	TABLE(MAP_CELLS, POLC_MAP_IN_CELLS, IR_INGRESS, struct polc_page8),
	TABLE(MAP_ROWS, POLC_MAP_EG_ROWS, IR_EGRESS, struct polc_page16),
	TABLE(MAP_PORTS, POLC_MAP_EG_PORTS, IR_EGRESS, struct polc_page16),
	TABLE(MAP_PAGES, POLC_MAP_EG_PAGES, IR_EGRESS, struct polc_page16),
	TABLE(MAP_CELLS, POLC_MAP_EG_CELLS, IR_EGRESS, struct polc_page8),
};

enum { N_LAYOUTS = sizeof(layouts) / sizeof(layouts[0]) };

const struct rt_map_layout *rt_map_find(const char *name)
{
	for (size_t i = 0; i < N_LAYOUTS; i++)
		if (strcmp(layouts[i].name, name) == 0)
			return &layouts[i];
	return NULL;
}

const char *rt_node_map_name(uint32_t index)
{
	for (size_t i = 0; i < N_LAYOUTS; i++)
		if (layouts[i].scope == RT_MAP_NODE && layouts[i].index == index)
			return layouts[i].name;
	return NULL;
}

uint32_t rt_table_index(const struct bundle *b, const struct bundle_table *t)
{
	uint32_t i = 0;

	while (i < b->tables.n && b->tables.v[i] != t)
		i++;
	return i;
}

/* --- contents ------------------------------------------------------------------------ */

/* What goes into a bundle or table map: n keys and values, densely. */
struct content {
	const void *keys, *values;
	uint32_t n;
};

static struct content array_content(struct arena *a, const void *pages, size_t n)
{
	uint32_t *keys = arena_array(a, uint32_t, n);

	for (size_t i = 0; i < n; i++)
		keys[i] = (uint32_t)i;
	return (struct content){.keys = keys, .values = pages, .n = (uint32_t)n};
}

static struct content table_content(struct rt_maps *m, const struct bundle_table *t, uint32_t part,
				    struct arena *a)
{
	struct rt_table_maps *maps = &m->tables[rt_table_index(m->bundle, t)];

	if (!maps->pages) {
		maps->pages = arena_new(&maps->arena, struct gen_pages);
		gen_pages_build(t, m->bundle->n_classes, &maps->arena, maps->pages);
	}
	switch (part) {
	case MAP_ROWS:
		return array_content(a, maps->pages->rows.v, maps->pages->rows.n);
	case MAP_PORTS:
		return array_content(a, maps->pages->ports, CLS_N_PROTOS);
	case MAP_PAGES:
		return array_content(a, maps->pages->pages.v, maps->pages->pages.n);
	default:
		return array_content(a, maps->pages->cells.v, maps->pages->cells.n);
	}
}

static enum net_family family_of(uint32_t bundle_map)
{
	return bundle_map == MAP_PEERS4 || bundle_map == MAP_CIDRS4 ? NET_V4 : NET_V6;
}

static struct content peers_content(const struct bundle *b, enum net_family family, struct arena *a)
{
	size_t size = net_family_bits(family) / 8;
	uint8_t *keys = arena_calloc(a, b->peers.n, size);
	uint32_t *values = arena_array(a, uint32_t, b->peers.n);
	uint32_t n = 0;

	vec_each (struct bundle_peer, p, &b->peers) {
		if (p->addr.family != family)
			continue;
		memcpy(keys + n * size, p->addr.bytes, size);
		values[n++] = p->cls;
	}
	return (struct content){.keys = keys, .values = values, .n = n};
}

static struct content cidrs_content(const struct bundle *b, enum net_family family, struct arena *a)
{
	size_t size = net_family_bits(family) / 8, stride = sizeof(uint32_t) + size;
	uint8_t *keys = arena_calloc(a, b->cidrs.n, stride);
	uint32_t *values = arena_array(a, uint32_t, b->cidrs.n);
	uint32_t n = 0;

	vec_each (struct bundle_cidr, c, &b->cidrs) {
		uint32_t len = c->prefix.len;

		if (c->prefix.addr.family != family)
			continue;
		memcpy(keys + n * stride, &len, sizeof(len));
		memcpy(keys + n * stride + sizeof(len), c->prefix.addr.bytes, size);
		values[n++] = c->cls;
	}
	return (struct content){.keys = keys, .values = values, .n = n};
}

static struct content bundle_content(const struct bundle *b, uint32_t index, struct arena *a)
{
	enum net_family family = family_of(index);

	if (index == MAP_PEERS4 || index == MAP_PEERS6)
		return peers_content(b, family, a);
	return cidrs_content(b, family, a);
}

/* --- making --------------------------------------------------------------------------- */

static int create(struct rt_maps *m, const struct bpf_map *decl, uint32_t max_entries)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = bpf_map__map_flags(decl));
	const char *name = bpf_map__name(decl);
	int fd = bpf_map_create(bpf_map__type(decl), name, bpf_map__key_size(decl),
				bpf_map__value_size(decl), max_entries, &opts);

	if (fd < 0)
		return rt_fail(m->diag, fd, RT_CODE_MAP, "cannot make map %s of %u entries", name,
			       max_entries);
	return fd;
}

static int fill(struct rt_maps *m, int fd, const char *name, const struct content *c)
{
	uint32_t n = c->n;
	int r = n ? bpf_map_update_batch(fd, c->keys, c->values, &n, NULL) : 0;

	if (r)
		return rt_fail(m->diag, r, RT_CODE_MAP, "cannot fill map %s (%u entries)", name,
			       c->n);
	return 0;
}

static int create_filled(struct rt_maps *m, const struct bpf_map *decl, const struct content *c)
{
	int fd = create(m, decl, c->n ? c->n : 1);
	int r;

	if (fd < 0)
		return fd;
	r = fill(m, fd, bpf_map__name(decl), c);
	if (r) {
		close(fd);
		return r;
	}
	return fd;
}

static int incompatible(struct rt_maps *m, const char *name)
{
	struct diag_item *item =
		diag_error(m->diag, LOC_NONE, RT_CODE_INCOMPATIBLE_PIN,
			   "the pinned map %s/%s is of another version of polc", m->pin_dir, name);

	diag_note(m->diag, item, LOC_NONE,
		  "run 'polc unload' with the version that loaded it, or 'polc unload' now (live "
		  "connections are forgotten), then load again; or choose another pin directory");
	return -EINVAL;
}

static bool same_layout(const struct bpf_map_info *info, const struct bpf_map *decl)
{
	bool sized = bpf_map__type(decl) == BPF_MAP_TYPE_PERCPU_ARRAY;

	return info->type == bpf_map__type(decl) && info->key_size == bpf_map__key_size(decl) &&
	       info->value_size == bpf_map__value_size(decl) &&
	       info->map_flags == bpf_map__map_flags(decl) &&
	       (!sized || info->max_entries == bpf_map__max_entries(decl));
}

static int create_node_map(struct rt_maps *m, const struct rt_map_layout *layout,
			   const struct bpf_map *decl)
{
	m->node_is_new[layout->index] = true;
	return create(m, decl, bpf_map__max_entries(decl));
}

static int open_node_map(struct rt_maps *m, const struct rt_map_layout *layout,
			 const struct bpf_map *decl)
{
	struct bpf_map_info info = {0};
	__u32 len = sizeof(info);
	char path[PATH_MAX];
	int fd, r;

	if (!m->pin_dir)
		return create_node_map(m, layout, decl);
	snprintf(path, sizeof(path), "%s/%s", m->pin_dir, layout->name);
	fd = bpf_obj_get(path);
	if (fd == -ENOENT)
		return create_node_map(m, layout, decl);
	if (fd < 0)
		return rt_fail(m->diag, fd, RT_CODE_PIN, "cannot open the pinned map %s", path);
	r = bpf_obj_get_info_by_fd(fd, &info, &len);
	if (!r && same_layout(&info, decl))
		return fd;
	close(fd);
	return incompatible(m, layout->name);
}

/* --- the set -------------------------------------------------------------------------- */

static void close_all(int *fds, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (fds[i] >= 0)
			close(fds[i]);
		fds[i] = -1;
	}
}

static void table_close(struct rt_table_maps *t)
{
	close_all(t->fd, RT_N_TABLE_MAPS);
	arena_fini(&t->arena);
	t->pages = NULL;
}

static void forget_all(int *fds, size_t n)
{
	for (size_t i = 0; i < n; i++)
		fds[i] = -1;
}

int rt_maps_init(struct rt_maps *m, const struct bundle *bundle, const char *pin_dir,
		 struct diag *diag)
{
	*m = (struct rt_maps){.bundle = bundle, .diag = diag, .pin_dir = pin_dir};
	forget_all(m->node, RT_N_NODE_MAPS);
	forget_all(m->bundle_maps, RT_N_BUNDLE_MAPS);
	m->tables = calloc(bundle->tables.n + 1, sizeof(*m->tables));
	if (!m->tables)
		return -ENOMEM;
	for (size_t i = 0; i < bundle->tables.n; i++) {
		forget_all(m->tables[i].fd, RT_N_TABLE_MAPS);
		arena_init(&m->tables[i].arena);
	}
	return 0;
}

void rt_maps_fini(struct rt_maps *m)
{
	for (size_t i = 0; m->tables && i < m->bundle->tables.n; i++)
		table_close(&m->tables[i]);
	close_all(m->node, RT_N_NODE_MAPS);
	close_all(m->bundle_maps, RT_N_BUNDLE_MAPS);
	free(m->tables);
	m->tables = NULL;
}

void rt_maps_expect(struct rt_maps *m, const struct bundle_endpoint *ep)
{
	for (int d = 0; d < IR_N_DIRS; d++)
		m->tables[rt_table_index(m->bundle, ep->tables[d])].users++;
}

void rt_maps_done(struct rt_maps *m, const struct bundle_endpoint *ep)
{
	for (int d = 0; d < IR_N_DIRS; d++) {
		struct rt_table_maps *t = &m->tables[rt_table_index(m->bundle, ep->tables[d])];

		if (--t->users == 0)
			table_close(t);
	}
}

static int bad_map(struct rt_maps *m, const struct bundle_endpoint *ep, const char *name,
		   const char *what)
{
	diag_error(m->diag, LOC_NONE, RT_CODE_OBJECT,
		   "shape %s declares map %s, which %s: build the bundle with this version of polc",
		   ep->shape->name, name, what);
	return -EINVAL;
}

static int make(struct rt_maps *m, const struct bundle_endpoint *ep,
		const struct rt_map_layout *layout, const struct bpf_map *decl)
{
	struct arena scratch;
	struct content c;
	int fd;

	if (layout->scope == RT_MAP_NODE)
		return open_node_map(m, layout, decl);
	arena_init(&scratch);
	if (layout->scope == RT_MAP_BUNDLE)
		c = bundle_content(m->bundle, layout->index, &scratch);
	else
		c = table_content(m, ep->tables[layout->dir], layout->index, &scratch);
	fd = create_filled(m, decl, &c);
	arena_fini(&scratch);
	return fd;
}

static int *slot_of(struct rt_maps *m, const struct bundle_endpoint *ep,
		    const struct rt_map_layout *layout)
{
	switch (layout->scope) {
	case RT_MAP_NODE:
		return &m->node[layout->index];
	case RT_MAP_BUNDLE:
		return &m->bundle_maps[layout->index];
	default:
		return &m->tables[rt_table_index(m->bundle, ep->tables[layout->dir])]
				.fd[layout->index];
	}
}

int rt_maps_bind(struct rt_maps *m, const struct bundle_endpoint *ep, struct bpf_map *map)
{
	const char *name = bpf_map__name(map);
	const struct rt_map_layout *layout = rt_map_find(name);
	int *fd, r;

	if (!layout)
		return bad_map(m, ep, name, "this version does not know");
	if (bpf_map__type(map) != layout->type || bpf_map__key_size(map) != layout->key_size ||
	    bpf_map__value_size(map) != layout->value_size)
		return bad_map(m, ep, name, "has another layout here");
	fd = slot_of(m, ep, layout);
	if (*fd < 0) {
		r = make(m, ep, layout, map);
		if (r < 0)
			return r;
		*fd = r;
	}
	r = bpf_map__reuse_fd(map, *fd);
	return r ? rt_fail(m->diag, r, RT_CODE_MAP, "cannot share map %s", name) : 0;
}
