/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rt_load(): plan the moves, get everything into the kernel beside what is in force, move all
 * endpoints by one store, and tidy up. Until the store nothing has happened, and what was
 * prepared is taken back if something fails; after it nothing can fail that matters.
 */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "runtime/codes.h"
#include "runtime/node/load/addresses.h"
#include "runtime/node/load/attach.h"
#include "runtime/node/load/bank/bank.h"
#include "runtime/node/load/plan.h"
#include "runtime/node/load/programs.h"
#include "runtime/node/load/proxies.h"
#include "runtime/node/state/records.h"

static uint64_t clock_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* --- before the store ---------------------------------------------------------------------- */

static int load_programs(struct rt_plan *p)
{
	size_t n = p->bundle->shapes.n;
	const struct bundle_shape **shapes =
		arena_array(&p->s->arena, const struct bundle_shape *, n);
	uint32_t *numbers = arena_array(&p->s->arena, uint32_t, n);
	int r;

	vec_each (struct rt_move, m, &p->moves)
		if (m->ep)
			shapes[m->ep->shape->id] = m->ep->shape;
	r = rt_programs_need(p->s, p->bundle, shapes, numbers);
	vec_each (struct rt_move, m, &p->moves)
		if (!r && m->ep)
			m->program = numbers[m->ep->shape->id];
	return r;
}

static int build_bank(struct rt_plan *p, struct rt_bank *bank)
{
	struct rt_member *members = arena_array(&p->s->arena, struct rt_member, p->moves.n);
	size_t n = 0;
	int r;

	vec_each (struct rt_move, m, &p->moves)
		if (m->ep)
			members[n++] =
				(struct rt_member){.ep = m->ep,
						   .slot = m->next.slot,
						   .check_source = !p->opts->no_source_check};
	r = rt_bank_build(p->s, p->bundle, &p->addrs, members, n, bank);
	bank->head.generation = p->generation;
	return r;
}

/* Programs come last, as they are the dearest: a bundle that does not fit costs none. */
static void set_programs(const struct rt_plan *p, struct rt_bank *bank)
{
	size_t n = 0;

	vec_each (struct rt_move, m, &p->moves)
		if (m->ep)
			bank->eps[n++].program = m->program;
}

/* Who is detached stays there, open, until its filters are gone. */
static void write_records(const struct rt_plan *p, uint32_t bank)
{
	struct rt_node *node = &p->s->node;

	memset(rt_node_record(node, bank, 0), 0, node->state->slots * sizeof(*node->records));
	vec_each (struct rt_move, m, &p->moves) {
		struct rt_record rec = m->next.rec;

		if (!m->ep) {
			rec.flags |= RT_RECORD_OPEN;
			rt_node_ep(node, bank, m->next.slot)->flags = POLC_EP_OPEN;
		}
		rt_record_put(rt_node_record(node, bank, m->next.slot), &rec);
	}
}

static void count_slots(const struct rt_plan *p)
{
	struct rt_state *state = p->s->node.state;

	vec_each (struct rt_move, m, &p->moves)
		if (m->next.slot >= state->slots)
			state->slots = m->next.slot + 1;
}

static int attach(struct rt_plan *p, struct rt_move *m)
{
	int r = m->had ? 0 : rt_slot_take(p->s, &m->next);

	if (r || !m->ep)
		return r;
	return rt_filters_put(p->s, &m->next, m->program, false, &m->filters);
}

/* The slots of those that were not there before; what cannot be removed is open, and the next
 * load or unload tries again. */
static void take_back(struct rt_plan *p)
{
	vec_each (struct rt_move, m, &p->moves)
		if (!m->had &&
		    rt_node_record(&p->s->node, rt_node_active(&p->s->node), m->next.slot)->flags &
			    RT_RECORD_OPEN)
			rt_slot_leave(p->s, &m->next);
}

static int attach_all(struct rt_plan *p)
{
	int r = 0;

	vec_each (struct rt_move, m, &p->moves)
		r = r ? r : attach(p, m);
	if (r)
		take_back(p);
	return r;
}

