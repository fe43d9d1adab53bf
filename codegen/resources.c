/* SPDX-License-Identifier: Apache-2.0 */
#include "codegen/resources.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/abi.h"
#include "codegen/bundle.h"
#include "codegen/codes.h"
#include "codegen/decisions.h"
#include "codegen/hook.h"
#include "codegen/image/addrs.h"
#include "codegen/image/pages.h"
#include "lang/base/buf.h"

/* Endpoints to come are taken to stand at least this densely in each 256 addresses that hold
 * any; a range of a node that Kubernetes makes (/24) holds about as many as a node runs. */
enum { GROWN_DENSITY = 32, RANGE_DENSITY = 8 };

enum { MAX_NAMED = 3 }; /* policies in a message */

/* A page of columns for each span that fills one, and one for each border inside a page. */
enum { MAX_PORT_PAGES = CLS_N_PROTOS * POLC_PAGE };

static const struct {
	const char *name;
	uint64_t limit;
	const char *text;
} needs[] = {
#define X(id, name, limit, text) {name, limit, text},
	GEN_NEEDS(X)
#undef X
};

const char *gen_need_name(enum gen_need_id id)
{
	return needs[id].name;
}

uint64_t gen_need_limit(enum gen_need_id id)
{
	return needs[id].limit;
}

uint64_t gen_need_bytes(const struct gen_resources *r, bool worst)
{
	const struct gen_need *p = &r->needs[GEN_NEED_PAGES], *l = &r->needs[GEN_NEED_LINES];

	return (worst ? p->worst : p->now) * sizeof(struct polc_page) +
	       (worst ? l->worst : l->now) * sizeof(struct polc_cells_line);
}

/* --- programs -------------------------------------------------------------------------------- */

static int over_program(const char *program, const char *shape, uint32_t has, const char *what,
			int limit, struct diag *diag)
{
	diag_error(diag, LOC_NONE, GEN_CODE_LIMIT,
		   "the program %s of shape %s has %u %s, and %d are allowed: this is a fault of "
		   "polc or of its compiler; build with --counters none and without --events, "
		   "which takes less",
		   program, shape, has, what, limit);
	return -E2BIG;
}

static int check_program(const char *program, const char *shape, const struct gen_program_use *use,
			 struct diag *diag)
{
	if (use->insns > GEN_MAX_INSNS)
		return over_program(program, shape, use->insns, "instructions", GEN_MAX_INSNS,
				    diag);
	if (use->stack > GEN_MAX_STACK)
		return over_program(program, shape, use->stack, "bytes of stack", GEN_MAX_STACK,
				    diag);
	return 0;
}

/* Each stage has a stack of its own, as a tail call leaves nothing behind. */
static int check_programs(const struct gen_shape_use *use, const char *title, struct diag *diag)
{
	int err = 0;

	for (enum polc_hook h = 0; h < POLC_N_EP_HOOKS; h++) {
		for (enum polc_stage i = 0; i < POLC_N_STAGES && !err; i++)
			err = check_program(gen_hook(h)->stages[i].program, title,
					    &use->object.programs[h][i], diag);
	}
	return err;
}

int gen_resources_add_shape(struct gen_resources *r, struct gen_shape shape, uint32_t endpoints,
			    const void *object, size_t size, struct arena *arena, struct diag *diag)
{
	struct gen_shape_use use = {.shape = shape, .object_size = size, .endpoints = endpoints};
	_cleanup_buf_ struct buf name = {0}, title = {0};
	int err;

	gen_shape_name(shape, &name);
	gen_shape_title(shape, &title);
	use.name = arena_strdup(arena, buf_str(&name));
	err = gen_object_read(object, size, shape, arena, diag, &use.object);
	if (!err)
		err = check_programs(&use, buf_str(&title), diag);
	vec_push(arena, &r->shapes, use);
	return err;
}

/* --- tables ---------------------------------------------------------------------------------- */

