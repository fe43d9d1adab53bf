/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/ir/replica.h"

#include <string.h>

struct replica {
	struct ir_endpoint *set;
	uint32_t number;
	const char *pod; /* "db-0" */
};

/* --- names --------------------------------------------------------------------------------- */

static const struct ir_endpoint *find(const struct ir *ir, const char *name)
{
	const struct ir_endpoint *ep = ir_find_endpoint(ir, name);

	return ep ? ep : ir_find_none(ir, name);
}

static bool is_pod(const struct ir_endpoint *ep)
{
	return strcmp(ep->kind, "Pod") == 0 || strcmp(ep->kind, "endpoint") == 0;
}

static const char *pod_name(const struct ir_endpoint *set, uint32_t number, struct arena *arena)
{
	const char *name = strrchr(set->name, '/');

	return arena_printf(arena, "%s-%u", name ? name + 1 : set->name, number);
}

/* As of any endpoint that shares its name with one of another kind. NULL: it is there. */
static const char *free_name(const struct ir *ir, const struct replica *r)
{
	const char *name = arena_printf(ir->arena, "%s/%s", r->set->ns, r->pod);
	const struct ir_endpoint *has = find(ir, name);

	if (!has)
		return name;
	if (is_pod(has))
		return NULL;
	name = arena_printf(ir->arena, "%s/pod/%s", r->set->ns, r->pod);
	return find(ir, name) ? NULL : name;
}

/* --- one of them --------------------------------------------------------------------------- */

static const char *label_text(const struct ir *ir, const struct replica *r, uint32_t key)
{
	if (strcmp(intern_str(&ir->strings, key), IR_POD_NAME_KEY) == 0)
		return r->pod;
	return arena_printf(ir->arena, "%u", r->number);
}

static void say_labels(struct ir *ir, const struct replica *r, struct ir_endpoint *ep)
{
	vec_each (const struct ir_asked_label, label, &r->set->unsaid) {
		if (!label->apart) {
			vec_push(ir->arena, &ep->unsaid, *label);
			continue;
		}
		vec_push(ir->arena, &ep->labels,
			 ((struct ir_label){
				 IR_SCOPE_ENDPOINT, label->key,
				 intern_add(&ir->strings, label_text(ir, r, label->key))}));
	}
}

static bool is_said_apart(const struct ir_endpoint *set, const struct ir_label *label)
{
	const struct ir_asked_label *unsaid = ir_find_unsaid(set, label->key);

	return unsaid && unsaid->apart && label->scope == IR_SCOPE_ENDPOINT;
}

static struct ir_endpoint *make(struct ir *ir, const struct replica *r, const char *name)
{
	const struct ir_endpoint *set = r->set;
	struct ir_endpoint *ep = arena_new(ir->arena, struct ir_endpoint);

	*ep = (struct ir_endpoint){
		.name = name,
		.ns = set->ns,
		.ns_assumed = set->ns_assumed,
		.kind = "Pod",
		.on_node = set->on_node,
		.owner = r->set,
		.loc = set->loc,
	};
	vec_each (const struct ir_label, label, &set->labels)
		if (!is_said_apart(set, label))
			vec_push(ir->arena, &ep->labels, *label);
	say_labels(ir, r, ep);
	ir_endpoint_sort_labels(ep);
	vec_each (const struct ir_named_port, port, &set->ports)
		vec_push(ir->arena, &ep->ports, *port);
	vec_each (const struct ir_declared_port, port, &set->declared)
		vec_push(ir->arena, &ep->declared, *port);
	return ep;
}

/* --- all of them --------------------------------------------------------------------------- */

/* The list is searched by name as long as names are looked for. */
struct made {
	VEC(struct ir_endpoint *) list;
};

static void make_all(struct ir *ir, struct made *out)
{
	vec_each (struct ir_endpoint *, set, &ir->endpoints) {
		vec_each (const uint32_t, number, &(*set)->replicas) {
			struct replica r = {*set, *number, pod_name(*set, *number, ir->arena)};
			const char *name = free_name(ir, &r);

			if (name)
				vec_push(ir->arena, &out->list, make(ir, &r, name));
		}
	}
}

void ir_add_replicas(struct ir *ir)
{
	struct made made = {0};

	make_all(ir, &made);
	if (!made.list.n)
		return;
	vec_each (struct ir_endpoint *, ep, &made.list)
		vec_push(ir->arena, &ir->endpoints, *ep);
	ir_sort_endpoints(ir);
	for (size_t i = 0; i < ir->endpoints.n; i++)
		ir->endpoints.v[i]->id = (uint32_t)i;
}

static struct ir_endpoint *same_set(const struct ir *ir, const struct ir_endpoint *set)
{
	const struct ir_endpoint *same = ir_find_endpoint(ir, set->name);

	if (!same || same->host || strcmp(same->kind, set->kind) != 0)
		return NULL;
	return ir->endpoints.v[same->id];
}

bool ir_has_replica(const struct ir_endpoint *set, uint32_t number)
{
	vec_each (const uint32_t, have, &set->replicas)
		if (*have == number)
			return true;
	return false;
}

static void name_as_in(struct ir *ir, const struct ir *other)
{
	vec_each (struct ir_endpoint *, set, &other->endpoints) {
		struct ir_endpoint *same = (*set)->replicas.n ? same_set(ir, *set) : NULL;

		for (size_t i = 0; same && i < (*set)->replicas.n; i++)
			if (!ir_has_replica(same, (*set)->replicas.v[i]))
				vec_push(ir->arena, &same->replicas, (*set)->replicas.v[i]);
	}
}

void ir_share_replicas(struct ir *const *irs, size_t n)
{
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < n; k++)
			if (k != i)
				name_as_in(irs[i], irs[k]);
	for (size_t i = 0; i < n; i++)
		ir_add_replicas(irs[i]);
}
