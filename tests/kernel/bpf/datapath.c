/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "tests/kernel/bpf/datapath.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "codegen/clang.h"
#include "codegen/emit.h"
#include "codegen/hook.h"
#include "codegen/image/addrs.h"
#include "codegen/image/pages.h"
#include "tests/lib/objects.h"
#include "tests/unit/cls_fixture.h"

enum { TEST_PAGES = 512, TEST_LINES = 512, MAX_SOURCE = 1 << 16 };

static const char *const prog_names[IR_N_DIRS] = {POLC_PROG_EP_IN, POLC_PROG_EP_OUT};

static int say(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	return level == LIBBPF_WARN ? vfprintf(stderr, fmt, ap) : 0;
}

/* --- loading -------------------------------------------------------------------------- */

static struct bpf_object *open_program(const char *name, const struct buf *program)
{
	struct objects kept;
	struct bundle_options opts = {.bpf_dir = getenv("POLC_BPF_DIR"),
				      .cache_dir = objects_dir(&kept, "")};
	_cleanup_buf_ struct buf object = {0};
	struct bpf_object *obj;
	struct gen_clang clang;
	struct fixture f;
	int err;

	fix_init(&f);
	err = gen_clang_init(&clang, &opts, &f.diag);
	if (!err)
		err = gen_clang_compile(&clang, name, program, &object, &f.diag);
	fix_no_errors(&f);
	fix_fini(&f);
	assert_int_equal(err, 0);
	libbpf_set_print(say);
	obj = bpf_object__open_mem(object.s, object.n, NULL);
	assert_non_null(obj);
	return obj;
}

static void open_object(struct datapath *dp, struct gen_shape shape)
{
	_cleanup_buf_ struct buf name = {0}, program = {0};

	gen_shape_name(shape, &name);
	gen_emit_program(shape, &program);
	dp->n_cpus = libbpf_num_possible_cpus();
	dp->obj = open_program(buf_str(&name), &program);
}

/* The map, or NULL if the shape does without it. */
static struct bpf_map *find_map(const struct datapath *dp, const char *name)
{
	return bpf_object__find_map_by_name(dp->obj, name);
}

static void set_size(struct datapath *dp, const char *name, size_t n)
{
	struct bpf_map *map = find_map(dp, name);

	if (map)
		assert_int_equal(bpf_map__set_max_entries(map, n ? n : 1), 0);
}

static struct bpf_map *rodata(const struct datapath *dp)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, dp->obj)
	{
		if (strstr(bpf_map__name(map), ".rodata"))
			return map;
	}
	return NULL;
}

enum { PROGRAM = 1 };

/* Bank 0, slot 0: what a test run sees. */
static void load(struct datapath *dp)
{
	__u32 program = PROGRAM;

	/* Nothing but the program's number may be there: the loader writes it. */
	assert_non_null(rodata(dp));
	assert_int_equal(bpf_map__value_size(rodata(dp)), sizeof(program));
	assert_int_equal(bpf_map__set_initial_value(rodata(dp), &program, sizeof(program)), 0);
	set_size(dp, POLC_MAP_EPS, 1);
	set_size(dp, POLC_MAP_PAGES, TEST_PAGES);
	set_size(dp, POLC_MAP_ADDRS, TEST_PAGES);
	set_size(dp, POLC_MAP_CELLS, TEST_LINES);
	assert_int_equal(bpf_object__load(dp->obj), 0);
}

static void put(struct datapath *dp, const char *name, const void *key, const void *value)
{
	struct bpf_map *map = find_map(dp, name);

	if (map)
		assert_int_equal(bpf_map_update_elem(bpf_map__fd(map), key, value, BPF_ANY), 0);
}

/* Whose stages a program can reach. */
static void put_stages(struct datapath *dp, struct gen_shape shape)
{
	for (enum polc_hook h = 0; h < POLC_N_EP_HOOKS; h++) {
		const struct gen_stage_ops *stage = gen_stage(shape, h, POLC_STAGE_RELATED);
		__u32 key = POLC_PROG_KEY(PROGRAM, h, POLC_STAGE_RELATED);
		int fd;

		if (!stage)
			continue;
		fd = bpf_program__fd(bpf_object__find_program_by_name(dp->obj, stage->program));
		put(dp, POLC_MAP_PROGS, &key, &fd);
	}
}

