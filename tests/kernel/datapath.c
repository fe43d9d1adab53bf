/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "tests/kernel/datapath.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "codegen/clang.h"
#include "codegen/emit.h"
#include "codegen/file.h"
#include "codegen/pages.h"
#include "tests/unit/cls_fixture.h"

enum { MAX_FLOWS = 1024, TEST_CT_ENTRIES = 1024 };

static const char *const prog_names[IR_N_DIRS] = {POLC_PROG_INGRESS, POLC_PROG_EGRESS};

static int say(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	return level == LIBBPF_WARN ? vfprintf(stderr, fmt, ap) : 0;
}

static char cache_dir[] = "/tmp/polc-test-datapath-XXXXXX";

int dp_setup(void **state)
{
	(void)state;
	return mkdtemp(cache_dir) ? 0 : -1;
}

int dp_teardown(void **state)
{
	(void)state;
	return gen_dir_remove(cache_dir);
}

/* --- loading -------------------------------------------------------------------------- */

static void open_object(struct datapath *dp, struct gen_shape shape)
{
	struct bundle_options opts = {.bpf_dir = getenv("POLC_BPF_DIR"), .cache_dir = cache_dir};
	_cleanup_buf_ struct buf name = {0}, program = {0}, object = {0};
	struct gen_clang clang;
	struct fixture f;
	int err;

	fix_init(&f);
	gen_shape_name(shape, &name);
	gen_emit_program(shape, &program);
	err = gen_clang_init(&clang, &opts, &f.diag);
	if (!err)
		err = gen_clang_compile(&clang, buf_str(&name), &program, &object, &f.diag);
	fix_no_errors(&f);
	fix_fini(&f);
	assert_int_equal(err, 0);
	libbpf_set_print(say);
	dp->n_cpus = libbpf_num_possible_cpus();
	dp->obj = bpf_object__open_mem(object.s, object.n, NULL);
	assert_non_null(dp->obj);
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

static void load(struct datapath *dp, const struct polc_self *self)
{
	/* Nothing but the constants of the endpoint may be there: the loader writes them. */
	assert_non_null(rodata(dp));
	assert_int_equal(bpf_map__value_size(rodata(dp)), sizeof(*self));
	assert_int_equal(bpf_map__set_initial_value(rodata(dp), self, sizeof(*self)), 0);
	set_size(dp, POLC_MAP_CT4, TEST_CT_ENTRIES);
	set_size(dp, POLC_MAP_CT6, TEST_CT_ENTRIES);
	assert_int_equal(bpf_object__load(dp->obj), 0);
}

void dp_open_shape(struct datapath *dp, struct gen_shape shape)
{
	struct polc_self self = {.check_source = 1};

	open_object(dp, shape);
	load(dp, &self);
}

void dp_close(struct datapath *dp)
{
	bpf_object__close(dp->obj);
	dp->obj = NULL;
}

/* --- contents ------------------------------------------------------------------------- */

static void put(struct datapath *dp, const char *name, const void *key, const void *value)
{
	struct bpf_map *map = find_map(dp, name);

	if (map)
		assert_int_equal(bpf_map_update_elem(bpf_map__fd(map), key, value, BPF_ANY), 0);
}

static void put_peers(struct datapath *dp, const struct cls *cls)
{
	vec_each (const struct cls_point, p, &cls->points) {
		if (p->addr.family != NET_NONE)
			put(dp, p->addr.family == NET_V4 ? POLC_MAP_PEERS4 : POLC_MAP_PEERS6,
			    p->addr.bytes, &p->cls);
	}
	vec_each (const struct cls_cidr, c, &cls->cidrs) {
		struct polc_lpm6 key = {.len = c->prefix.len};

		memcpy(key.addr, c->prefix.addr.bytes, 16);
		put(dp, c->prefix.addr.family == NET_V4 ? POLC_MAP_CIDRS4 : POLC_MAP_CIDRS6, &key,
		    &c->cls);
	}
}

static const struct {
	const char *rows, *ports, *pages, *cells;
} table_maps[IR_N_DIRS] = {
	{POLC_MAP_IN_ROWS, POLC_MAP_IN_PORTS, POLC_MAP_IN_PAGES, POLC_MAP_IN_CELLS},
	{POLC_MAP_EG_ROWS, POLC_MAP_EG_PORTS, POLC_MAP_EG_PAGES, POLC_MAP_EG_CELLS},
};

static void pages_of(const struct cls *cls, const struct cls_table *t, struct arena *arena,
		     struct gen_pages *out)
{
	struct bundle_table table = {
		.n_rows = t->n_rows,
		.n_cols = t->n_cols,
		.cells = t->cells,
		.row_of_class = t->row_of_class,
	};

	vec_each (const struct cls_span, s, &t->spans)
		vec_push(arena, &table.spans, *s);
	gen_pages_build(&table, cls->n_classes, arena, out);
}

static void put_pages(struct datapath *dp, const char *name, const void *pages, size_t n,
		      size_t size)
{
	for (uint32_t i = 0; i < n; i++)
		put(dp, name, &i, (const char *)pages + i * size);
}

void dp_set_tables(struct datapath *dp, const struct cls *cls, const struct cls_subject *subject)
{
	struct arena arena;

	arena_init(&arena);
	for (enum ir_dir d = 0; d < IR_N_DIRS; d++) {
		struct gen_pages p;

		pages_of(cls, subject->tables[d], &arena, &p);
		put_pages(dp, table_maps[d].rows, p.rows.v, p.rows.n, sizeof(*p.rows.v));
		put_pages(dp, table_maps[d].ports, p.ports, CLS_N_PROTOS, sizeof(*p.ports));
		put_pages(dp, table_maps[d].pages, p.pages.v, p.pages.n, sizeof(*p.pages.v));
		put_pages(dp, table_maps[d].cells, p.cells.v, p.cells.n, sizeof(*p.cells.v));
	}
	arena_fini(&arena);
}

static void set_sizes(struct datapath *dp, const struct cls *cls, const struct cls_subject *subject)
{
	struct arena arena;

	arena_init(&arena);
	set_size(dp, POLC_MAP_PEERS4, cls->points.n);
	set_size(dp, POLC_MAP_PEERS6, cls->points.n);
	set_size(dp, POLC_MAP_CIDRS4, cls->cidrs.n);
	set_size(dp, POLC_MAP_CIDRS6, cls->cidrs.n);
	for (enum ir_dir d = 0; d < IR_N_DIRS; d++) {
		struct gen_pages p;

		pages_of(cls, subject->tables[d], &arena, &p);
		set_size(dp, table_maps[d].rows, p.rows.n);
		set_size(dp, table_maps[d].ports, CLS_N_PROTOS);
		/* Room for other tables of the same shape. */
		set_size(dp, table_maps[d].pages, p.pages.n + 8);
		set_size(dp, table_maps[d].cells, p.cells.n + 8);
	}
	arena_fini(&arena);
}

static void fill_self(struct polc_self *self, const struct cls *cls,
		      const struct cls_subject *subject)
{
	vec_each (const struct net_addr, a, &subject->endpoints.v[0]->addrs) {
		if (a->family == NET_V4)
			memcpy(&self->addr4_be[self->n_addr4++], a->bytes, 4);
		else
			memcpy(self->addr6[self->n_addr6++], a->bytes, 16);
	}
	vec_each (const struct cls_cidr, c, &cls->cidrs) {
		if (c->prefix.len == 0 && c->prefix.addr.family == NET_V4)
			self->class4 = c->cls;
		if (c->prefix.len == 0 && c->prefix.addr.family == NET_V6)
			self->class6 = c->cls;
	}
	self->in_cols = subject->tables[IR_INGRESS]->n_cols;
	self->eg_cols = subject->tables[IR_EGRESS]->n_cols;
}

void dp_open(struct datapath *dp, const struct cls *cls, const struct cls_subject *subject,
	     bool check_source)
{
	struct polc_self self = {.check_source = check_source};
	struct arena arena;

	arena_init(&arena);
	open_object(dp, gen_shapes_of(cls, &arena)[subject->id]);
	arena_fini(&arena);
	fill_self(&self, cls, subject);
	set_sizes(dp, cls, subject);
	load(dp, &self);
	put_peers(dp, cls);
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
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = p->data, .data_size_in = p->len);
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
	assert_int_equal((int)opts.retval, reason < POLC_DROP_POLICY ? -1 : 2);
	return reason;
}