/* Of one table: pages and lines. */
struct table_cost {
	const struct cls_table *table;
	uint64_t now[GEN_N_NEEDS], worst[GEN_N_NEEDS];
};

struct proving {
	struct gen_resources *r;
	const struct cls *cls;
	struct arena *arena;
	struct diag *diag;
	struct table_cost *costs; /* by table id */
};

static void set_need(struct gen_resources *r, enum gen_need_id id, uint64_t now, uint64_t worst)
{
	r->needs[id] = (struct gen_need){now, worst > now ? worst : now};
}

static uint64_t units(uint64_t n, uint64_t of)
{
	return (n + of - 1) / of;
}

/* The table as the loader will get it. */
static void read_table(const struct cls_table *from, uint32_t n_classes, struct arena *arena,
		       struct bundle_table *to)
{
	*to = (struct bundle_table){.n_rows = from->n_rows,
				    .n_cols = from->n_cols,
				    .cells = from->cells,
				    .row_of_class = cls_table_rows(from, n_classes, arena),
				    .decided = from->decided};
	vec_each (const struct cls_span, span, &from->spans)
		vec_push(arena, &to->spans, *span);
}

static void count_table(struct proving *p, const struct cls_table *t)
{
	struct table_cost *cost = &p->costs[t->id];
	uint64_t rows = t->max_rows, cols = t->max_cols, port_pages;
	struct bundle_table table;
	struct gen_pages pages;
	struct arena arena;

	arena_init(&arena);
	read_table(t, p->cls->n_classes, &arena, &table);
	gen_pages_build(&table, p->cls->n_classes, &arena, &pages);
	port_pages = pages.ports.n;
	cost->table = t;
	cost->now[GEN_NEED_PAGES] = pages.rows.n + pages.ports.n + pages.decided.n;
	cost->now[GEN_NEED_LINES] = pages.cells.n;
	arena_fini(&arena);
	memcpy(cost->worst, cost->now, sizeof(cost->worst));
	if (!p->r->identities)
		return;
	if (cols > t->n_cols)
		port_pages += 2 * (cols - t->n_cols);
	if (port_pages > CLS_N_PROTOS + MAX_PORT_PAGES)
		port_pages = CLS_N_PROTOS + MAX_PORT_PAGES;
	cost->worst[GEN_NEED_PAGES] = units(p->cls->max_classes, POLC_PAGE) + port_pages +
				      (t->decided ? units(rows * cols, POLC_PAGE) : 0);
	cost->worst[GEN_NEED_LINES] = units(rows * cols, POLC_LINE_BITS);
}

static int by_size(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x > y ? -1 : x < y;
}

/* What each table needs of it, the most first. */
static uint64_t *sorted_costs(const struct proving *p, enum gen_need_id id, bool worst)
{
	size_t n = p->cls->tables.n;
	uint64_t *sizes = arena_array(p->arena, uint64_t, n + 1);

	for (size_t i = 0; i < n; i++)
		sizes[i] = worst ? p->costs[i].worst[id] : p->costs[i].now[id];
	qsort(sizes, n, sizeof(*sizes), by_size);
	return sizes;
}

/* What the tables of any so many endpoints can come to: two each, those that need the most, no
 * two of them with anything in common. */
static uint64_t sum_largest(const struct proving *p, enum gen_need_id id, bool worst)
{
	size_t n = (size_t)p->r->endpoints * IR_N_DIRS;
	const uint64_t *sizes = sorted_costs(p, id, worst);
	uint64_t sum = 0;

	for (size_t i = 0; i < n && i < p->cls->tables.n; i++)
		sum += sizes[i];
	return sum;
}

/* How many endpoints surely find room for their tables. */
static uint32_t count_fitting(const struct proving *p, enum gen_need_id id, uint64_t room)
{
	const uint64_t *sizes = sorted_costs(p, id, true);
	uint64_t sum = 0;

	for (size_t i = 0; i < p->cls->tables.n; i++) {
		sum += sizes[i];
		if (sum > room)
			return (uint32_t)(i / IR_N_DIRS);
	}
	return POLC_ENDPOINTS - 1;
}

