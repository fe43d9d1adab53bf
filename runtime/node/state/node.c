/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/node/state/node.h"

#include <assert.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/membarrier.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime/codes.h"
#include "runtime/node/kernel/fail.h"
#include "runtime/node/state/pins.h"

struct layout {
	const char *name;
	uint32_t type, key_size, value_size, entries, flags;
};

static const struct layout layouts[RT_N_MAPS] = {
#define X(id, name_, type_, key, value, entries_, flags_)                                          \
	[RT_MAP_##id] = {.name = (name_),                                                          \
			 .type = BPF_MAP_TYPE_##type_,                                             \
			 .key_size = sizeof(key),                                                  \
			 .value_size = sizeof(value),                                              \
			 .entries = (entries_),                                                    \
			 .flags = (flags_)},
	RT_NODE_MAPS(X)
#undef X
};

static bool is_loaders(enum rt_map map)
{
	return map < RT_MAP_NODE;
}

/* Without these there is nothing to look at, and nothing can be undone. */
static bool is_needed(enum rt_map map)
{
	return map <= RT_MAP_EPS;
}

const char *rt_map_name(enum rt_map map)
{
	return layouts[map].name;
}

int rt_map_find(const char *name)
{
	for (int i = RT_MAP_NODE; i < RT_N_MAPS; i++)
		if (strcmp(layouts[i].name, name) == 0)
			return i;
	return -1;
}

/* --- making and opening ------------------------------------------------------------------ */

static int incompatible(struct rt_session *s, enum rt_map map)
{
	struct diag_item *item = diag_error(s->diag, LOC_NONE, RT_CODE_INCOMPATIBLE_PIN,
					    "the pinned map %s/%s is of another version of polc",
					    s->pin_dir, layouts[map].name);

	diag_note(s->diag, item, LOC_NONE,
		  is_loaders(map)
			  ? "run 'polc unload' with that version, or choose another pin directory"
			  : "run 'polc unload' with the version that loaded it, or 'polc unload' "
			    "now (live connections are forgotten), then load again; or choose "
			    "another pin directory");
	return -EINVAL;
}

static int missing(struct rt_session *s, enum rt_map map)
{
	diag_error(s->diag, LOC_NONE, RT_CODE_INCOMPATIBLE_PIN,
		   is_needed(map)
			   ? "the pinned map %s/%s was removed, and without it nobody knows what "
			     "is attached: remove our filters ('tc filter del dev DEVICE ingress "
			     "pref 1', and egress) and the pin directory, then load again"
			   : "the pinned map %s/%s was removed, and loaded programs still use it: "
			     "run 'polc unload', then load again",
		   s->pin_dir, layouts[map].name);
	return -EINVAL;
}

static bool fits(const struct bpf_map_info *info, enum rt_map map)
{
	const struct layout *l = &layouts[map];

	return info->type == l->type && info->key_size == l->key_size &&
	       info->value_size == l->value_size &&
	       (!l->entries || info->max_entries == l->entries) &&
	       (info->map_flags & l->flags) == l->flags &&
	       (map != RT_MAP_STATE || strcmp(info->name, RT_STATE_NAME) == 0);
}

/* A descriptor that fits, or -ENOENT; another error after reporting it. */
static int open_map(struct rt_session *s, enum rt_map map, enum rt_node_mode mode)
{
	struct bpf_map_info info = {0};
	__u32 len = sizeof(info);
	int fd = rt_pin_open(s, layouts[map].name), r;

	if (fd < 0)
		return fd;
	r = bpf_obj_get_info_by_fd(fd, &info, &len);
	if (!r && fits(&info, map))
		return fd;
	close(fd);
	if (r)
		return rt_fail(s->diag, r, RT_CODE_PIN, "cannot look at %s/%s", s->pin_dir,
			       layouts[map].name);
	if (mode == RT_NODE_SALVAGE && !is_loaders(map))
		return -ENOENT;
	return incompatible(s, map);
}

static void set_made(struct rt_node *node, enum rt_map map)
{
	if (node->state)
		node->state->made |= 1u << map;
}

static bool is_made(const struct rt_node *node, enum rt_map map)
{
	return node->state && node->state->made & 1u << map;
}

