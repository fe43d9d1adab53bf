/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/reach/connections/connections.h"

#include <errno.h>

#include "compiler/l7.h"
#include "compiler/space/alike.h"
#include "compiler/space/suppose.h"
#include "lang/base/buf.h"
#include "lang/base/work.h"
#include "verifier/reach/conditions.h"
#include "verifier/reach/connections/matrix.h"
#include "verifier/reach/groups.h"
#include "verifier/reach/seen.h"
#include "verifier/reach/size.h"

/* Pairs that tables answer, those that the interpreter answers, which is slower, what a list may
 * hold, and how many kinds of outside addresses may be gone through, of all ends: by tables each is
 * a look at a row, while the interpreter judges each on every port. */
enum {
	MAX_PAIRS = 1 << 24,
	MAX_JUDGED_PAIRS = 1 << 16,
	MAX_LISTED = 1 << 20,
	MAX_OUTSIDE = 1 << 28,
	MAX_JUDGED_OUTSIDE = 1 << 21
};

/* --- ends ---------------------------------------------------------------------------------------
 */

static void list_ends(struct connections *c, bool group)
{
	struct reach *r = &c->reach;
	struct reach_indices none[2] = {0};

	vec_each (struct ir_endpoint *, ep, &r->ir->endpoints)
		vec_push(r->arena, &r->ends, flow_end_of(*ep));
	vec_push(r->arena, &r->ends, flow_end_world(r->ir, r->arena));
	vec_push(r->arena, &r->ends, flow_end_host(r->ir));
	if (group && r->cls)
		reach_group_alike(r, r->cls, &none[0], &none[1]);
}

static bool concerns(const struct ir_policy *policy, const struct ir_endpoint *ep, enum ir_dir dir)
{
	return (policy->governs[dir] || policy->rules[dir].n) && ir_policy_selects(policy, ep);
}

/* No policy has a say in this direction. */
static bool is_free(const struct reach *r, const struct flow_end *end, enum ir_dir dir)
{
	if (!end->ep || end->ep->host)
		return true;
	vec_each (struct ir_policy *, policy, &r->ir->policies)
		if (concerns(*policy, end->ep, dir))
			return false;
	return true;
}

/* --- groups -------------------------------------------------------------------------------------
 */

/* How all that comes from an end and goes to it is answered. Of the world and the host nobody is
 * alike to an endpoint. */
static void tell_end(const struct connections *c, const struct connection_matrix *m, size_t i,
		     struct alike *a)
{
	const struct flow_end *end = &c->reach.ends.v[i];

	for (size_t x = 0; x < m->n; x++) {
		alike_tell(a, m->cells[i * m->n + x]);
		alike_tell(a, m->cells[x * m->n + i]);
	}
	for (enum ir_dir d = 0; d < IR_N_DIRS; d++)
		alike_tell(a, is_free(&c->reach, end, d));
	if (!end->ep || end->ep->node)
		alike_tell(a, (uint32_t)i);
}

static void keep_cells(struct arena *arena, const uint32_t *first, size_t n,
		       struct connection_matrix *m)
{
	uint32_t *cells = arena_array(arena, uint32_t, n * n);

	for (size_t from = 0; from < n; from++)
		for (size_t to = 0; to < n; to++)
			cells[from * n + to] = m->cells[first[from] * m->n + first[to]];
	m->cells = cells;
	m->n = n;
}

static void join_alike(struct connections *c, struct connection_matrix *m)
{
	struct arena *arena = c->reach.arena;
	uint32_t *new_of = arena_array(arena, uint32_t, m->n);
	uint32_t *first = arena_array(arena, uint32_t, m->n);
	size_t n = 0;
	struct alike alike;

	alike_init(&alike, arena);
	for (size_t i = 0; i < m->n; i++) {
		const struct flow_end *end = &c->reach.ends.v[i];

		tell_end(c, m, i, &alike);
		new_of[i] = alike_add(&alike, &(struct ir_end){.ep = end->ep, .addr = end->addr});
		if (new_of[i] == n)
			first[n++] = (uint32_t)i;
	}
	reach_join_groups(&c->reach, new_of, n);
	keep_cells(arena, first, n, m);
}

/* --- the list -----------------------------------------------------------------------------------
 */

static bool has_others_like_it(const struct reach *r, size_t i)
{
	const struct ir_endpoint *ep = r->ends.v[i].ep;

	return (ep && ep->workload) || (r->groups.n && r->groups.v[i].members.n > 1);
}

static bool is_governed(const struct reach *r, size_t from, size_t to)
{
	const struct ir_endpoint *src = r->ends.v[from].ep, *dst = r->ends.v[to].ep;

	return (src && !src->host) || (dst && !dst->host);
}

