/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/journal.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <unistd.h>

#include "runtime/codes.h"
#include "runtime/fail.h"
#include "runtime/image.h"
#include "runtime/tc.h"

/* The moves under way. */
struct making {
	struct rt_session *s;
	int programs; /* the next ones, by slot */
	int old;      /* those that they replace, by position in the list of moves */
};

/* --- one endpoint ---------------------------------------------------------------------- */

static bool device_exists(const struct rt_session *s, const struct rt_entry *e)
{
	char name[RT_DEVICE_SIZE];

	return rt_entry_has_device(s, e, name);
}

static int look(struct rt_session *s, const struct rt_entry *e, struct rt_device *dev)
{
	int r = rt_tc_look(e->key.ifindex, dev);

	return r ? rt_fail(s->diag, r, RT_CODE_ATTACH, "cannot look at the filters of %s",
			   e->rec.device)
		 : 0;
}

static int drop_clsact_if_ours(struct rt_session *s, const struct rt_entry *e)
{
	struct rt_device dev;
	int r;

	if (!(e->rec.flags & RT_RECORD_CLSACT))
		return 0;
	r = look(s, e, &dev);
	if (r || dev.qdisc != RT_QDISC_CLSACT)
		return r;
	for (int d = 0; d < IR_N_DIRS; d++)
		if (dev.hooks[d].others || dev.hooks[d].prog_id)
			return 0;
	return rt_tc_remove_clsact(e->key.ifindex, e->rec.device, s->diag);
}

int rt_entry_detach(struct rt_session *s, const struct rt_entry *e)
{
	struct rt_device dev;
	int r;

	if (!device_exists(s, e))
		return 0;
	r = look(s, e, &dev);
	for (int d = 0; d < IR_N_DIRS && !r; d++)
		if (dev.hooks[d].prog_id && dev.hooks[d].prog_id == e->rec.programs[d])
			r = rt_tc_drop(e->key.ifindex, e->rec.device, d, s->diag);
	return r ? r : drop_clsact_if_ours(s, e);
}

static int foreign(struct rt_session *s, const struct rt_entry *e, enum ir_dir dir, uint32_t id)
{
	diag_error(s->diag, LOC_NONE, RT_CODE_FOREIGN_FILTER,
		   "the %s filter of %s was replaced by program %u, which is not ours: remove it "
		   "('tc filter del dev %s %s pref %d handle 0x%x bpf'), then load again",
		   ir_dir_name(dir), e->rec.device, id, e->rec.device,
		   dir == IR_INGRESS ? "egress" : "ingress", RT_TC_PRIORITY, RT_TC_HANDLE);
	return -EINVAL;
}

static int put_from(struct rt_session *s, const struct rt_entry *e, enum ir_dir dir, int programs,
		    uint32_t slot, bool replace)
{
	int fd = rt_programs_open(programs, slot);
	int r;

	if (fd < 0)
		return rt_fail(s->diag, fd, RT_CODE_ATTACH, "the program for %s is lost",
			       e->rec.device);
	r = rt_tc_put(e->key.ifindex, e->rec.device, dir, fd, replace, s->diag);
	close(fd);
	return r;
}

/* Keeps a reference to the program that is about to go, for the way back. Someone else may
 * have removed it before us. */
static int keep_old(struct making *m, const struct rt_move *move, size_t at, enum ir_dir dir)
{
	int fd, r;

	if (m->old < 0)
		return 0;
	fd = bpf_prog_get_fd_by_id(move->old.programs[dir]);
	if (fd == -ENOENT)
		return 0;
	r = fd < 0 ? fd : rt_programs_put(m->old, rt_image_slot(at, dir), fd);
	if (fd >= 0)
		close(fd);
	return r ? rt_fail(m->s->diag, r, RT_CODE_ATTACH, "cannot keep the old program of %s",
			   move->next.rec.device)
		 : 0;
}

static int swap_hook(struct making *m, const struct rt_move *move, size_t at, enum ir_dir dir,
		     uint32_t present)
{
	const struct rt_record *rec = &move->next.rec;
	bool old = move->had && present && present == move->old.programs[dir];
	int r = 0;

	if (present && present == rec->programs[dir])
		return 0;
	if (present && !old)
		return foreign(m->s, &move->next, dir, present);
	if (old)
		r = keep_old(m, move, at, dir);
	return r ? r
		 : put_from(m->s, &move->next, dir, m->programs, rt_image_slot(rec->slot, dir),
			    old);
}