static int make_map(struct rt_session *s, enum rt_map map, uint32_t entries)
{
	const struct layout *l = &layouts[map];
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = l->flags);
	const char *name = map == RT_MAP_STATE ? RT_STATE_NAME : l->name;
	int fd = bpf_map_create(l->type, name, l->key_size, l->value_size, entries, &opts);
	int r;

	if (fd < 0)
		return rt_fail(s->diag, fd, RT_CODE_MAP, "cannot make map %s of %u entries", name,
			       entries);
	r = rt_pin_set(s, l->name, fd);
	if (r) {
		close(fd);
		return r;
	}
	set_made(&s->node, map);
	return fd;
}

static int obtain(struct rt_session *s, enum rt_map map, enum rt_node_mode mode)
{
	int fd = open_map(s, map, mode);

	if (fd >= 0 && mode == RT_NODE_MAKE)
		set_made(&s->node, map);
	if (fd != -ENOENT)
		return fd;
	if ((mode != RT_NODE_SALVAGE || is_needed(map)) && is_made(&s->node, map))
		return missing(s, map);
	return mode == RT_NODE_MAKE && layouts[map].entries ? make_map(s, map, layouts[map].entries)
							    : -ENOENT;
}

static size_t value_stride(enum rt_map map)
{
	return (layouts[map].value_size + 7u) & ~(size_t)7;
}

static size_t whole_pages(size_t bytes)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return (bytes + page - 1) / page * page;
}

static int map_whole(struct rt_session *s, enum rt_map map, void **out)
{
	size_t size = whole_pages(value_stride(map) * layouts[map].entries);
	int prot = s->mode == RT_SESSION_LOOK ? PROT_READ : PROT_READ | PROT_WRITE;
	void *p = mmap(NULL, size, prot, MAP_SHARED, s->node.fd[map], 0);

	if (p == MAP_FAILED)
		return rt_fail(s->diag, -errno, RT_CODE_MAP, "cannot map %s into memory",
			       layouts[map].name);
	*out = p;
	return 0;
}

static const struct {
	enum rt_map map;
	size_t at;
} mapped[] = {
	{RT_MAP_STATE, offsetof(struct rt_node, state)},
	{RT_MAP_RECORDS, offsetof(struct rt_node, records)},
	{RT_MAP_NODE, offsetof(struct rt_node, node)},
	{RT_MAP_EPS, offsetof(struct rt_node, eps)},
};

static void **mapped_at(struct rt_node *node, size_t i)
{
	return (void **)((char *)node + mapped[i].at);
}

static int map_it(struct rt_session *s, enum rt_map map)
{
	for (size_t i = 0; i < sizeof(mapped) / sizeof(*mapped); i++)
		if (mapped[i].map == map)
			return map_whole(s, map, mapped_at(&s->node, i));
	return 0;
}

/* Nobody outside is to know which flows meet in a bucket of the conntrack. */
static int draw_seed(struct rt_session *s)
{
	__u64 *seed = s->node.node->seed;

	if (seed[0] || !getentropy(seed, sizeof(s->node.node->seed)))
		return 0;
	return rt_fail(s->diag, -errno, RT_CODE_MAP, "cannot draw random numbers");
}

int rt_node_open(struct rt_session *s, enum rt_node_mode mode)
{
	for (int i = 0; i < RT_N_MAPS; i++) {
		int fd = obtain(s, i, mode), r;

		/* A first load that was killed while it made them, or none at all. */
		if (fd == -ENOENT && is_needed(i)) {
			rt_node_close(&s->node);
			return 0;
		}
		if (fd == -ENOENT)
			continue;
		if (fd < 0)
			return fd;
		s->node.fd[i] = fd;
		r = map_it(s, i);
		if (r)
			return r;
	}
	return mode == RT_NODE_MAKE ? draw_seed(s) : 0;
}

void rt_node_close(struct rt_node *node)
{
	for (size_t i = 0; i < sizeof(mapped) / sizeof(*mapped); i++) {
		enum rt_map map = mapped[i].map;
		void **p = mapped_at(node, i);

		if (*p)
			munmap(*p, whole_pages(value_stride(map) * layouts[map].entries));
		*p = NULL;
	}
	for (int i = 0; i < RT_N_MAPS; i++) {
		if (node->fd[i] >= 0)
			close(node->fd[i]);
		node->fd[i] = -1;
	}
}