/* --- addresses ------------------------------------------------------------------------------- */

/* The pages that IPv4 addresses and prefixes take: of the trie, and of ranges, which never have
 * more than one for each eight of their addresses (GEN_RANGE_DENSITY). */
static void count_addresses(struct proving *p)
{
	struct gen_need *pages = &p->r->needs[GEN_NEED_ADDRS];
	struct bundle b = {.n_classes = p->cls->n_classes};
	uint64_t ranged = p->cls->points.n, grown = p->r->identities;
	struct gen_addrs addrs;

	arena_init(&b.arena);
	vec_each (const struct cls_point, point, &p->cls->points)
		if (point->addr.family != NET_NONE)
			vec_push(&b.arena, &b.peers, (struct bundle_peer){point->addr, point->cls});
	vec_each (const struct cls_cidr, c, &p->cls->cidrs)
		vec_push(&b.arena, &b.cidrs, (struct bundle_cidr){c->prefix, c->cls, c->node});
	/* Too many for the trie are too many for a bank as well. */
	pages->now = gen_addrs_build4(&b, &b.arena, &addrs) ? POLC_ADDR_PAGES + 1 : addrs.n;
	arena_fini(&b.arena);
	pages->now += units(ranged * RANGE_DENSITY, POLC_PAGE);
	pages->worst = pages->now;
	if (grown > ranged)
		pages->worst += units((grown - ranged) * RANGE_DENSITY, POLC_PAGE) +
				2 * units(grown - ranged, GROWN_DENSITY);
}

static void count_addresses6(struct proving *p)
{
	uint64_t peers = 0, cidrs = 0;

	vec_each (const struct cls_point, point, &p->cls->points)
		peers += point->addr.family == NET_V6;
	vec_each (const struct cls_cidr, c, &p->cls->cidrs)
		cidrs += c->prefix.addr.family == NET_V6 && c->prefix.len;
	set_need(p->r, GEN_NEED_PEERS6, peers, p->r->identities);
	set_need(p->r, GEN_NEED_CIDRS6, cidrs, cidrs);
}

/* --- the rest -------------------------------------------------------------------------------- */

/* Of the listeners of decisions, where any redirects: one for each, in a bank once. */
static uint64_t listener_pages(const struct gen_decisions *decisions)
{
	vec_each (const struct cls_decision *const, d, &decisions->list)
		if ((*d)->outcome == IR_OUTCOME_REDIRECT)
			return units(decisions->list.n, POLC_PAGE);
	return 0;
}

static void sum_tables(struct proving *p, uint64_t beside)
{
	uint32_t by_pages = count_fitting(p, GEN_NEED_PAGES, POLC_PAGES - beside);
	uint32_t by_lines = count_fitting(p, GEN_NEED_LINES, POLC_CELL_LINES);

	p->r->fits = by_pages < by_lines ? by_pages : by_lines;
	set_need(p->r, GEN_NEED_LINES, sum_largest(p, GEN_NEED_LINES, false),
		 sum_largest(p, GEN_NEED_LINES, true));
	set_need(p->r, GEN_NEED_PAGES, beside + sum_largest(p, GEN_NEED_PAGES, false),
		 beside + sum_largest(p, GEN_NEED_PAGES, true));
}

static void count_needs(struct proving *p)
{
	struct gen_decisions decisions;

	p->costs = arena_array(p->arena, struct table_cost, p->cls->tables.n + 1);
	vec_each (struct cls_table *, t, &p->cls->tables)
		count_table(p, *t);
	count_addresses(p);
	gen_decisions_number(p->cls, p->arena, &decisions);
	sum_tables(p, listener_pages(&decisions));
	count_addresses6(p);
	set_need(p->r, GEN_NEED_CLASSES, p->cls->n_classes, p->cls->max_classes);
	set_need(p->r, GEN_NEED_DECISIONS, decisions.list.n, decisions.list.n);
	set_need(p->r, GEN_NEED_PROGRAMS, p->r->shapes.n, p->r->shapes.n);
}