static int make_clsact(struct making *m, struct rt_entry *e)
{
	bool made;
	int r = rt_tc_make_clsact(e->key.ifindex, e->rec.device, &made, m->s->diag);

	/* Someone else was faster: theirs to remove. */
	if (!r && !made)
		e->rec.flags &= ~(uint32_t)RT_RECORD_CLSACT;
	return r;
}

static int make_attach(struct making *m, struct rt_move *move, size_t at)
{
	struct rt_device dev;
	int r = look(m->s, &move->next, &dev);

	if (!r && dev.qdisc != RT_QDISC_CLSACT)
		r = make_clsact(m, &move->next);
	for (int d = 0; d < IR_N_DIRS && !r; d++)
		r = swap_hook(m, move, at, d, dev.hooks[d].prog_id);
	return r ? r : rt_record_put(m->s, m->s->state, &move->next);
}

static int make_detach(struct making *m, const struct rt_move *move, size_t at)
{
	int r = 0;

	for (int d = 0; d < IR_N_DIRS && !r; d++)
		r = keep_old(m, move, at, d);
	if (!r)
		r = rt_entry_detach(m->s, &move->next);
	return r ? r : rt_record_remove(m->s, m->s->state, &move->next.key);
}

static int make_move(struct making *m, struct rt_move *move, size_t at)
{
	if (device_exists(m->s, &move->next)) {
		if (move->next.rec.flags & RT_RECORD_DETACH)
			return make_detach(m, move, at);
		return make_attach(m, move, at);
	}
	if (move->had || m->old < 0)
		return rt_record_remove(m->s, m->s->state, &move->next.key);
	diag_error(m->s->diag, LOC_NONE, RT_CODE_NO_DEVICE,
		   "device %s disappeared while endpoint %s was being attached",
		   move->next.rec.device, move->next.rec.name);
	return -ENODEV;
}

/* --- the way back ---------------------------------------------------------------------- */

static int undo_hook(struct making *m, const struct rt_move *move, size_t at, enum ir_dir dir,
		     uint32_t present)
{
	uint32_t slot = rt_image_slot(at, dir);
	const struct rt_entry *e = &move->next;
	uint32_t old;

	if (present && present != e->rec.programs[dir])
		return 0;
	if (rt_programs_id(m->old, slot, &old) != -ENOENT)
		return put_from(m->s, e, dir, m->old, slot, present != 0);
	return present ? rt_tc_drop(e->key.ifindex, e->rec.device, dir, m->s->diag) : 0;
}

static int undo_move(struct making *m, struct rt_move *move, size_t at)
{
	struct rt_entry back = {.key = move->next.key, .rec = move->old};
	struct rt_device dev;
	int r;

	if (!device_exists(m->s, &move->next))
		return rt_record_remove(m->s, m->s->state, &move->next.key);
	r = look(m->s, &move->next, &dev);
	if (!r && move->had && dev.qdisc != RT_QDISC_CLSACT)
		r = make_clsact(m, &back);
	for (int d = 0; d < IR_N_DIRS && !r; d++)
		r = undo_hook(m, move, at, d, dev.hooks[d].prog_id);
	if (r)
		return r;
	if (move->had)
		return rt_record_put(m->s, m->s->state, &back);
	r = drop_clsact_if_ours(m->s, &move->next);
	return r ? r : rt_record_remove(m->s, m->s->state, &move->next.key);
}

int rt_moves_make(struct rt_session *s, const struct rt_moves *moves, int programs)
{
	struct making m = {.s = s, .programs = programs};
	int r = 0;

	m.old = rt_programs_new("polc_old", moves->n);
	if (m.old < 0)
		return rt_fail(s->diag, m.old, RT_CODE_MAP, "cannot make a program map");
	for (size_t i = 0; i < moves->n && !r; i++) {
		r = make_move(&m, &moves->v[i], i);
		/* The failed one may have changed one of its two filters. */
		if (r)
			for (size_t k = i + 1; k-- > 0;)
				undo_move(&m, &moves->v[k], k);
	}
	close(m.old);
	return r;
}

