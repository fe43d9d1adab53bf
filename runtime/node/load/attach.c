/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/node/load/attach.h"

#include <assert.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "runtime/codes.h"
#include "runtime/node/kernel/fail.h"
#include "runtime/node/load/programs.h"
#include "runtime/node/state/records.h"

/* --- filters --------------------------------------------------------------------------- */

uint32_t rt_filter_program(const struct rt_session *s, uint32_t slot, enum polc_hook hook,
			   const struct rt_filter *filter)
{
	const struct polc_ep *ep = rt_node_ep(&s->node, rt_node_active(&s->node), slot);

	if (!filter->prog_id || filter->classid != slot)
		return 0;
	return rt_program_of_id(s, filter->prog_id, hook, ep->program);
}

int rt_filters_find(struct rt_session *s, const struct rt_entry *entries, size_t n,
		    struct rt_filters *out)
{
	uint32_t *devices = arena_array(&s->arena, uint32_t, n);
	struct rt_filter(*found)[POLC_N_EP_HOOKS] =
		arena_calloc(&s->arena, n, sizeof(struct rt_filter[POLC_N_EP_HOOKS]));
	int r;

	for (size_t i = 0; i < n; i++)
		devices[i] = entries[i].rec.ifindex;
	r = rt_tc_find(devices, n, found);
	if (r)
		return rt_fail(s->diag, r, RT_CODE_ATTACH, "cannot look at the filters of %s",
			       n == 1 ? entries->rec.device : "the attached devices");
	for (size_t i = 0; i < n * POLC_N_EP_HOOKS; i++)
		out[i / POLC_N_EP_HOOKS].programs[i % POLC_N_EP_HOOKS] =
			rt_filter_program(s, entries[i / POLC_N_EP_HOOKS].slot, i % POLC_N_EP_HOOKS,
					  &found[i / POLC_N_EP_HOOKS][i % POLC_N_EP_HOOKS]);
	return 0;
}

static int make_clsact(struct rt_session *s, struct rt_entry *e)
{
	struct rt_record *rec = rt_node_record(&s->node, rt_node_active(&s->node), e->slot);
	bool made;
	int r;

	if (!(e->rec.flags & RT_RECORD_CLSACT))
		return 0;
	/* First, so that whoever comes after a kill knows whose it is. */
	rec->flags |= RT_RECORD_CLSACT;
	r = rt_tc_make_clsact(e->rec.ifindex, e->rec.device, &made, s->diag);
	if (r || made)
		return r;
	/* Someone else was faster: theirs to remove. */
	rec->flags &= ~(uint32_t)RT_RECORD_CLSACT;
	e->rec.flags &= ~(uint32_t)RT_RECORD_CLSACT;
	return 0;
}

static int put_one(struct rt_session *s, const struct rt_entry *e, enum polc_hook hook,
		   uint32_t program, bool replace)
{
	struct rt_tc_put put = {.ifindex = e->rec.ifindex,
				.device = e->rec.device,
				.hook = hook,
				.prog_fd = rt_program_open(s, program, hook),
				.classid = e->slot,
				.replace = replace};
	int r;

	if (put.prog_fd < 0)
		return rt_fail(s->diag, put.prog_fd, RT_CODE_ATTACH, "the program for %s is lost",
			       e->rec.device);
	r = rt_tc_put(&put, s->diag);
	close(put.prog_fd);
	return r;
}

int rt_filters_put(struct rt_session *s, struct rt_entry *e, uint32_t program, bool replace,
		   struct rt_filters *present)
{
	bool none = !present->programs[POLC_HOOK_EP_IN] && !present->programs[POLC_HOOK_EP_OUT];
	int r = none ? make_clsact(s, e) : 0;

	assert(program && program < POLC_PROGRAMS);

	for (enum polc_hook h = 0; h < POLC_N_EP_HOOKS && !r; h++) {
		uint32_t *at = &present->programs[h];

		if (*at == program || (*at && !replace))
			continue;
		r = put_one(s, e, h, program, *at != 0);
		if (!r)
			*at = program;
	}
	return r;
}

/* --- slots ------------------------------------------------------------------------------- */

static void open_up(struct polc_ep *ep)
{
	ep->flags |= POLC_EP_OPEN;
	__atomic_store_n(&ep->program, 0, __ATOMIC_SEQ_CST);
}

