/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rt_endpoints_add(): under policy without a load. Where an endpoint of the node has the tables
 * that a new one needs, they and its program are there: what is to be written is the new one's
 * slot.
 */
#include <assert.h>
#include <errno.h>
#include <string.h>
#include <time.h>

#include "runtime/codes.h"
#include "runtime/node/load/attach.h"
#include "runtime/node/load/plan.h"
#include "runtime/node/load/proxies.h"
#include "runtime/node/state/records.h"

/* An endpoint in force that has the same tables. */
static const struct polc_ep *find_model(const struct rt_plan *p, const struct rt_move *move)
{
	const struct rt_node *node = &p->s->node;

	vec_each (struct rt_move, m, &p->moves)
		if (m->had && memcmp(m->next.rec.tables, move->next.rec.tables,
				     sizeof(m->next.rec.tables)) == 0)
			return rt_node_ep(node, rt_node_active(node), m->next.slot);
	return NULL;
}

static int no_model(const struct rt_plan *p, const struct rt_move *move)
{
	diag_error(p->s->diag, LOC_NONE, RT_CODE_NO_TABLE,
		   "no endpoint of this node has the tables that endpoint '%s' needs, so they are "
		   "not here: 'polc load BUNDLE --attach %s=%s'",
		   move->next.rec.name, move->next.rec.name, move->next.rec.device);
	return -EINVAL;
}

/* What does not fit is said of all, before anything is changed. */
static int check_models(const struct rt_plan *p)
{
	int failed = 0;

	vec_each (struct rt_move, m, &p->moves)
		if (!m->had && !find_model(p, m))
			failed = no_model(p, m);
	return failed;
}

/* Its program comes last: until then all passes. What the flags say besides is there before. */
static void protect(struct rt_plan *p, const struct rt_move *move, const struct polc_ep *made)
{
	struct rt_node *node = &p->s->node;
	uint32_t active = rt_node_active(node);
	struct polc_ep *ep = rt_node_ep(node, active, move->next.slot), hidden = *made;

	assert(made->program && !(made->flags & POLC_EP_OPEN));
	hidden.program = 0;
	hidden.flags |= POLC_EP_OPEN;
	*ep = hidden;
	__atomic_store_n(&ep->program, made->program, __ATOMIC_SEQ_CST);
	__atomic_store_n(&ep->flags, made->flags, __ATOMIC_SEQ_CST);
	rt_record_put(rt_node_record(node, active, move->next.slot), &move->next.rec);
}

static int add(struct rt_plan *p, struct rt_move *move)
{
	const struct rt_member member = {
		.ep = move->ep, .slot = move->next.slot, .check_source = !p->opts->no_source_check};
	const struct polc_ep *model = find_model(p, move);
	struct polc_ep made;
	int r = rt_bank_make_ep(p->s, &member, model, &made);

	if (!r)
		r = rt_slot_take(p->s, &move->next);
	if (!r)
		r = rt_filters_put(p->s, &move->next, made.program, false, &move->filters);
	if (!r)
		protect(p, move, &made);
	else
		rt_slot_leave(p->s, &move->next);
	return r;
}

static int add_all(struct rt_plan *p, size_t *n)
{
	struct rt_state *state = p->s->node.state;
	int r = check_models(p);

	for (size_t i = 0; !r && i < p->moves.n; i++) {
		struct rt_move *m = &p->moves.v[i];

		if (m->had)
			continue;
		if (m->next.slot >= state->slots)
			state->slots = m->next.slot + 1;
		/* It joins what is in force. */
		m->next.rec.generation = p->generation - 1;
		r = add(p, m);
		*n += !r;
	}
	return r;
}

int rt_endpoints_add(const struct bundle *bundle, const struct rt_attach *attach, size_t n_attach,
		     const struct rt_load_options *opts, struct diag *diag, size_t *n)
{
	struct rt_entries in_force;
	struct rt_session s;
	struct rt_plan p = {.s = &s, .bundle = bundle, .opts = opts};
	size_t gone;
	int r = rt_session_open(&s, &opts->common, RT_SESSION_CHANGE, diag);

	*n = 0;
	p.now = (uint64_t)time(NULL);
	if (!r)
		r = rt_recover(&s, &gone);
	if (!r)
		r = rt_records_in_force(&s, bundle, &in_force);
	if (!r)
		r = rt_plan_make(&p, attach, n_attach);
	if (!r)
		r = add_all(&p, n);
	if (!r)
		r = rt_proxies_fit(&s);
	rt_session_close(&s);
	return r;
}