/* --- the journal ----------------------------------------------------------------------- */

int rt_journal_write(struct rt_session *s, const struct rt_moves *moves, int programs)
{
	int fd = rt_records_new(s, RT_PIN_NEXT, (uint32_t)moves->n);
	int r = 0;

	if (fd < 0)
		return fd;
	for (size_t i = 0; i < moves->n && !r; i++)
		r = rt_record_put(s, fd, &moves->v[i].next);
	if (!r)
		r = rt_pin_set(s, RT_PIN_NEXT, fd);
	if (!r)
		r = rt_pin_set(s, RT_PIN_PROGS, programs);
	close(fd);
	return r;
}

int rt_journal_erase(struct rt_session *s)
{
	int r = rt_pin_remove(s, RT_PIN_PROGS);

	return r ? r : rt_pin_remove(s, RT_PIN_NEXT);
}

bool rt_journal_is_complete(struct rt_session *s)
{
	int fd = s->dir_fd < 0 ? -1 : rt_pin_open(s, RT_PIN_PROGS);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* --- recovery -------------------------------------------------------------------------- */

static const struct rt_record *find(const struct rt_entries *entries, const struct rt_key *key)
{
	vec_each (struct rt_entry, e, entries)
		if (e->key.netns == key->netns && e->key.ifindex == key->ifindex)
			return &e->rec;
	return NULL;
}

static int other_netns(struct rt_session *s)
{
	diag_error(s->diag, LOC_NONE, RT_CODE_OTHER_NETNS,
		   "a load in another network namespace was interrupted: run polc there to "
		   "complete it, or, if that namespace no longer exists, remove %s",
		   s->pin_dir);
	return -EINVAL;
}

/* Forward, not back: the programs of the journal are all verified, the old ones may be gone
 * already where a filter has changed. */
static int finish(struct rt_session *s, const struct rt_entries *next, int programs)
{
	struct making m = {.s = s, .programs = programs, .old = -1};
	struct rt_entries present;
	int r = rt_state_ensure(s);

	if (!r)
		r = rt_records_read(s, s->state, &present);
	for (size_t i = 0; i < next->n && !r; i++) {
		struct rt_move move = {.next = next->v[i]};
		const struct rt_record *old = find(&present, &move.next.key);

		if (move.next.key.netns != s->netns)
			return other_netns(s);
		move.had = old != NULL;
		if (old)
			move.old = *old;
		r = make_move(&m, &move, i);
	}
	return r;
}

static int finish_journal(struct rt_session *s)
{
	struct rt_entries next = {0};
	int programs = rt_pin_open(s, RT_PIN_PROGS);
	int records = rt_pin_open(s, RT_PIN_NEXT);
	int r = rt_records_read(s, records, &next);

	if (!r && programs >= 0 && records >= 0)
		r = finish(s, &next, programs);
	if (!r && programs >= 0)
		diag_info(s->diag, LOC_NONE, RT_CODE_RECOVERED,
			  "completed the load of bundle %.12s, which had been interrupted",
			  next.n ? next.v[0].rec.hash : "");
	if (programs >= 0)
		close(programs);
	if (records >= 0)
		close(records);
	if (r)
		return r;
	r = rt_journal_erase(s);
	return r ? rt_fail(s->diag, r, RT_CODE_PIN, "cannot remove the journal in %s", s->pin_dir)
		 : 0;
}

static int sweep(struct rt_session *s, size_t *gone)
{
	enum rt_endpoint_state state;
	struct rt_entries entries;
	int r = rt_records_read(s, s->state, &entries);

	if (r)
		return r;
	vec_each (struct rt_entry, e, &entries) {
		r = rt_entry_state(s, e, &state);
		if (!r && state != RT_GONE)
			continue;
		if (!r)
			r = rt_record_remove(s, s->state, &e->key);
		if (r)
			return r;
		diag_info(s->diag, LOC_NONE, RT_CODE_SWEPT,
			  "endpoint %s is forgotten: its device %s no longer exists", e->rec.name,
			  e->rec.device);
		(*gone)++;
	}
	return 0;
}

int rt_recover(struct rt_session *s, size_t *gone)
{
	int r = s->dir_fd < 0 ? 0 : finish_journal(s);

	return r ? r : sweep(s, gone);
}