static void put_first(struct datapath *dp, const char *name, const void *value)
{
	__u32 zero = 0;

	put(dp, name, &zero, value);
}

void dp_open_shape(struct datapath *dp, struct gen_shape shape)
{
	dp->ep = (struct polc_ep){.program = PROGRAM, .flags = POLC_EP_CHECK_SOURCE};
	dp->skb = (struct __sk_buff){0};
	open_object(dp, shape);
	load(dp);
	put_stages(dp, shape);
	put_first(dp, POLC_MAP_EPS, &dp->ep);
}

struct bpf_object *dp_open_beside(struct datapath *dp, const char *name)
{
	const char *srcdir = getenv("POLC_SRCDIR");
	_cleanup_buf_ struct buf path = {0}, program = {0};
	struct bpf_object *obj;
	struct bpf_map *map;

	buf_printf(&path, "%s/tests/kernel/bpf/%s.bpf.c", srcdir ? srcdir : ".", name);
	assert_int_equal(buf_read_file(&program, buf_str(&path), MAX_SOURCE), 0);
	obj = open_program(name, &program);
	bpf_object__for_each_map(map, obj)
	{
		struct bpf_map *shared = find_map(dp, bpf_map__name(map));

		if (shared)
			assert_int_equal(bpf_map__reuse_fd(map, bpf_map__fd(shared)), 0);
	}
	assert_int_equal(bpf_object__load(obj), 0);
	return obj;
}

void dp_close(struct datapath *dp)
{
	bpf_object__close(dp->obj);
	dp->obj = NULL;
}

/* --- contents ------------------------------------------------------------------------- */

static uint32_t put_all(struct datapath *dp, const char *name, const void *v, size_t n, size_t size,
			uint32_t at)
{
	for (size_t i = 0; i < n; i++, at++)
		put(dp, name, &at, (const char *)v + i * size);
	return at;
}

static void put_trie4(struct datapath *dp, const struct cls *cls)
{
	struct gen_addrs addrs;
	struct bundle b = {0};
	struct arena arena;

	arena_init(&arena);
	vec_each (const struct cls_point, p, &cls->points)
		vec_push(&arena, &b.peers, (struct bundle_peer){p->addr, p->cls});
	vec_each (const struct cls_cidr, c, &cls->cidrs)
		vec_push(&arena, &b.cidrs, (struct bundle_cidr){c->prefix, c->cls, c->node});
	assert_int_equal(gen_addrs_build4(&b, &arena, &addrs), 0);
	put_all(dp, POLC_MAP_ADDRS, addrs.pages, addrs.n, sizeof(*addrs.pages), 0);
	arena_fini(&arena);
}

static void put_peers6(struct datapath *dp, const struct cls *cls, struct polc_bank *bank)
{
	vec_each (const struct cls_point, p, &cls->points) {
		struct polc_peer6_key key = {0};

		if (p->addr.family != NET_V6)
			continue;
		memcpy(key.addr, p->addr.bytes, 16);
		put(dp, POLC_MAP_PEERS6, &key, &p->cls);
		bank->n_hash6++;
	}
	vec_each (const struct cls_cidr, c, &cls->cidrs) {
		struct polc_lpm6 key = {.len = 32 + c->prefix.len};

		if (c->prefix.len == 0)
			*(c->prefix.addr.family == NET_V4 ? &bank->class4 : &bank->class6) = c->cls;
		if (c->prefix.addr.family != NET_V6)
			continue;
		memcpy(key.addr, c->prefix.addr.bytes, 16);
		put(dp, POLC_MAP_CIDRS6, &key, &c->cls);
	}
}

static void pages_of(const struct cls *cls, const struct cls_table *t, struct arena *arena,
		     struct gen_pages *out)
{
	struct bundle_table table = {
		.n_rows = t->n_rows,
		.n_cols = t->n_cols,
		.cells = t->cells,
		.row_of_class = cls_table_rows(t, cls->n_classes, arena),
	};

