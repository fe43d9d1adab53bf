/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rt_load(): plan the moves, check what can be checked, get everything into the kernel,
 * and only then move.
 */
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lang/base/suggest.h"
#include "runtime/codes.h"
#include "runtime/fail.h"
#include "runtime/image.h"
#include "runtime/journal.h"
#include "runtime/runtime.h"
#include "runtime/tc.h"

struct plan {
	struct rt_session *s;
	const struct bundle *bundle;
	const struct rt_load_options *opts;
	struct rt_entries present; /* what is attached now */
	struct rt_moves moves;
	VEC(const struct bundle_endpoint *) endpoints; /* of the moves by slot */
	uint32_t generation;
	uint64_t now;
};

/* --- planning -------------------------------------------------------------------------- */

static struct rt_move *find_device(const struct plan *p, uint32_t ifindex)
{
	vec_each (struct rt_move, m, &p->moves)
		if (m->next.key.ifindex == ifindex)
			return m;
	return NULL;
}

static struct rt_move *find_endpoint(const struct plan *p, const char *name)
{
	vec_each (struct rt_move, m, &p->moves)
		if (!(m->next.rec.flags & RT_RECORD_DETACH) && strcmp(m->next.rec.name, name) == 0)
			return m;
	return NULL;
}

static int unknown_endpoint(const struct plan *p, const char *name)
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

/* Fills in what the endpoint's record will say; its programs are not known yet. */
static void plan_next(struct plan *p, struct rt_move *move, const struct bundle_endpoint *ep)
{
	struct rt_record *rec = &move->next.rec;

	rec->flags &= RT_RECORD_CLSACT;
	if (!p->opts->no_source_check)
		rec->flags |= RT_RECORD_CHECK_SOURCE;
	snprintf(rec->name, sizeof(rec->name), "%s", ep->name);
	snprintf(rec->hash, sizeof(rec->hash), "%s", p->bundle->hash);
	rec->generation = p->generation;
	rec->loaded_at = p->now;
	rec->slot = (uint32_t)p->endpoints.n;
	for (int d = 0; d < IR_N_DIRS; d++)
		rec->tables[d] = rt_table_index(p->bundle, ep->tables[d]);
	vec_push(&p->s->arena, &p->endpoints, ep);
}

