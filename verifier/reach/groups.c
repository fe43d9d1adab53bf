/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/reach/groups.h"

#include <string.h>

#include "compiler/classes/classes.h"
#include "compiler/space/alike.h"
#include "compiler/space/nodes.h"

/* --- what the classes cannot tell apart ----------------------------------------------------------
 */

static void tell_point(const struct cls *cls, const struct ir_end *end, struct alike *a)
{
	alike_tell(a, end->addr.family);
	alike_tell(a, cls_of_end(cls, end));
	if (end->ep->host)
		alike_tell(a, cls_of_own_node(cls, end));
}

static void tell_points(const struct cls *cls, const struct ir_endpoint *ep, struct alike *a)
{
	alike_tell(a, (uint32_t)ep->addrs.n);
	vec_each (const struct net_addr, addr, &ep->addrs)
		tell_point(cls, &(struct ir_end){.ep = ep, .addr = *addr}, a);
	if (!ep->addrs.n)
		tell_point(cls, &(struct ir_end){.ep = ep}, a);
}

/* The same policies protect those that are alike, the same rules match them, and the ports that
 * were asked for by name have the same numbers. Other addresses are alike to nobody. */
static void tell_end(const struct reach *r, const struct cls *cls, const struct space_nodes *nodes,
		     size_t i, struct alike *a)
{
	const struct ir_endpoint *ep = r->ends.v[i].ep;

	if (!ep || ep->node || ir_is_at_node(ep)) {
		alike_tell(a, (uint32_t)i);
		return;
	}
	alike_tell(a, UINT32_MAX);
	alike_tell(a, ep->host ? UINT32_MAX : cls->subject_of_endpoint[ep->id]);
	alike_tell(a, space_node_of(nodes, ep));
	tell_points(cls, ep, a);
	vec_each (const struct flow_port, port, &r->ports)
		if (port->named && port->name != INTERN_NONE)
			alike_tell(a, (uint32_t)ir_endpoint_port(ep, port->proto, port->name));
}

static uint32_t add_end(struct alike *a, const struct flow_end *end)
{
	return alike_add(a, &(struct ir_end){.ep = end->ep, .addr = end->addr});
}

static const char *label_of(const struct reach *r, const struct reach_group *g)
{
	return g->members.n == 1 ? g->members.v[0].text
				 : arena_printf(r->arena, "%s and %zu more", g->members.v[0].text,
						g->members.n - 1);
}

/* One end a group; what stands for a group is its first member, under another name. */
static void set_ends(struct reach *r)
{
	r->ends.n = 0;
	vec_each (const struct reach_group, g, &r->groups) {
		struct flow_end end = g->members.v[0];

		end.text = label_of(r, g);
		vec_push(r->arena, &r->ends, end);
	}
}

static struct reach_indices map_indices(struct reach *r, struct reach_indices old,
					const uint32_t *group_of)
{
	struct reach_indices out = {.v = arena_array(r->arena, uint32_t, old.n)};
	bool *there = arena_array(r->arena, bool, r->groups.n + 1);

	for (size_t i = 0; i < old.n; i++) {
		uint32_t g = group_of[old.v[i]];

		if (!there[g])
			out.v[out.n++] = g;
		there[g] = true;
	}
	return out;
}

/* Which ends are listed, each once. */
static bool *mark(const struct reach *r, const struct reach_indices *list)
{
	bool *marked = arena_array(r->arena, bool, r->ends.n + 1);

	for (size_t i = 0; i < list->n; i++)
		marked[list->v[i]] = true;
	return marked;
}

/* An endpoint that has several names is one. Those that are no endpoints of the inventory are
 * alike to nobody, so that their cells say themselves what is a pair of one. */
static bool is_single(const struct reach *r, const struct ir_endpoint *ep)
{
	return ep && !ep->workload && ep->id < r->ir->endpoints.n &&
	       r->ir->endpoints.v[ep->id] == ep;
}

static void count_asked(struct reach *r, const struct reach_indices *from,
			const struct reach_indices *to, const uint32_t *group_of)
{
	const bool *is_from = mark(r, from), *is_to = mark(r, to);
	uint32_t *n_to = arena_array(r->arena, uint32_t, r->ir->endpoints.n + 1);

	for (size_t i = 0; i < r->ends.n; i++) {
		r->groups.v[group_of[i]].n_from += is_from[i];
		r->groups.v[group_of[i]].n_to += is_to[i];
		if (is_to[i] && is_single(r, r->ends.v[i].ep))
			n_to[r->ends.v[i].ep->id]++;
	}
	for (size_t i = 0; i < r->ends.n; i++)
		if (is_from[i] && is_single(r, r->ends.v[i].ep))
			r->groups.v[group_of[i]].n_self += n_to[r->ends.v[i].ep->id];
}

void reach_group_alike(struct reach *r, const struct cls *cls, struct reach_indices *from,
		       struct reach_indices *to)
{
	uint32_t *group_of = arena_array(r->arena, uint32_t, r->ends.n + 1);
	struct space_nodes nodes;
	struct alike alike;

