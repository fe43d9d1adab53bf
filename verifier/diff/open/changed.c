/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Known endpoints that the two sides do not have alike. In the open world every endpoint is there
 * on both sides, with whatever labels, so that no region is about such a change; but who reads
 * that the policies allow the same should hear of it. Only what the policies can tell apart counts.
 */
#include <string.h>

#include "compiler/eval.h"
#include "verifier/diff/open/open.h"

static bool labels_differ(const struct diff_world *w, const struct open_known *known)
{
	for (size_t i = 0; i < w->open->keys.n; i++)
		if (open_value_of(&w->open->keys.v[i], w->ir[DIFF_OLD], known->on[DIFF_OLD]) !=
		    known->values[i])
			return true;
	return false;
}

static bool ports_differ(const struct diff_world *w, const struct open_known *known)
{
	vec_each (const struct open_name, name, &w->open->names) {
		int ports[DIFF_N_SIDES];

		for (int side = 0; side < DIFF_N_SIDES; side++)
			ports[side] = ir_endpoint_port(known->on[side], name->proto,
						       diff_string(w->ir[side], name->name));
		if (ports[DIFF_OLD] != ports[DIFF_NEW])
			return true;
	}
	return false;
}

/* Is there an address that no prefix of a rule tells from this one? */
static bool has_alike(const struct diff_world *w, const struct ir_endpoint *ep,
		      const struct net_addr *like)
{
	uint32_t piece = space_piece_of(&w->open->told_apart, like);

	vec_each (const struct net_addr, addr, &ep->addrs)
		if (space_piece_of(&w->open->told_apart, addr) == piece)
			return true;
	return false;
}

static bool has_all_alike(const struct diff_world *w, const struct ir_endpoint *ep,
			  const struct ir_endpoint *of)
{
	vec_each (const struct net_addr, addr, &of->addrs)
		if (!has_alike(w, ep, addr))
			return false;
	return true;
}

static bool addresses_differ(const struct diff_world *w, const struct open_known *known)
{
	const struct ir_endpoint *old = known->on[DIFF_OLD], *new = known->on[DIFF_NEW];

	return !has_all_alike(w, old, new) || !has_all_alike(w, new, old);
}

/* Does a policy let its node in, whatever else it says? */
static bool is_spared_its_node(const struct ir *ir, const struct ir_endpoint *ep)
{
	vec_each (struct ir_policy *const, policy, &ir->policies)
		if ((*policy)->spares_node && ir_policy_selects(*policy, ep))
			return true;
	return false;
}

static bool is_elsewhere(const struct ir_endpoint *old, const struct ir_endpoint *new)
{
	if (!old->on_node || !new->on_node)
		return old->on_node != new->on_node;
	return strcmp(old->on_node, new->on_node) != 0;
}

static bool nodes_differ(const struct diff_world *w, const struct open_known *known)
{
	const struct ir_endpoint *old = known->on[DIFF_OLD], *new = known->on[DIFF_NEW];

	if (old->host || new->host)
		return old->host != new->host;
	return is_elsewhere(old, new) && (is_spared_its_node(w->ir[DIFF_OLD], old) ||
					  is_spared_its_node(w->ir[DIFF_NEW], new));
}

static unsigned differences(const struct diff_world *w, const struct open_known *known)
{
	const struct ir_endpoint *old = known->on[DIFF_OLD], *new = known->on[DIFF_NEW];

	if (!old || !new)
		return 1U << (old ? DIFF_KNOWN_ONLY_OLD : DIFF_KNOWN_ONLY_NEW);
	return (unsigned)labels_differ(w, known) << DIFF_KNOWN_LABELS |
	       (unsigned)ports_differ(w, known) << DIFF_KNOWN_PORTS |
	       (unsigned)nodes_differ(w, known) << DIFF_KNOWN_NODE |
	       (unsigned)addresses_differ(w, known) << DIFF_KNOWN_ADDRESSES;
}

/* What only one side holds at all stands for both. */
static void find_endpoints(struct diff_world *w, struct diff *out)
{
	if (!w->ir[DIFF_OLD]->endpoints.n || !w->ir[DIFF_NEW]->endpoints.n)
		return;
	vec_each (const struct open_known, known, &w->open->known) {
		unsigned what = differences(w, known);

		if (what)
			vec_push(w->arena, &out->known,
				 (struct diff_known){.name = known->ep->name, .what = what});
	}
}

/* --- namespaces ------------------------------------------------------------------------------ */

/* Namespaces by name, with the labels that a side declares. */
struct namespaces {
	struct intern names;
	VEC(const struct ir_namespace *) list;
};

static void collect(const struct diff_world *w, enum diff_side side, struct namespaces *out)
{
	const struct ir *ir = w->ir[side];

	*out = (struct namespaces){0};
	intern_init(&out->names, w->arena);
	vec_each (const struct ir_namespace, ns, &ir->beside.namespaces) {
		if (ns->proof == IR_NS_DECLARED &&
		    intern_add(&out->names, intern_str(&ir->strings, ns->name)) == out->list.n)
			vec_push(w->arena, &out->list, ns);
	}
}

static bool namespace_differs(const struct diff_world *w, const struct ir_namespace *old,
			      const struct ir_namespace *new)
{
	const struct ir_endpoint a = {.labels = {old->labels.v, old->labels.n, old->labels.n}},
				 b = {.labels = {new->labels.v, new->labels.n, new->labels.n}};

	vec_each (const struct open_key, key, &w->open->keys)
		if (key->scope == IR_SCOPE_NAMESPACE &&
		    open_value_of(key, w->ir[DIFF_OLD], &a) !=
			    open_value_of(key, w->ir[DIFF_NEW], &b))
			return true;
	return false;
}

/* The endpoints of others have changed with them. */
static bool has_known(const struct diff_world *w, const char *ns)
{
	vec_each (const struct open_known, known, &w->open->known)
		if (known->ep->ns && strcmp(known->ep->ns, ns) == 0)
			return true;
	return false;
}

static void find_namespaces(struct diff_world *w, struct diff *out)
{
	struct namespaces old, new;

	collect(w, DIFF_OLD, &old);
	collect(w, DIFF_NEW, &new);
	for (uint32_t i = 0; i < new.list.n; i++) {
		const char *name = intern_str(&new.names, i);
		uint32_t was = intern_find(&old.names, name);

		if (was != INTERN_NONE && namespace_differs(w, old.list.v[was], new.list.v[i]) &&
		    !has_known(w, name))
			vec_push(w->arena, &out->known,
				 (struct diff_known){.name = name,
						     .ns = true,
						     .what = 1U << DIFF_KNOWN_LABELS});
	}
}

void open_changed(struct diff_world *w, struct diff *out)
{
	find_endpoints(w, out);
	find_namespaces(w, out);
}