const char *dp_reason_name(enum polc_reason reason)
{
	static const char *const names[] = {
#define X(id, name, text) name,
		POLC_PASS_REASONS(X) POLC_DROP_REASONS(X)
#undef X
	};

	return reason < POLC_N_REASONS ? names[reason] : "?";
}

/* --- flows ---------------------------------------------------------------------------- */

/* Calls `visit` for every flow, and writes it back. */
static void each_flow(struct datapath *dp, void (*visit)(struct polc_ct *ct, void *ctx), void *ctx)
{
	static const char *const names[] = {POLC_MAP_CT4, POLC_MAP_CT6};

	for (size_t i = 0; i < 2; i++) {
		struct bpf_map *map = find_map(dp, names[i]);
		uint8_t keys[MAX_FLOWS][sizeof(struct polc_ct6_key)];
		size_t n = 0;
		int fd;

		if (!map)
			continue;
		fd = bpf_map__fd(map);
		while (n < MAX_FLOWS && !bpf_map_get_next_key(fd, n ? keys[n - 1] : NULL, keys[n]))
			n++;
		while (n--) {
			struct polc_ct ct;

			assert_int_equal(bpf_map_lookup_elem(fd, keys[n], &ct), 0);
			visit(&ct, ctx);
			assert_int_equal(bpf_map_update_elem(fd, keys[n], &ct, BPF_EXIST), 0);
		}
	}
}

static void age(struct polc_ct *ct, void *ctx)
{
	ct->seen -= *(uint32_t *)ctx;
}

void dp_age_flows(struct datapath *dp, uint32_t seconds)
{
	each_flow(dp, age, &seconds);
}

struct count {
	enum polc_ct_state state;
	size_t n;
};

static void count(struct polc_ct *ct, void *ctx)
{
	struct count *c = ctx;

	c->n += ct->state == c->state;
}

size_t dp_count_flows(struct datapath *dp, enum polc_ct_state state)
{
	struct count c = {.state = state};

	each_flow(dp, count, &c);
	return c.n;
}

size_t dp_program_size(struct datapath *dp, enum ir_dir dir)
{
	return bpf_program__insn_cnt(bpf_object__find_program_by_name(dp->obj, prog_names[dir]));
}