/* The family of all its addresses; NET_NONE: it has both, or may have either, as the node and the
 * world. */
static enum net_family only_family(const struct flow_end *end)
{
	enum net_family family = NET_NONE;

	if (!end->ep || end->ep->node)
		return NET_NONE;
	vec_each (const struct net_addr, addr, &end->ep->addrs) {
		if (family != NET_NONE && addr->family != family)
			return NET_NONE;
		family = addr->family;
	}
	return family;
}

/* By end, then by direction; and who is none of these for its family alone. */
struct freedom {
	bool *free, *parted;
};

static bool is_free_in(const struct freedom *f, size_t end, enum ir_dir dir)
{
	return f->free[end * IR_N_DIRS + dir];
}

/* Who is free reads as if any two could meet. Where some have IPv4 only and others IPv6 only, the
 * fewer are therefore listed pair by pair. */
static void part_families(const struct reach *r, struct freedom *f)
{
	size_t v4 = 0, v6 = 0;
	enum net_family parted;

	for (size_t i = 0; i < r->ends.n; i++) {
		enum net_family only = only_family(&r->ends.v[i]);
		bool counts = is_free_in(f, i, IR_EGRESS) || is_free_in(f, i, IR_INGRESS);

		v4 += counts && only == NET_V4;
		v6 += counts && only == NET_V6;
	}
	if (!v4 || !v6)
		return;
	parted = v4 < v6 ? NET_V4 : NET_V6;
	for (size_t i = 0; i < r->ends.n; i++) {
		f->parted[i] = only_family(&r->ends.v[i]) == parted;
		for (enum ir_dir d = 0; d < IR_N_DIRS && f->parted[i]; d++)
			f->free[i * IR_N_DIRS + d] = false;
	}
}

static void find_free(const struct reach *r, struct freedom *out)
{
	out->free = arena_array(r->arena, bool, r->ends.n *IR_N_DIRS);
	out->parted = arena_array(r->arena, bool, r->ends.n);
	for (size_t i = 0; i < r->ends.n; i++)
		for (enum ir_dir d = 0; d < IR_N_DIRS; d++)
			out->free[i * IR_N_DIRS + d] = is_free(r, &r->ends.v[i], d);
	part_families(r, out);
}

/* Of the world, the node and other hosts, which no policy governs, all are free: who is parted from
 * them still meets some. */
static bool is_listed(const struct reach *r, const struct freedom *f, size_t from, size_t to)
{
	if (from == to && !has_others_like_it(r, from))
		return false;
	if (is_free_in(f, from, IR_EGRESS) && is_free_in(f, to, IR_INGRESS))
		return false;
	return is_governed(r, from, to) || (from != to && (f->parted[from] || f->parted[to]));
}

static void list(struct connections *c, const struct connection_matrix *m)
{
	struct freedom f;

	find_free(&c->reach, &f);
	for (uint32_t i = 0; i < m->n; i++)
		for (enum ir_dir d = 0; d < IR_N_DIRS; d++)
			if (is_free_in(&f, i, d))
				vec_push(c->reach.arena, &c->free[d].list, i);
	/* One more than there may be is enough to tell. */
	for (uint32_t from = 0; from < m->n; from++) {
		for (uint32_t to = 0; to < m->n && c->list.n <= MAX_LISTED; to++) {
			const struct connection_parts *parts =
				&m->answers.v[m->cells[from * m->n + to]];

			if (parts->list.n && is_listed(&c->reach, &f, from, to))
				vec_push(c->reach.arena, &c->list,
					 (struct connection){from, to, parts});
		}
	}
}

/* How the ends of a list stand: rules that judge requests leave no groups. */
enum grouping { GROUP_NEVER, GROUP_NOT, GROUP_ALIKE };

static enum grouping grouping_of(const struct ir *ir, bool group)
{
	return ir_has_l7(ir) ? GROUP_NEVER : group ? GROUP_ALIKE : GROUP_NOT;
}

static int check_size(size_t n, size_t limit, const char *what, enum grouping grouping,
		      struct diag *diag)
{
	static const char *const advice[] = {
		[GROUP_NEVER] = "ask about some ends and ports with --from, --to and --port",
		[GROUP_NOT] = "group with --group, or ask about some ends and ports with --from, "
			      "--to and --port",
		[GROUP_ALIKE] = "ask about one port with --port, or about some ends with --from "
				"and --to",
	};

	return reach_limit(n, limit, what, advice[grouping], diag);
}

static int check_pairs(size_t n_ends, enum grouping grouping, struct diag *diag)
{
	return check_size(reach_product(n_ends, n_ends),
			  grouping == GROUP_NEVER ? MAX_JUDGED_PAIRS : MAX_PAIRS,
			  "pairs of ends would be asked about", grouping, diag);
}