/* --- what is over a limit -------------------------------------------------------------------- */

/* What a policy adds to it, in words and in number. */
struct share {
	const struct ir_policy *policy;
	uint64_t n;
};

static uint64_t count_peers(const struct ir_policy *policy, enum ir_dir dir)
{
	uint64_t n = 0;

	vec_each (struct ir_rule *, rule, &policy->rules[dir])
		n += (*rule)->peers.n;
	return n;
}

static int by_share(const void *a, const void *b)
{
	const struct share *x = a, *y = b;

	if (x->n != y->n)
		return x->n > y->n ? -1 : 1;
	return x->policy->id < y->policy->id ? -1 : x->policy->id > y->policy->id;
}

/* Names the policies that cost most: with the most peers, in one direction or both (`dirs`: a
 * set of bits). */
static void note_policies(struct proving *p, struct diag_item *item,
			  const struct ir_policy *const *policies, size_t n, unsigned dirs)
{
	struct share *shares = arena_array(p->arena, struct share, n + 1);

	for (size_t i = 0; i < n; i++) {
		shares[i].policy = policies[i];
		for (enum ir_dir d = 0; d < IR_N_DIRS; d++)
			shares[i].n += dirs >> d & 1 ? count_peers(policies[i], d) : 0;
	}
	qsort(shares, n, sizeof(*shares), by_share);
	for (size_t i = 0; i < n && i < MAX_NAMED && shares[i].n; i++)
		diag_note(p->diag, item, shares[i].policy->loc,
			  "%s '%s' takes part with %llu peers", shares[i].policy->kind,
			  shares[i].policy->name, (unsigned long long)shares[i].n);
}

static const struct cls_subject *subject_of(const struct cls *cls, const struct cls_table *t,
					    enum ir_dir *dir)
{
	vec_each (struct cls_subject *, s, &cls->subjects) {
		for (*dir = 0; *dir < IR_N_DIRS; (*dir)++)
			if ((*s)->tables[*dir] == t)
				return *s;
	}
	return NULL;
}

/* Names the table that costs most, whose it is, and the policies behind it. */
static void note_table(struct proving *p, struct diag_item *item, enum gen_need_id id)
{
	const struct table_cost *most = &p->costs[0];
	const struct cls_subject *s;
	enum ir_dir dir;

	for (size_t i = 0; i < p->cls->tables.n; i++)
		if (p->costs[i].worst[id] > most->worst[id])
			most = &p->costs[i];
	s = subject_of(p->cls, most->table, &dir);
	if (!s)
		return;
	diag_note(p->diag, item, LOC_NONE,
		  "most of it, %llu, is of the %s table of '%s': %u kinds of peers x %u of ports "
		  "today, at most %u x %u",
		  (unsigned long long)most->worst[id], ir_dir_name(dir), s->endpoints.v[0]->name,
		  most->table->n_rows, most->table->n_cols, most->table->max_rows,
		  most->table->max_cols);
	note_policies(p, item, s->policies.v, s->policies.n, 1u << dir);
}

static void note_who(struct proving *p, struct diag_item *item, enum gen_need_id id)
{
	const struct ir *ir = p->cls->ir;

	if (id == GEN_NEED_PAGES || id == GEN_NEED_LINES)
		note_table(p, item, id);
	else if (id != GEN_NEED_PEERS6)
		note_policies(p, item, (const struct ir_policy *const *)ir->policies.v,
			      ir->policies.n, 1u << IR_INGRESS | 1u << IR_EGRESS);
}

