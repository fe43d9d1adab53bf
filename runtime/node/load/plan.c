/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/node/load/plan.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "lang/base/suggest.h"
#include "runtime/codes.h"
#include "runtime/node/kernel/fail.h"
#include "runtime/node/load/peers/subject.h"
#include "runtime/node/state/records.h"

/* --- planning -------------------------------------------------------------------------- */

static struct rt_move *find_device(const struct rt_plan *p, uint32_t ifindex)
{
	vec_each (struct rt_move, m, &p->moves)
		if (m->next.rec.ifindex == ifindex)
			return m;
	return NULL;
}

static struct rt_move *find_endpoint(const struct rt_plan *p, const char *name)
{
	vec_each (struct rt_move, m, &p->moves)
		if (m->ep && strcmp(m->next.rec.name, name) == 0)
			return m;
	return NULL;
}

static int unknown_endpoint(const struct rt_plan *p, const char *name)
{
	struct diag_item *item = diag_error(p->s->diag, LOC_NONE, RT_CODE_UNKNOWN_ENDPOINT,
					    "the bundle has no endpoint %s", name);
	struct suggest near;

	suggest_init(&near, name);
	vec_each (struct bundle_endpoint, e, &p->bundle->endpoints)
		suggest_offer(&near, e->name);
	if (near.best)
		diag_note(p->s->diag, item, LOC_NONE, "did you mean %s?", near.best);
	return -EINVAL;
}

/* Fills in what the endpoint's record will say. */
static void plan_next(struct rt_plan *p, struct rt_move *move, const struct bundle_endpoint *ep)
{
	struct rt_record *rec = &move->next.rec;

	move->ep = ep;
	rec->flags &= RT_RECORD_CLSACT;
	if (!p->opts->no_source_check)
		rec->flags |= RT_RECORD_CHECK_SOURCE;
	snprintf(rec->name, sizeof(rec->name), "%s", ep->name);
	snprintf(rec->hash, sizeof(rec->hash), "%s", p->bundle->hash);
	rec->generation = p->generation;
	rec->loaded_at = p->now;
	for (int d = 0; d < IR_N_DIRS; d++)
		rec->tables[d] = ep->tables[d]->id;
}

/* An attached endpoint goes to the new bundle, or away. */
static int plan_present(struct rt_plan *p, const struct rt_entry *e,
			const struct rt_filters *filters)
{
	const struct bundle_endpoint *ep;
	struct rt_move move = {.next = *e, .had = true, .filters = *filters};
	struct diag_item *item;
	int r = rt_subject_find(p->s, p->bundle, e->rec.name, &ep);

	if (r)
		return r;
	rt_entry_rename(&move.next);
	if (ep) {
		plan_next(p, &move, ep);
	} else if (!p->opts->detach_unknown) {
		item = diag_error(p->s->diag, LOC_NONE, RT_CODE_UNKNOWN_ENDPOINT,
				  "the bundle has no endpoint %s, which is attached on %s",
				  e->rec.name, e->rec.device);
		diag_note(p->s->diag, item, LOC_NONE,
			  "unload it first, or ask for unknown endpoints to be detached");
		return -EINVAL;
	}
	vec_push(&p->s->arena, &p->moves, move);
	return 0;
}

static int taken(struct rt_plan *p, const struct rt_attach *a, const struct rt_move *by)
{
	bool now = by->had;
	const char *code = now ? RT_CODE_ALREADY_ATTACHED : RT_CODE_TWICE;

	diag_error(p->s->diag, LOC_NONE, code,
		   now ? "cannot attach %s on %s: %s is attached on %s; unload it first"
		       : "cannot attach %s on %s: %s was named for %s already",
		   a->endpoint, a->device, by->next.rec.name, by->next.rec.device);
	return -EINVAL;
}

/* The first slot that is free in the bank in force; in the other, nothing counts. */
static uint32_t free_slot(const struct rt_plan *p, uint32_t from)
{
	const struct rt_node *node = &p->s->node;
	uint32_t active = rt_node_active(node);

	while (from < POLC_ENDPOINTS && rt_node_record(node, active, from)->flags & RT_RECORD_USED)
		from++;
	return from;
}

static int no_slot(struct rt_plan *p, const struct rt_attach *a)
{
	diag_error(p->s->diag, LOC_NONE, RT_CODE_CAPACITY,
		   "cannot attach %s on %s: a node holds %d endpoints, and all are taken",
		   a->endpoint, a->device, POLC_ENDPOINTS - 1);
	return -ENOSPC;
}

static int plan_new(struct rt_plan *p, const struct rt_attach *a, const struct bundle_endpoint *ep,
		    uint32_t ifindex)
{
	struct rt_move move = {.next.rec = {.netns = p->s->netns, .ifindex = ifindex}};

	if (p->opts->replace_only) {
		diag_error(p->s->diag, LOC_NONE, RT_CODE_NOT_ATTACHED,
			   "endpoint %s is not attached on %s, and only replacing was asked for",
			   a->endpoint, a->device);
		return -EINVAL;
	}
	if (strlen(ep->name) >= RT_NAME_SIZE) {
		diag_error(p->s->diag, LOC_NONE, RT_CODE_UNKNOWN_ENDPOINT,
			   "the name %.40s... is longer than %d bytes: rename the endpoint",
			   ep->name, RT_NAME_SIZE - 1);
		return -EINVAL;
	}
	move.next.slot = free_slot(p, p->last_slot + 1);
	if (move.next.slot == POLC_ENDPOINTS)
		return no_slot(p, a);
	p->last_slot = move.next.slot;
	snprintf(move.next.rec.device, sizeof(move.next.rec.device), "%s", a->device);
	plan_next(p, &move, ep);
	vec_push(&p->s->arena, &p->moves, move);
	return 0;
}