static int prepare(struct rt_plan *p)
{
	struct rt_bank bank;
	int r = build_bank(p, &bank);

	if (!r)
		r = load_programs(p);
	if (!r)
		r = rt_proxies_need(p->s, p->bundle, &bank.listeners);
	if (r)
		return r;
	set_programs(p, &bank);
	count_slots(p);
	r = rt_bank_write(p->s, &bank);
	if (!r)
		r = attach_all(p);
	if (r)
		return r;
	r = rt_proxies_publish(p->s, p->bundle, &bank.listeners);
	if (r)
		take_back(p);
	else
		write_records(p, bank.number);
	p->listeners = bank.listeners;
	return r;
}

/* --- after it --------------------------------------------------------------------------------- */

/* Errors that leave the new policy in force, and something undone, are warnings. */
static void warn(struct diag *to, const struct diag *from)
{
	vec_each (struct diag_item *, item, &from->items) {
		struct diag_item *w =
			diag_warning(to, LOC_NONE, (*item)->code, "%s", (*item)->text);

		vec_each (struct diag_note, note, &(*item)->notes)
			diag_note(to, w, LOC_NONE, "%s", note->text);
		diag_note(to, w, LOC_NONE, "the new policy is in force; the next load tries again");
	}
}

static void finish_moves(struct rt_plan *p)
{
	vec_each (struct rt_move, m, &p->moves) {
		if (m->ep)
			rt_filters_put(p->s, &m->next, m->program, true, &m->filters);
		else if (rt_slot_leave(p->s, &m->next) == 0)
			m->filters = (struct rt_filters){0};
	}
}

static void drop_programs(struct rt_plan *p)
{
	bool used[POLC_PROGRAMS] = {0};

	vec_each (struct rt_move, m, &p->moves) {
		used[m->program] = true;
		for (enum polc_hook h = 0; h < POLC_N_EP_HOOKS; h++)
			used[m->filters.programs[h]] = true;
	}
	rt_programs_drop(p->s, used);
}

static void finish(struct rt_plan *p)
{
	struct diag *diag = p->s->diag, later;

	diag_init(&later, &p->s->arena, diag->sources);
	p->s->diag = &later;
	finish_moves(p);
	if (rt_node_settle(p->s) == 0) {
		drop_programs(p);
		rt_proxies_withdraw(p->s, p->bundle, &p->listeners);
	}
	rt_proxies_fit(p->s);
	p->s->diag = diag;
	warn(diag, &later);
}

/* --- all of it ---------------------------------------------------------------------------------
 */

static void count(const struct rt_plan *p, struct rt_load_result *out)
{
	out->generation = p->generation;
	vec_each (struct rt_move, m, &p->moves) {
		if (!m->ep)
			out->detached++;
		else if (m->had)
			out->swapped++;
		else
			out->attached++;
	}
}

static int load(struct rt_plan *p, const struct rt_attach *to_attach, size_t n_attach,
		uint64_t begin, struct rt_load_result *out)
{
	int r = rt_recover(p->s, &out->gone);

	if (!r)
		r = rt_node_addrs_find(p->opts, &p->s->arena, p->s->diag, &p->addrs.node);
	if (!r)
		r = rt_known_peers_find(p->s, p->bundle, &p->addrs.peers);
	if (!r)
		r = rt_plan_make(p, to_attach, n_attach);
	if (!r)
		r = prepare(p);
	if (r)
		return r;
	rt_node_flip(&p->s->node);
	out->enforced_ns = clock_ns() - begin;
	finish(p);
	count(p, out);
	return 0;
}

/* Of a load that failed, where nothing is in force that needs them. */
static void stop_unneeded_proxies(struct rt_session *s)
{
	struct rt_entries entries;

	rt_records_read(s, false, &entries);
	if (!entries.n)
		rt_proxies_stop(s);
}

int rt_load(const struct bundle *bundle, const struct rt_attach *attach, size_t n_attach,
	    const struct rt_load_options *opts, struct diag *diag, struct rt_load_result *out)
{
	uint64_t begin = clock_ns();
	struct rt_session s;
	struct rt_plan p = {.s = &s, .bundle = bundle, .opts = opts, .now = (uint64_t)time(NULL)};
	struct rt_load_result result = {0};
	int r = rt_session_open(&s, &opts->common, RT_SESSION_LOAD, diag), opened = !r;

	if (!r)
		r = load(&p, attach, n_attach, begin, &result);
	if (r && opened)
		stop_unneeded_proxies(&s);
	if (out)
		*out = result;
	if (opened)
		rt_session_tidy(&s);
	rt_session_close(&s);
	return r;
}