int rt_slot_take(struct rt_session *s, const struct rt_entry *e)
{
	uint32_t active = rt_node_active(&s->node);
	struct rt_record rec = e->rec;
	int r;

	assert(e->slot && e->slot < POLC_ENDPOINTS);
	/* Until its clsact is made, it is not ours. */
	rec.flags = (rec.flags & ~(uint32_t)RT_RECORD_CLSACT) | RT_RECORD_OPEN;
	open_up(rt_node_ep(&s->node, active, e->slot));
	rt_record_put(rt_node_record(&s->node, active, e->slot), &rec);
	r = bpf_map_update_elem(s->node.fd[RT_MAP_DEVICES], &e->slot, &e->rec.ifindex, BPF_ANY);
	return r ? rt_fail(s->diag, r, RT_CODE_ATTACH, "cannot keep an eye on device %s",
			   e->rec.device)
		 : 0;
}

static int drop_clsact_if_ours(struct rt_session *s, const struct rt_entry *e)
{
	struct rt_device dev;
	int r;

	if (!(e->rec.flags & RT_RECORD_CLSACT))
		return 0;
	r = rt_tc_look(e->rec.ifindex, &dev);
	if (r == -ENODEV)
		return 0;
	if (r)
		return rt_fail(s->diag, r, RT_CODE_ATTACH, "cannot look at the filters of %s",
			       e->rec.device);
	if (dev.qdisc != RT_QDISC_CLSACT)
		return 0;
	for (enum polc_hook h = 0; h < POLC_N_EP_HOOKS; h++)
		if (dev.hooks[h].others || dev.hooks[h].filter.prog_id)
			return 0;
	return rt_tc_remove_clsact(e->rec.ifindex, e->rec.device, s->diag);
}

static int take_filters(struct rt_session *s, const struct rt_entry *e)
{
	struct rt_filters filters;
	int r = rt_filters_find(s, e, 1, &filters);

	for (enum polc_hook h = 0; h < POLC_N_EP_HOOKS && !r; h++)
		if (filters.programs[h])
			r = rt_tc_drop(e->rec.ifindex, e->rec.device, h, s->diag);
	return r ? r : drop_clsact_if_ours(s, e);
}

int rt_slot_leave(struct rt_session *s, const struct rt_entry *e)
{
	uint32_t active = rt_node_active(&s->node);
	struct rt_record *rec = rt_node_record(&s->node, active, e->slot);
	int r = 0;

	open_up(rt_node_ep(&s->node, active, e->slot));
	__atomic_fetch_or(&rec->flags, RT_RECORD_OPEN, __ATOMIC_SEQ_CST);
	if (rt_entry_has_device(s, e))
		r = take_filters(s, e);
	if (r)
		return r;
	bpf_map_delete_elem(s->node.fd[RT_MAP_DEVICES], &e->slot);
	/* The slot stays open: a packet may be under way in a filter that was there just now. */
	rt_record_clear(rec);
	return 0;
}

/* --- what others left ---------------------------------------------------------------------- */

int rt_check_reach(struct rt_session *s, const struct rt_entry *e, const char *verb)
{
	if (e->rec.netns == s->netns || !rt_entry_has_device(s, e))
		return 0;
	diag_error(s->diag, LOC_NONE, RT_CODE_OTHER_NETNS,
		   "endpoint %s is attached in another network namespace: %s there, or use a pin "
		   "directory for each namespace",
		   e->rec.name, verb);
	return -EINVAL;
}

static int clean_up(struct rt_session *s)
{
	bool unsettled = s->node.state->unsettled;
	struct rt_entries open;
	int r = 0;

	rt_records_read(s, true, &open);
	vec_each (struct rt_entry, e, &open) {
		if (!r)
			r = rt_check_reach(s, e, "load or unload");
		if (!r)
			r = rt_slot_leave(s, e);
	}
	if (!r && (unsettled || open.n))
		r = rt_node_settle(s);
	if (!r && (unsettled || open.n))
		diag_info(s->diag, LOC_NONE, RT_CODE_RECOVERED,
			  "cleaned up after a load or unload that had been interrupted");
	return r;
}

static int sweep(struct rt_session *s, size_t *gone)
{
	struct rt_entries entries;
	int r = 0;

	rt_records_read(s, false, &entries);
	vec_each (struct rt_entry, e, &entries) {
		if (r || rt_entry_has_device(s, e))
			continue;
		r = rt_slot_leave(s, e);
		if (r)
			continue;
		diag_info(s->diag, LOC_NONE, RT_CODE_SWEPT,
			  "endpoint %s is forgotten: its device %s no longer exists", e->rec.name,
			  e->rec.device);
		(*gone)++;
	}
	return r;
}

int rt_recover(struct rt_session *s, size_t *gone)
{
	int r;

	if (!s->node.state)
		return 0;
	rt_programs_clean(s);
	r = clean_up(s);
	return r ? r : sweep(s, gone);
}