/* An attached endpoint goes to the new bundle, or away. */
static int plan_present(struct plan *p, struct rt_entry *e)
{
	const struct bundle_endpoint *ep = bundle_find_endpoint(p->bundle, e->rec.name);
	struct rt_move move = {.next = *e, .had = true, .old = e->rec};
	enum rt_endpoint_state state;
	struct diag_item *item;
	int r = rt_entry_state(p->s, e, &state);

	if (r)
		return r;
	if (state == RT_ELSEWHERE) {
		diag_error(p->s->diag, LOC_NONE, RT_CODE_OTHER_NETNS,
			   "endpoint %s is attached in another network namespace: load there, or "
			   "use a pin directory for each namespace",
			   e->rec.name);
		return -EINVAL;
	}
	memcpy(move.next.rec.device, e->rec.device, sizeof(e->rec.device));
	if (ep) {
		plan_next(p, &move, ep);
	} else if (p->opts->detach_unknown) {
		move.next.rec.flags |= RT_RECORD_DETACH;
	} else {
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

static int taken(struct plan *p, const struct rt_attach *a, const struct rt_move *by)
{
	bool now = by->had;
	const char *code = now ? RT_CODE_ALREADY_ATTACHED : RT_CODE_TWICE;

	diag_error(p->s->diag, LOC_NONE, code,
		   now ? "cannot attach %s on %s: %s is attached on %s; unload it first"
		       : "cannot attach %s on %s: %s was named for %s already",
		   a->endpoint, a->device, by->next.rec.name, by->next.rec.device);
	return -EINVAL;
}

static int plan_new(struct plan *p, const struct rt_attach *a, const struct bundle_endpoint *ep,
		    uint32_t ifindex)
{
	struct rt_move move = {.next.key = {.netns = p->s->netns, .ifindex = ifindex}};

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
	snprintf(move.next.rec.device, sizeof(move.next.rec.device), "%s", a->device);
	plan_next(p, &move, ep);
	vec_push(&p->s->arena, &p->moves, move);
	return 0;
}

static int plan_attach(struct plan *p, const struct rt_attach *a)
{
	const struct bundle_endpoint *ep = bundle_find_endpoint(p->bundle, a->endpoint);
	uint32_t ifindex = if_nametoindex(a->device);
	struct rt_move *same_device, *same_name;

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
	if (same_device && !(same_device->next.rec.flags & RT_RECORD_DETACH))
		return taken(p, a, same_device);
	if (same_device) {
		plan_next(p, same_device, ep);
		return 0;
	}
	return plan_new(p, a, ep, ifindex);
}

static int plan_moves(struct plan *p, const struct rt_attach *attach, size_t n_attach)
{
	int r = rt_records_read(p->s, p->s->state, &p->present), failed = 0;

	if (r)
		return r;
	vec_each (struct rt_entry, e, &p->present)
		if (e->rec.generation > p->generation)
			p->generation = e->rec.generation;
	p->generation++;
	vec_each (struct rt_entry, e, &p->present) {
		r = plan_present(p, e);
		failed = r ? r : failed;
	}
	for (size_t i = 0; i < n_attach; i++) {
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

static int blocked(struct plan *p, const struct rt_move *move, enum ir_dir dir,
		   const struct rt_hook *hook)
{
	const char *device = move->next.rec.device;
	const char *where = dir == IR_INGRESS ? "egress" : "ingress";
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
				  device, hook->prog_id, where);
		diag_note(p->s->diag, item, LOC_NONE,
			  "unload it with its own pin directory, or 'tc filter del dev %s %s pref "
			  "%d handle 0x%x bpf'",
			  device, where, RT_TC_PRIORITY, RT_TC_HANDLE);
	}
	return -EINVAL;
}

static int check_device(struct plan *p, struct rt_move *move)
{
	const char *device = move->next.rec.device;
	struct rt_device dev;
	int r = rt_tc_look(move->next.key.ifindex, &dev);

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
	for (int d = 0; d < IR_N_DIRS; d++) {
		const struct rt_hook *hook = &dev.hooks[d];

		if (hook->blocked || (hook->prog_id && hook->prog_id != move->old.programs[d]))
			return blocked(p, move, d, hook);
	}
	return 0;
}

static int check_devices(struct plan *p)
{
	int r, failed = 0;

	vec_each (struct rt_move, m, &p->moves) {
		r = m->next.rec.flags & RT_RECORD_DETACH ? 0 : check_device(p, m);
		failed = r ? r : failed;
	}
	return failed;
}

/* --- committing ------------------------------------------------------------------------- */

static int pin_node_maps(struct rt_session *s, const struct rt_maps *maps)
{
	int r = 0;

	for (uint32_t i = 0; i < RT_N_NODE_MAPS && !r; i++)
		if (maps->node_is_new[i])
			r = rt_pin_set(s, rt_node_map_name(i), maps->node[i]);
	return r;
}

/* The records of the moves name the programs that are about to be attached. */
static int name_programs(struct plan *p, int programs)
{
	int r = 0;

	vec_each (struct rt_move, m, &p->moves) {
		struct rt_record *rec = &m->next.rec;

		for (int d = 0; d < IR_N_DIRS && !(rec->flags & RT_RECORD_DETACH) && !r; d++)
			r = rt_programs_id(programs, rt_image_slot(rec->slot, d),
					   &rec->programs[d]);
	}
	return r ? rt_fail(p->s->diag, r, RT_CODE_MAP, "cannot find a loaded program") : 0;
}

static int commit(struct plan *p, const struct rt_image *image)
{
	int r = name_programs(p, image->programs), erased;

	if (!r)
		r = pin_node_maps(p->s, &image->maps);
	if (!r)
		r = rt_state_ensure(p->s);
	if (!r)
		r = rt_journal_write(p->s, &p->moves, image->programs);
	if (!r)
		r = rt_moves_make(p->s, &p->moves, image->programs);
	erased = rt_journal_erase(p->s);
	if (erased)
		diag_warning(p->s->diag, LOC_NONE, RT_CODE_PIN,
			     "cannot remove the journal in %s (%s): the next load or unload makes "
			     "the moves of this one again",
			     p->s->pin_dir, strerror(-erased));
	return r;
}

static int load(struct plan *p, const struct rt_attach *attach, size_t n_attach)
{
	struct rt_image_options opts = {.pin_dir = p->s->pin_dir,
					.no_source_check = p->opts->no_source_check};
	struct rt_image image;
	int r = plan_moves(p, attach, n_attach);

	if (!r)
		r = check_devices(p);
	if (!r)
		r = rt_image_init(&image, p->bundle, p->endpoints.v, p->endpoints.n, &opts,
				  p->s->diag);
	if (r)
		return r;
	r = commit(p, &image);
	rt_image_fini(&image);
	return r;
}

static void count(const struct plan *p, struct rt_load_result *out)
{
	out->generation = p->generation;
	vec_each (struct rt_move, m, &p->moves) {
		if (m->next.rec.flags & RT_RECORD_DETACH)
			out->detached++;
		else if (m->had)
			out->swapped++;
		else
			out->attached++;
	}
}

int rt_load(const struct bundle *bundle, const struct rt_attach *attach, size_t n_attach,
	    const struct rt_load_options *opts, struct diag *diag, struct rt_load_result *out)
{
	struct rt_session s;
	struct plan p = {.s = &s, .bundle = bundle, .opts = opts, .now = (uint64_t)time(NULL)};
	struct rt_load_result result = {0};
	int r = rt_session_open(&s, &opts->common, RT_SESSION_LOAD, diag);

	if (!r)
		r = rt_recover(&s, &result.gone);
	if (!r)
		r = load(&p, attach, n_attach);
	if (!r)
		count(&p, &result);
	if (out)
		*out = result;
	rt_session_close(&s);
	return r;
}
