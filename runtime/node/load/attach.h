/* SPDX-License-Identifier: Apache-2.0 */
/* Endpoints on their devices: getting in, and leaving without a trace. */
#pragma once

#include "runtime/node/kernel/tc.h"
#include "runtime/node/state/records.h"

/* The numbers of the programs that an endpoint's filters run, by hook; 0: no filter of ours. */
struct rt_filters {
	uint32_t programs[POLC_N_EP_HOOKS];
};

/* What is attached of many endpoints of our namespace. 0 or a negative errno after reporting. */
int rt_filters_find(struct rt_session *s, const struct rt_entry *entries, size_t n,
		    struct rt_filters *out);

/* Is this filter, at the endpoint's place, ours? Its program's number, or 0. */
uint32_t rt_filter_program(const struct rt_session *s, uint32_t slot, enum polc_hook hook,
			   const struct rt_filter *filter);

/*
 * Gives a new endpoint its slot: open in the bank in force, so that the filters that follow
 * let everything pass until the next bank says otherwise. An unload, or the next load, takes
 * away what is in such a slot.
 */
int rt_slot_take(struct rt_session *s, const struct rt_entry *e);

/*
 * Puts the programs of this number where nothing of ours is, and with `replace` also in the
 * place of another number. Makes the clsact first if the record says that it is ours to make.
 * Changes *present to what is there then. 0 or a negative errno after reporting.
 */
int rt_filters_put(struct rt_session *s, struct rt_entry *e, uint32_t program, bool replace,
		   struct rt_filters *present);

/*
 * Takes an endpoint's filters away, its clsact if it is ours and nobody else uses it, and
 * frees its slot in the bank in force. All passes from the first moment on, so that both
 * directions of the endpoint change at once. Filters that are
 * not ours are left alone. On failure the slot stays as rt_slot_take() leaves it.
 */
int rt_slot_leave(struct rt_session *s, const struct rt_entry *e);

/* Reports that the endpoint of a record is in a namespace that we cannot reach, -EINVAL. */
int rt_check_reach(struct rt_session *s, const struct rt_entry *e, const char *verb);

/* Ends what an interrupted load or unload began, and forgets endpoints that are gone (counted
 * in *gone). Reports what it did as notes. */
int rt_recover(struct rt_session *s, size_t *gone);