	vec_each (const struct cls_span, s, &t->spans)
		vec_push(arena, &table.spans, *s);
	gen_pages_build(&table, cls->n_classes, arena, out);
}

/* The number of a port page counts from page 0 here, as dp->ep.pages is 0. */
static void place_ports(struct gen_pages *p, uint32_t at)
{
	for (int proto = 0; proto < POLC_PROTOS; proto++) {
		for (int i = 0; i < POLC_PAGE; i++)
			p->ports.v[proto].v[i] += at;
	}
}

void dp_set_tables(struct datapath *dp, const struct cls *cls, const struct cls_subject *subject)
{
	uint32_t page = 0, line = 0;
	struct arena arena;

	arena_init(&arena);
	for (enum ir_dir d = 0; d < IR_N_DIRS; d++) {
		struct polc_table *t = &dp->ep.tables[d];
		struct gen_pages p;

		pages_of(cls, subject->tables[d], &arena, &p);
		*t = (struct polc_table){.n_cols = p.n_cols, .rows = page, .cells = line};
		page = put_all(dp, POLC_MAP_PAGES, p.rows.v, p.rows.n, sizeof(*p.rows.v), page);
		for (uint32_t i = 0; i < POLC_PROTOS; i++)
			t->ports[i] = page + i;
		place_ports(&p, page);
		page = put_all(dp, POLC_MAP_PAGES, p.ports.v, p.ports.n, sizeof(*p.ports.v), page);
		line = put_all(dp, POLC_MAP_CELLS, p.cells.v, p.cells.n, sizeof(*p.cells.v), line);
	}
	arena_fini(&arena);
	put_first(dp, POLC_MAP_EPS, &dp->ep);
}

static void set_addresses(struct polc_ep *ep, const struct ir_endpoint *endpoint)
{
	vec_each (const struct net_addr, a, &endpoint->addrs) {
		if (a->family == NET_V4)
			memcpy(&ep->addr4_be[ep->n_addr4++], a->bytes, 4);
		else
			memcpy(ep->addr6[ep->n_addr6++], a->bytes, 16);
	}
}

void dp_open(struct datapath *dp, const struct cls *cls, const struct cls_subject *subject,
	     bool check_source)
{
	struct gen_shape shape;
	struct polc_node node = {.banks[0] = {.n_classes = cls->n_classes}};
	struct arena arena;

	arena_init(&arena);
	shape = gen_shapes_of(cls, 0, &arena)[subject->id];
	arena_fini(&arena);
	open_object(dp, shape);
	load(dp);
	put_stages(dp, shape);
	put_trie4(dp, cls);
	put_peers6(dp, cls, &node.banks[0]);
	put_first(dp, POLC_MAP_NODE, &node);
	dp->skb = (struct __sk_buff){0};
	dp->ep = (struct polc_ep){.program = PROGRAM,
				  .flags = check_source ? POLC_EP_CHECK_SOURCE : 0};
	set_addresses(&dp->ep, subject->endpoints.v[0]);
	dp_set_tables(dp, cls, subject);
}

/* --- running -------------------------------------------------------------------------- */

static uint64_t counted(const struct datapath *dp, enum ir_dir dir, uint32_t reason)
{
	struct polc_counter *all = calloc(dp->n_cpus, sizeof(*all));
	uint32_t key = dir * POLC_N_REASONS + reason;
	uint64_t sum = 0;

	assert_non_null(all);
	assert_int_equal(
		bpf_map_lookup_elem(bpf_map__fd(find_map(dp, POLC_MAP_METRICS)), &key, all), 0);
	for (uint32_t cpu = 0; cpu < dp->n_cpus; cpu++)
		sum += all[cpu].packets;
	free(all);
	return sum;
}

