/* SPDX-License-Identifier: Apache-2.0 */
/* What endpoints have in common: labels, and their kind. */
#include "verifier/diff/closed/closed.h"

static void index_init(struct closed_index *index, struct arena *arena)
{
	*index = (struct closed_index){0};
	intern_init(&index->names, arena);
}

static void index_add(struct diff_world *w, struct closed_index *index, const char *name,
		      const struct closed_endpoint *e)
{
	uint32_t id = intern_add(&index->names, name);

	if (id == index->spans.n)
		vec_push(w->arena, &index->spans, (struct region_spans){0});
	vec_push(w->arena, &index->spans.v[id].list,
		 (struct region_span){e->first, e->first + e->n - 1});
}

static void index_seal(struct diff_world *w, struct closed_index *index)
{
	vec_each (const struct region_spans, spans, &index->spans)
		vec_push(w->arena, &index->sets, region_set(&w->space, spans));
}

const struct region_set *closed_index_get(struct diff_world *w, const struct closed_index *index,
					  const char *name)
{
	uint32_t id = intern_find(&index->names, name);
	struct region_spans none = {0};

	return id == INTERN_NONE ? region_set(&w->space, &none) : index->sets.v[id];
}

static void index_endpoint(struct diff_world *w, enum diff_side side,
			   const struct closed_endpoint *e)
{
	struct closed_side *s = &w->closed->sides[side];
	const struct intern *strings = &w->ir[side]->strings;

	vec_each (const struct ir_label, label, &e->on[side]->labels) {
		const char *key = closed_known(strings, label->key);
		const char *value = closed_known(strings, label->value);

		if (!key)
			continue;
		index_add(w, &s->keys, arena_printf(w->arena, "%d%s", label->scope, key), e);
		if (value)
			index_add(w, &s->labels,
				  arena_printf(w->arena, "%d%s=%s", label->scope, key, value), e);
	}
}

/* Also those that are at an address of theirs, with pods that run there. */
static void find_nodes(struct diff_world *w, const struct ir *ir, struct space_nodes *out)
{
	space_nodes_find(out, ir, w->arena);
	vec_each (const struct closed_endpoint, e, &w->closed->endpoints)
		if (ir_is_at_node(e->on[DIFF_NEW]))
			intern_add(&out->names, e->on[DIFF_NEW]->on_node);
}

static void index_nodes(struct diff_world *w, enum diff_side side)
{
	struct closed_side *s = &w->closed->sides[side];
	const struct ir *own = w->ir[side], *other = w->ir[!side];

	find_nodes(w, own->endpoints.n ? own : other, &s->nodes);
	for (size_t i = 0; i < s->nodes.names.strings.n; i++)
		vec_push(w->arena, &s->on_nodes, (struct closed_node){0});
	vec_each (const struct closed_endpoint, e, &w->closed->endpoints) {
		struct region_span points = {e->first, e->first + e->n - 1};
		uint32_t id = e->on[side] ? space_node_of(&s->nodes, e->on[side]) : INTERN_NONE;

		if (id == INTERN_NONE)
			continue;
		if (e->on[side]->host)
			vec_push(w->arena, &s->on_nodes.v[id].hosts.list, points);
		else
			vec_push(w->arena, &s->on_nodes.v[id].managed.list, points);
	}
}

void closed_index_side(struct diff_world *w, enum diff_side side)
{
	struct closed_side *s = &w->closed->sides[side];
	struct region_spans managed = {0}, host = {0}, missing = {0};

	index_init(&s->labels, w->arena);
	index_init(&s->keys, w->arena);
	vec_each (const struct closed_endpoint, e, &w->closed->endpoints) {
		struct region_span points = {e->first, e->first + e->n - 1};

		if (!e->on[side])
			vec_push(w->arena, &missing.list, points);
		else if (e->on[side]->host)
			vec_push(w->arena, &host.list, points);
		else
			vec_push(w->arena, &managed.list, points);
		if (e->on[side] && !e->on[side]->host)
			index_endpoint(w, side, e);
	}
	index_seal(w, &s->labels);
	index_seal(w, &s->keys);
	closed_name_ports(w, side);
	index_nodes(w, side);
	s->managed = region_set(&w->space, &managed);
	s->host = region_set(&w->space, &host);
	s->missing = region_set(&w->space, &missing);
}