static int plan_attach(struct rt_plan *p, const struct rt_attach *a)
{
	const struct bundle_endpoint *ep;
	uint32_t ifindex = if_nametoindex(a->device);
	struct rt_move *same_device, *same_name;
	int r = rt_subject_find(p->s, p->bundle, a->endpoint, &ep);

	if (r)
		return r;
	if (!ep)
		return unknown_endpoint(p, a->endpoint);
	if (!ifindex) {
		diag_error(p->s->diag, LOC_NONE, RT_CODE_NO_DEVICE,
			   "no device %s in this network namespace: endpoint %s needs the host "
			   "side of its veth",
			   a->device, a->endpoint);
		return -EINVAL;
	}
	same_device = find_device(p, ifindex);
	same_name = find_endpoint(p, a->endpoint);
	if (same_device && same_device == same_name)
		return 0;
	if (same_name)
		return taken(p, a, same_name);
	if (same_device && same_device->ep)
		return taken(p, a, same_device);
	if (same_device) {
		plan_next(p, same_device, ep);
		return 0;
	}
	return plan_new(p, a, ep, ifindex);
}

static int plan_all_present(struct rt_plan *p)
{
	struct rt_filters *filters;
	struct rt_entries present;
	int r = 0, failed = 0;

	rt_records_read(p->s, false, &present);
	vec_each (struct rt_entry, e, &present) {
		if (e->rec.generation >= p->generation)
			p->generation = e->rec.generation;
		r = rt_check_reach(p->s, e, "load");
		failed = r ? r : failed;
	}
	p->generation++;
	if (failed)
		return failed;
	filters = arena_array(&p->s->arena, struct rt_filters, present.n);
	r = rt_filters_find(p->s, present.v, present.n, filters);
	for (size_t i = 0; i < present.n && !r; i++) {
		int f = plan_present(p, &present.v[i], &filters[i]);

		failed = f ? f : failed;
	}
	return r ? r : failed;
}

static int plan_moves(struct rt_plan *p, const struct rt_attach *attach, size_t n_attach)
{
	int r = plan_all_present(p), failed = r;

	for (size_t i = 0; i < n_attach && failed != -ENOSPC; i++) {
		r = plan_attach(p, &attach[i]);
		failed = r ? r : failed;
	}
	if (!failed && !p->moves.n) {
		diag_error(p->s->diag, LOC_NONE, RT_CODE_NOTHING_TO_DO,
			   "no endpoint is attached yet: name the endpoints to load on, each with "
			   "its device");
		return -EINVAL;
	}
	return failed;
}

/* --- checking what is on the devices ---------------------------------------------------- */

static int blocked(struct rt_plan *p, const struct rt_move *move, enum polc_hook at,
		   const struct rt_hook *hook)
{
	const char *device = move->next.rec.device;
	const char *where = at == POLC_HOOK_EP_IN ? "egress" : "ingress";
	struct diag_item *item;

	if (hook->blocked) {
		item = diag_error(p->s->diag, LOC_NONE, RT_CODE_FOREIGN_FILTER,
				  "%s has a %s filter at our priority %d (%s)", device, hook->kind,
				  RT_TC_PRIORITY, where);
		diag_note(p->s->diag, item, LOC_NONE,
			  "move it to another priority: 'tc filter del dev %s %s pref %d'", device,
			  where, RT_TC_PRIORITY);
	} else {
		item = diag_error(p->s->diag, LOC_NONE, RT_CODE_FOREIGN_FILTER,
				  "%s has program %u in our place (%s), and it was not loaded from "
				  "this pin directory",
				  device, hook->filter.prog_id, where);
		diag_note(p->s->diag, item, LOC_NONE,
			  "unload it with its own pin directory, or 'tc filter del dev %s %s pref "
			  "%d handle 0x%x bpf'",
			  device, where, RT_TC_PRIORITY, RT_TC_HANDLE);
	}
	return -EINVAL;
}

static int check_device(struct rt_plan *p, struct rt_move *move)
{
	const char *device = move->next.rec.device;
	struct rt_device dev;
	int r = rt_tc_look(move->next.rec.ifindex, &dev);

	if (r)
		return rt_fail(p->s->diag, r, RT_CODE_ATTACH, "cannot look at the filters of %s",
			       device);
	if (dev.qdisc == RT_QDISC_INGRESS) {
		diag_error(p->s->diag, LOC_NONE, RT_CODE_FOREIGN_FILTER,
			   "%s has an ingress qdisc where we need clsact: 'tc qdisc del dev %s "
			   "ingress', or make it a clsact, which does the same and more",
			   device, device);
		return -EINVAL;
	}
	if (dev.qdisc == RT_QDISC_NONE)
		move->next.rec.flags |= RT_RECORD_CLSACT;
	for (enum polc_hook h = 0; h < POLC_N_EP_HOOKS; h++) {
		const struct rt_hook *hook = &dev.hooks[h];

		if (hook->blocked || (hook->filter.prog_id && !move->filters.programs[h]))
			return blocked(p, move, h, hook);
	}
	return 0;
}

/* Where both filters are ours, there is nothing in the way. */
static int check_devices(struct rt_plan *p)
{
	int r, failed = 0;

	vec_each (struct rt_move, m, &p->moves) {
		if (!m->ep ||
		    (m->filters.programs[POLC_HOOK_EP_IN] && m->filters.programs[POLC_HOOK_EP_OUT]))
			continue;
		r = check_device(p, m);
		failed = r ? r : failed;
	}
	return failed;
}

int rt_plan_make(struct rt_plan *p, const struct rt_attach *attach, size_t n_attach)
{
	int r = plan_moves(p, attach, n_attach);

	return r ? r : check_devices(p);
}
