/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/reach_groups.h"

#include <string.h>

#include "compiler/classes/classes.h"
#include "compiler/classes/keyset.h"
#include "lang/base/buf.h"

/* --- what the classes cannot tell apart ----------------------------------------------------------
 */

static void put_points(const struct cls *cls, const struct ir_endpoint *ep, struct buf *key)
{
	vec_each (const struct net_addr, addr, &ep->addrs) {
		struct ir_end end = {.ep = ep, .addr = *addr};
		uint32_t words[] = {addr->family, cls_of_end(cls, &end)};

		buf_add(key, words, sizeof(words));
	}
	if (!ep->addrs.n) {
		struct ir_end end = {.ep = ep};
		uint32_t words[] = {NET_NONE, cls_of_end(cls, &end)};

		buf_add(key, words, sizeof(words));
	}
}

/* Equal keys: the same policies protect them, the same rules match them, and the ports that were
 * asked for by name have the same numbers. Other addresses are alike to nobody. */
static void put_key(const struct reach *r, const struct cls *cls, size_t i, struct buf *key)
{
	const struct ir_endpoint *ep = r->ends.v[i].ep;
	uint32_t words[] = {ep && !ep->node ? UINT32_MAX : (uint32_t)i, 0};

	if (ep && !ep->node)
		words[1] = ep->host ? UINT32_MAX : cls->subject_of_endpoint[ep->id];
	buf_add(key, words, sizeof(words));
	if (!ep || ep->node)
		return;
	put_points(cls, ep, key);
	vec_each (const struct flow_port, port, &r->ports) {
		int n = port->named && port->name != INTERN_NONE
				? ir_endpoint_port(ep, port->proto, port->name)
				: 0;

		buf_add(key, &n, sizeof(n));
	}
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

void reach_group_alike(struct reach *r, const struct cls *cls, struct reach_indices *from,
		       struct reach_indices *to)
{
	uint32_t *group_of = arena_array(r->arena, uint32_t, r->ends.n + 1);
	struct keyset known;

	keyset_init(&known, r->arena);
	for (size_t i = 0; i < r->ends.n; i++) {
		_cleanup_buf_ struct buf key = {0};

		put_key(r, cls, i, &key);
		group_of[i] = keyset_add(&known, buf_str(&key), key.n);
		if (group_of[i] == r->groups.n)
			vec_push(r->arena, &r->groups, (struct reach_group){0});
		vec_push(r->arena, &r->groups.v[group_of[i]].members, r->ends.v[i]);
	}
	*from = map_indices(r, *from, group_of);
	*to = map_indices(r, *to, group_of);
	set_ends(r);
}

/* --- what no answer tells apart ------------------------------------------------------------------
 */

static uint8_t cell(const struct reach *r, size_t port, size_t f, size_t t)
{
	const struct reach_row *row = &r->rows.v[(port * r->n_from + f) * r->n_to + t];
	const uint8_t *v = row->self ? row->twins : row->verdicts;

	return (uint8_t)(v[IR_INGRESS] | v[IR_EGRESS] << 1);
}

static uint32_t signature(const struct reach *r, size_t i, struct keyset *known)
{
	_cleanup_buf_ struct buf key = {0};

	for (size_t port = 0; port < r->ports.n; port++) {
		for (size_t x = 0; x < r->n_to; x++) {
			uint8_t both[] = {cell(r, port, i, x), cell(r, port, x, i)};

			buf_add(&key, both, sizeof(both));
		}
	}
	/* An address is no endpoint, however it is treated. */
	if (!r->ends.v[r->rows.v[i * r->n_to].from].ep)
		buf_add(&key, &i, sizeof(i));
	return keyset_add(known, buf_str(&key), key.n);
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
					memcpy(row.verdicts, row.twins, sizeof(row.verdicts));
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

void reach_merge_groups(struct reach *r)
{
	size_t n = r->n_from;
	uint32_t *new_of = arena_array(r->arena, uint32_t, r->ends.n + 1);
	uint32_t *first = arena_array(r->arena, uint32_t, n + 1);
	struct reach merged = {0};
	struct keyset known;

	keyset_init(&known, r->arena);
	for (size_t i = 0; i < n; i++) {
		uint32_t old = r->rows.v[i * r->n_to].from, id = signature(r, i, &known);

		if (id == merged.groups.n) {
			first[id] = (uint32_t)i;
			vec_push(r->arena, &merged.groups, (struct reach_group){0});
		}
		new_of[old] = id;
		vec_each (const struct flow_end, end, &r->groups.v[old].members)
			vec_push(r->arena, &merged.groups.v[id].members, *end);
	}
	r->groups.v = merged.groups.v;
	r->groups.n = merged.groups.n;
	r->groups.cap = merged.groups.cap;
	keep_rows(r, first, merged.groups.n, new_of);
	set_ends(r);
}