enum polc_reason dp_run(struct datapath *dp, enum ir_dir dir, const struct packet *p)
{
	const struct bpf_program *prog = bpf_object__find_program_by_name(dp->obj, prog_names[dir]);
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = p->data, .data_size_in = p->len,
		    .ctx_in = &dp->skb, .ctx_size_in = sizeof(dp->skb));
	uint64_t before[POLC_N_REASONS];
	uint32_t reason = POLC_N_REASONS, n = 0;

	for (uint32_t i = 0; i < POLC_N_REASONS; i++)
		before[i] = counted(dp, dir, i);
	assert_int_equal(bpf_prog_test_run_opts(bpf_program__fd(prog), &opts), 0);
	for (uint32_t i = 0; i < POLC_N_REASONS; i++) {
		if (counted(dp, dir, i) != before[i]) {
			reason = i;
			n++;
		}
	}
	assert_int_equal(n, 1);
	assert_int_equal((int)opts.retval, reason < POLC_FIRST_DROP ? -1 : 2);
	return reason;
}

const char *dp_reason_name(enum polc_reason reason)
{
	static const char *const names[] = {
#define X(id, name, text) [POLC_##id] = name,
		POLC_PASS_REASONS(X) POLC_DROP_REASONS(X)
#undef X
	};

	return reason < POLC_END_OF_DROPS && names[reason] ? names[reason] : "?";
}

/* --- flows ---------------------------------------------------------------------------- */

static const struct {
	enum net_family family;
	const char *name;
	size_t buckets, size, slots, words;
} ct_tables[] = {
	{NET_V4, POLC_MAP_CT4, POLC_CT4_BUCKETS, sizeof(struct polc_ct4_bucket), POLC_CT4_SLOTS,
	 POLC_CT4_WORDS},
	{NET_V6, POLC_MAP_CT6, POLC_CT6_BUCKETS, sizeof(struct polc_ct6_bucket), POLC_CT6_SLOTS,
	 POLC_CT6_WORDS},
};

void dp_each_flow(struct datapath *dp, dp_visit_flow *visit, void *ctx)
{
	for (size_t i = 0; i < sizeof(ct_tables) / sizeof(*ct_tables); i++) {
		struct bpf_map *map = find_map(dp, ct_tables[i].name);
		size_t entry = ct_tables[i].words + 1,
		       bytes = ct_tables[i].buckets * ct_tables[i].size;
		uint64_t *table;

		if (!map)
			continue;
		table = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(map), 0);
		assert_ptr_not_equal(table, MAP_FAILED);
		for (size_t b = 0; b < ct_tables[i].buckets; b++) {
			uint64_t *bucket = table + b * ct_tables[i].size / sizeof(*table);

			for (size_t slot = 0; slot < ct_tables[i].slots; slot++) {
				uint64_t *words = bucket + slot * entry;
				struct dp_flow flow = {ct_tables[i].family, words,
						       words + entry - 1};

				if (*flow.meta)
					visit(&flow, ctx);
			}
		}
		munmap(table, bytes);
	}
}

enum polc_ct_state dp_flow_state(const struct dp_flow *flow)
{
	return *flow->meta >> POLC_CT_STATE_SHIFT & POLC_CT_STATE_MASK;
}

/* One unit more than asked: a time that is over is to be over. */
static void age(const struct dp_flow *flow, void *ctx)
{
	uint64_t ticks = (*(uint32_t *)ctx * 1000000000ULL >> 32) + 1;

	*flow->meta -= ticks << POLC_CT_TIME_SHIFT;
}

void dp_age_flows(struct datapath *dp, uint32_t seconds)
{
	dp_each_flow(dp, age, &seconds);
}

struct count {
	enum polc_ct_state state;
	size_t n;
};

static void count(const struct dp_flow *flow, void *ctx)
{
	struct count *c = ctx;

	c->n += dp_flow_state(flow) == c->state;
}

size_t dp_count_flows(struct datapath *dp, enum polc_ct_state state)
{
	struct count c = {.state = state};

	dp_each_flow(dp, count, &c);
	return c.n;
}

size_t dp_program_size(struct datapath *dp, enum ir_dir dir)
{
	return bpf_program__insn_cnt(bpf_object__find_program_by_name(dp->obj, prog_names[dir]));
}