	alike_init(&alike, r->arena);
	space_nodes_find(&nodes, r->ir, r->arena);
	for (size_t i = 0; i < r->ends.n; i++) {
		tell_end(r, cls, &nodes, i, &alike);
		group_of[i] = add_end(&alike, &r->ends.v[i]);
		if (group_of[i] == r->groups.n)
			vec_push(r->arena, &r->groups, (struct reach_group){0});
		vec_push(r->arena, &r->groups.v[group_of[i]].members, r->ends.v[i]);
	}
	count_asked(r, from, to, group_of);
	*from = map_indices(r, *from, group_of);
	*to = map_indices(r, *to, group_of);
	set_ends(r);
}

/* --- what no answer tells apart ------------------------------------------------------------------
 */

/* A flow's answer as a word. */
static uint32_t cell(const struct reach *r, size_t port, size_t f, size_t t)
{
	const struct reach_row *row = &r->rows.v[(port * r->n_from + f) * r->n_to + t];
	const struct reach_verdicts *v = row->self ? &row->twins : &row->verdicts;
	uint32_t word = v->all;

	for (enum ir_dir d = 0; d < IR_N_DIRS; d++)
		word = word << 3 | v->dirs[d];
	for (enum flow_family fam = 0; fam < FLOW_N_FAMILIES; fam++) {
		word = word << 1 | v->possible[fam];
		for (enum ir_dir d = 0; d < IR_N_DIRS; d++)
			word = word << 3 | v->families[fam][d];
	}
	return word;
}

/* Both ways. True: one of them depends on an address. */
static bool tell_pair(const struct reach *r, size_t port, size_t i, size_t x, struct alike *a)
{
	const struct reach_row *rows = &r->rows.v[port * r->n_from * r->n_to];

	alike_tell(a, cell(r, port, i, x));
	alike_tell(a, cell(r, port, x, i));
	return reach_row_verdict(&rows[i * r->n_to + x]) == FLOW_DEPENDS ||
	       reach_row_verdict(&rows[x * r->n_to + i]) == FLOW_DEPENDS;
}

/* How all flows from and to the i-th group are answered. */
static void tell_answers(const struct reach *r, size_t i, struct alike *a)
{
	const struct flow_end *end = &r->ends.v[r->rows.v[i * r->n_to].from];
	bool depends = false;

	for (size_t port = 0; port < r->ports.n; port++)
		for (size_t x = 0; x < r->n_to; x++)
			depends |= tell_pair(r, port, i, x, a);
	/* An address and the node are no endpoints, however they are treated; and what one flow
	 * depends on may be another thing than what the next does. */
	if (depends || !end->ep || end->ep->node)
		alike_tell(a, (uint32_t)i);
}

/* Rows of the groups that stay: of `first`, the first old one of each. */
static void keep_rows(struct reach *r, const uint32_t *first, size_t n, const uint32_t *new_of)
{
	VEC(struct reach_row) rows = {0};

	for (size_t port = 0; port < r->ports.n; port++) {
		for (size_t f = 0; f < n; f++) {
			for (size_t t = 0; t < n; t++) {
				struct reach_row row =
					r->rows.v[(port * r->n_from + first[f]) * r->n_to +
						  first[t]];

				row.from = new_of[row.from];
				row.to = new_of[row.to];
				if (f == t && row.self && r->groups.v[row.from].members.n > 1) {
					row.self = false;
					row.verdicts = row.twins;
				}
				vec_push(r->arena, &rows, row);
			}
		}
	}
	r->rows.v = rows.v;
	r->rows.n = rows.n;
	r->rows.cap = rows.cap;
	r->n_from = r->n_to = n;
}

void reach_join_groups(struct reach *r, const uint32_t *new_of, size_t n)
{
	struct reach_group *groups = arena_array(r->arena, struct reach_group, n + 1);

	for (size_t i = 0; i < r->groups.n; i++) {
		const struct reach_group *old = &r->groups.v[i];
		struct reach_group *joined = &groups[new_of[i]];

		vec_each (const struct flow_end, end, &old->members)
			vec_push(r->arena, &joined->members, *end);
		joined->n_from += old->n_from;
		joined->n_to += old->n_to;
		joined->n_self += old->n_self;
	}
	r->groups.v = groups;
	r->groups.n = n;
	r->groups.cap = n + 1;
	set_ends(r);
}

void reach_merge_groups(struct reach *r)
{
	size_t n = r->n_from, n_merged = 0;
	uint32_t *new_of = arena_array(r->arena, uint32_t, r->ends.n + 1);
	uint32_t *first = arena_array(r->arena, uint32_t, n + 1);
	struct alike alike;

	alike_init(&alike, r->arena);
	for (size_t i = 0; i < n; i++) {
		uint32_t old = r->rows.v[i * r->n_to].from, id;

		tell_answers(r, i, &alike);
		id = add_end(&alike, &r->ends.v[old]);
		if (id == n_merged)
			first[n_merged++] = (uint32_t)i;
		new_of[old] = id;
	}
	reach_join_groups(r, new_of, n_merged);
	keep_rows(r, first, n_merged, new_of);
}