int connections_check(const struct ir *ir, bool group, struct diag *diag)
{
	enum { WORLD_AND_HOST = 2 };
	enum grouping grouping = grouping_of(ir, group);

	return grouping == GROUP_ALIKE
		       ? 0
		       : check_pairs(ir->endpoints.n + WORLD_AND_HOST, grouping, diag);
}

static size_t count_outside(const struct reach *r)
{
	size_t n = 0;

	vec_each (const struct flow_end, end, &r->ends)
		n += end->outside ? end->outside->addrs.n : 0;
	return n;
}

static size_t count_prefixes(const struct connections *c)
{
	size_t n = 0;

	vec_each (const struct connection, con, &c->list)
		vec_each (const struct connection_part, part, &con->parts->list)
			for (enum ir_dir d = 0; d < IR_N_DIRS; d++)
				n += part->addresses[d].in.n + part->addresses[d].except.n;
	return n;
}

static int check_prefixes(size_t n, enum grouping grouping, struct diag *diag)
{
	return check_size(n, REACH_MAX_PREFIXES,
			  "prefixes or more would be listed, on which connections depend", grouping,
			  diag);
}

static int check_list(const struct connections *c, enum grouping grouping, struct diag *diag)
{
	int err = check_size(c->list.n, MAX_LISTED, "connections or more would be listed", grouping,
			     diag);

	return err ? err : check_prefixes(count_prefixes(c), grouping, diag);
}

int connections_find(const struct ir *ir, const struct cls *cls, bool group, struct work *work,
		     struct arena *arena, struct diag *diag, struct connections *out)
{
	struct connection_matrix m;
	enum grouping grouping = grouping_of(ir, group);
	int err;

	*out = (struct connections){.reach = {.ir = ir,
					      .cls = cls,
					      .arena = arena,
					      .seen = reach_seen_new(arena),
					      .conditions = reach_conditions_new(arena)}};
	region_space_init(&out->space, arena, SIZE_MAX);
	list_ends(out, group);
	err = check_pairs(out->reach.ends.n, grouping, diag);
	if (err)
		return err;
	err = check_size(reach_product(out->reach.ends.n, count_outside(&out->reach)),
			 grouping == GROUP_NEVER ? MAX_JUDGED_OUTSIDE : MAX_OUTSIDE,
			 "pairs of an end and a kind of outside addresses would be asked about",
			 grouping, diag);
	if (err)
		return err;
	err = connection_matrix_fill(out, work, &m);
	if (err == -E2BIG)
		return check_prefixes(m.n_prefixes, grouping, diag);
	if (err)
		return err;
	if (out->reach.groups.n)
		join_alike(out, &m);
	list(out, &m);
	if (work_is_over(work))
		return -ETIME;
	return check_list(out, grouping, diag);
}

void connection_put_condition(const struct connections *c, const struct connection *con,
			      const struct connection_part *part, bool world, struct buf *out)
{
	const uint32_t ends[IR_N_DIRS] = {[IR_INGRESS] = con->from, [IR_EGRESS] = con->to};
	const char *sep = "";

	for (enum ir_dir d = 0; d < IR_N_DIRS; d++) {
		if (!part->restricted[d] || (!world && c->reach.ends.v[ends[d]].outside))
			continue;
		buf_printf(out, "%s%s is in ", sep, c->reach.ends.v[ends[d]].text);
		region_put_prefixes(&part->addresses[d], out);
		sep = " and ";
	}
}

void connection_put_terms(struct connections *c, const struct connection *con,
			  const struct connection_part *part, bool world, struct buf *out)
{
	static const char *const families[] = {[FLOW_V4] = "IPv4", [FLOW_V6] = "IPv6"};
	_cleanup_buf_ struct buf condition = {0};

	buf_puts(out, diff_port_text(&c->space, part->ports));
	if (part->l7)
		buf_puts(out, " with some requests");
	if (part->one_family)
		buf_printf(out, " over %s", families[part->family]);
	connection_put_condition(c, con, part, world, &condition);
	if (condition.n)
		buf_printf(out, " if %s", buf_str(&condition));
}

static bool is_managed(const struct flow_end *end)
{
	return end->ep && !end->ep->host;
}

bool connection_is_pair(const struct connections *c, uint32_t from, uint32_t to)
{
	const struct flow_end *a = &c->reach.ends.v[from], *b = &c->reach.ends.v[to];

	if (from != to)
		return is_managed(a) || is_managed(b);
	return is_managed(a) &&
	       (a->ep->workload || (c->reach.groups.n && c->reach.groups.v[from].members.n > 1));
}