static void over(struct proving *p, enum gen_need_id id)
{
	const struct gen_need *need = &p->r->needs[id];
	bool grown = need->now <= gen_need_limit(id);
	struct diag_item *item;

	item = diag_error(p->diag, LOC_NONE, GEN_CODE_LIMIT,
			  "a node of %u endpoints would need %llu %s, and it has room for %llu",
			  p->r->endpoints, (unsigned long long)(grown ? need->worst : need->now),
			  gen_need_name(id), (unsigned long long)gen_need_limit(id));
	if (grown)
		diag_note(p->diag, item, LOC_NONE,
			  "that is with %u identities; today it is %llu: provide for fewer with "
			  "--identities N, or let the policies tell fewer peers apart",
			  p->r->identities, (unsigned long long)need->now);
	if (id == GEN_NEED_PAGES || id == GEN_NEED_LINES)
		diag_note(p->diag, item, LOC_NONE,
			  "any %u endpoints fit: run no more on a node, and say so with "
			  "--node-endpoints %u",
			  p->r->fits, p->r->fits);
	note_who(p, item, id);
}

int gen_resources_prove(struct gen_resources *r, const struct cls *cls,
			const struct bundle_options *opts, struct arena *arena, struct diag *diag)
{
	struct proving p = {.r = r, .cls = cls, .arena = arena, .diag = diag};
	uint32_t managed = 0, on_node = opts->node_endpoints;
	int err = 0;

	vec_each (struct cls_subject *, s, &cls->subjects)
		managed += (uint32_t)(*s)->endpoints.n;
	on_node = on_node ? on_node : GEN_NODE_ENDPOINTS;
	r->endpoints = managed < on_node ? managed : on_node;
	r->identities = cls->max_classes ? opts->identities : 0;
	count_needs(&p);
	for (enum gen_need_id id = 0; id < GEN_N_NEEDS; id++) {
		if (r->needs[id].worst <= gen_need_limit(id))
			continue;
		over(&p, id);
		err = -E2BIG;
	}
	return err;
}

/* --- the report ------------------------------------------------------------------------------ */

static json_t *program_json(const struct gen_program_use *p)
{
	return json_pack("{sisisi}", "instructions", (int)p->insns, "functions", (int)p->functions,
			 "stack", (int)p->stack);
}

static json_t *hook_json(const struct gen_shape_use *use, enum polc_hook hook)
{
	json_t *value = program_json(&use->object.programs[hook][POLC_STAGE_MAIN]);
	json_t *stages = json_object();

	for (enum polc_stage i = POLC_STAGE_MAIN + 1; i < POLC_N_STAGES; i++) {
		const struct gen_stage_ops *stage = gen_stage(use->shape, hook, i);

		if (stage)
			json_object_set_new(stages, stage->name,
					    program_json(&use->object.programs[hook][i]));
	}
	json_object_set_new(value, "stages", stages);
	return value;
}

static json_t *shape_json(const struct gen_shape_use *s)
{
	json_t *value = json_pack("{sssosisI}", "name", s->name, "features",
				  gen_shape_features_value(s->shape), "endpoints",
				  (int)s->endpoints, "objectBytes", (json_int_t)s->object_size);

	for (enum polc_hook h = 0; h < POLC_N_EP_HOOKS; h++)
		json_object_set_new(value, ir_dir_name(gen_hook(h)->dir), hook_json(s, h));
	return value;
}

json_t *gen_resources_value(const struct gen_resources *r)
{
	json_t *shapes = json_array(), *node = json_array();

	vec_each (const struct gen_shape_use, s, &r->shapes)
		json_array_append_new(shapes, shape_json(s));
	for (enum gen_need_id id = 0; id < GEN_N_NEEDS; id++)
		json_array_append_new(node, json_pack("{sssIsIsI}", "name", gen_need_name(id),
						      "now", (json_int_t)r->needs[id].now, "worst",
						      (json_int_t)r->needs[id].worst, "limit",
						      (json_int_t)gen_need_limit(id)));
	return json_pack("{sIsIsIsoso}", "identities", (json_int_t)r->identities, "nodeEndpoints",
			 (json_int_t)r->endpoints, "fits", (json_int_t)r->fits, "shapes", shapes,
			 "node", node);
}
