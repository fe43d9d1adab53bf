/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The plan of a load: what becomes of each endpoint, with everything checked that names,
 * devices and filters can be wrong about. Nothing is changed here.
 */
#pragma once

#include "runtime/node/load/attach.h"
#include "runtime/node/load/bank/bank.h"
#include "runtime/node/state/records.h"
#include "runtime/runtime.h"

/* One endpoint from its old policy (or none) to its next (or none). */
struct rt_move {
	struct rt_entry next;
	const struct bundle_endpoint *ep; /* NULL: is to be detached */
	bool had;                         /* is attached already */
	struct rt_filters filters;        /* what is attached now */
	uint32_t program;                 /* the number of its next programs, set when loaded */
};

struct rt_plan {
	struct rt_session *s;
	const struct bundle *bundle;
	const struct rt_load_options *opts;
	uint64_t now;               /* seconds since 1970 */
	struct rt_bank_addrs addrs; /* filled in by the caller, too */
	VEC(struct rt_move) moves;
	uint32_t generation;
	uint32_t last_slot;            /* given to a new endpoint */
	struct rt_listeners listeners; /* of its bank, once that is prepared */
};

/* Fills in the moves of a plan whose first members up to `addrs` are set. 0, or a negative errno
 * after reporting all that is wrong. */
int rt_plan_make(struct rt_plan *p, const struct rt_attach *attach, size_t n_attach);