/* The loader's maps last: until then, an unload that is killed can be repeated. */
int rt_node_unpin(struct rt_session *s)
{
	int r = 0;

	for (int i = RT_N_MAPS; i-- > 0 && !r;)
		r = rt_pin_remove(s, layouts[i].name);
	return r;
}

/* --- objects ------------------------------------------------------------------------------- */

static int bad_map(struct rt_session *s, const char *object, const char *name, const char *what)
{
	diag_error(s->diag, LOC_NONE, RT_CODE_OBJECT,
		   "shape %s declares map %s, which %s: build the bundle with this version of polc",
		   object, name, what);
	return -EINVAL;
}

int rt_node_bind(struct rt_session *s, struct bpf_map *map, const char *object)
{
	const char *name = bpf_map__name(map);
	int id = rt_map_find(name), r;
	const struct layout *l = id < 0 ? NULL : &layouts[id];

	if (!l)
		return bad_map(s, object, name, "this version does not know");
	if (bpf_map__type(map) != l->type || bpf_map__key_size(map) != l->key_size ||
	    bpf_map__value_size(map) != l->value_size)
		return bad_map(s, object, name, "has another layout here");
	if (s->node.fd[id] < 0) {
		r = make_map(s, id, bpf_map__max_entries(map));
		if (r < 0)
			return r;
		s->node.fd[id] = r;
	}
	r = bpf_map__reuse_fd(map, s->node.fd[id]);
	return r ? rt_fail(s->diag, r, RT_CODE_MAP, "cannot share map %s", name) : 0;
}

/* --- banks --------------------------------------------------------------------------------- */

/* Every bank begins on a page: its size is a power of two, and a multiple of 4 KiB. */
void *rt_node_map_bank(const struct rt_node *node, enum rt_map map, uint32_t bank, size_t n,
		       size_t *size)
{
	size_t stride = value_stride(map), half = layouts[map].entries / POLC_BANKS * stride;
	void *p;

	assert(bank < POLC_BANKS && n && n <= layouts[map].entries / POLC_BANKS);
	*size = whole_pages(n * stride);
	p = mmap(NULL, *size, PROT_READ | PROT_WRITE, MAP_SHARED, node->fd[map],
		 (off_t)(bank * half));
	return p == MAP_FAILED ? NULL : p;
}

void rt_node_flip(struct rt_node *n)
{
	assert(!n->state->unsettled);
	__atomic_store_n(&n->state->unsettled, 1, __ATOMIC_SEQ_CST);
	__atomic_store_n(&n->node->active, !rt_node_active(n), __ATOMIC_SEQ_CST);
}

/* Programs run in RCU read-side sections; the barrier waits until all CPUs have left theirs. A
 * kernel with nohz_full has no such barrier for us, but its update of a map in a map waits for
 * programs that run, too. */
static int wait_by_map(void)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts);
	int inner = bpf_map_create(BPF_MAP_TYPE_ARRAY, "polc_wait", sizeof(__u32), sizeof(__u32), 1,
				   NULL);
	__u32 key = 0;
	int outer, r;

	if (inner < 0)
		return inner;
	opts.inner_map_fd = (__u32)inner;
	outer = bpf_map_create(BPF_MAP_TYPE_ARRAY_OF_MAPS, "polc_wait", sizeof(__u32),
			       sizeof(__u32), 1, &opts);
	r = outer < 0 ? outer : bpf_map_update_elem(outer, &key, &inner, BPF_ANY);
	if (outer >= 0)
		close(outer);
	close(inner);
	return r;
}

int rt_node_settle(struct rt_session *s)
{
	int r = syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0) ? wait_by_map() : 0;

	if (r)
		return rt_fail(s->diag, r, RT_CODE_MAP,
			       "cannot wait for the packets that are under way");
	__atomic_store_n(&s->node.state->unsettled, 0, __ATOMIC_SEQ_CST);
	return 0;
}
