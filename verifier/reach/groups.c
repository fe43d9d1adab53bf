/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/reach/groups.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "compiler/classes/classes.h"
#include "compiler/space/alike.h"
#include "compiler/space/nodes.h"
#include "lang/base/work.h"
#include "verifier/reach/packed.h"

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

/* A flow's answer as a word; its last bit: it depends on an address. */
static uint32_t word_of(const struct reach_row *row)
{
	uint32_t packed = reach_pack(row->self ? &row->twins : &row->verdicts);

	return packed << 1 | (reach_row_verdict(row) == FLOW_DEPENDS);
}

/* How all flows of a port from and to the i-th group are answered. */
static void tell_answers(const uint32_t *words, size_t n, size_t i, struct alike *a)
{
	uint32_t depends = 0;

	for (size_t x = 0; x < n; x++) {
		uint32_t to = words[i * n + x], from = words[x * n + i];

		alike_tell(a, to);
		alike_tell(a, from);
		depends |= (to | from) & 1;
	}
	/* What one flow depends on may be another thing than what the next does. */
	alike_tell(a, depends ? (uint32_t)i : UINT32_MAX);
}

/* Tells apart whom this port tells apart, and those that were; how many there are then. */
static size_t split_by_port(const struct reach *r, size_t port, uint32_t *words, uint32_t *new_of)
{
	size_t n = r->n_from;
	struct alike alike;
	struct arena arena; /* of this port: there may be many */

	arena_init(&arena);
	alike_init(&alike, &arena);
	for (size_t i = 0; i < n * n; i++) {
		struct reach_row row;

		reach_row(r, port * n * n + i, &row);
		words[i] = word_of(&row);
	}
	for (size_t i = 0; i < n; i++) {
		alike_tell(&alike, new_of[i]);
		tell_answers(words, n, i, &alike);
		new_of[i] = add_end(&alike, &r->ends.v[i]);
	}
	n = alike.groups.n;
	arena_fini(&arena);
	return n;
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

int reach_merge_groups(struct reach *r)
{
	size_t n = r->n_from, n_merged = 0;
	uint32_t *new_of = arena_array(r->arena, uint32_t, n);
	uint32_t *words = arena_array(r->arena, uint32_t, n * n);

	assert(r->ends.n == n && r->n_to == n && !r->rows.n);
	/* An address and the node are no endpoints, however they are treated. */
	for (uint32_t i = 0; i < n; i++)
		new_of[i] = r->ends.v[i].ep && !r->ends.v[i].ep->node ? UINT32_MAX : i;
	work_step(r->work, "flows", n * n * r->ports.n);
	/* In the end each may be alone. */
	for (size_t port = 0; port < r->ports.n && n_merged < n; port++) {
		if (work_is_over(r->work))
			return -ETIME;
		work_tell(r->work, port * n * n);
		n_merged = split_by_port(r, port, words, new_of);
	}
	work_step_end(r->work);
	reach_join_groups(r, new_of, n_merged);
	for (uint32_t i = 0; i < n_merged; i++)
		r->from.v[i] = r->to.v[i] = i;
	r->from.n = r->to.n = r->n_from = r->n_to = n_merged;
	return 0;
}
