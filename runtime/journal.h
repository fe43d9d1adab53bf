/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Moves: one endpoint from its old programs (or none) to its next (or none). A load is a
 * list of moves, written to the journal before the first and erased after the last, so that
 * whoever comes after a killed load can finish it.
 */
#pragma once

#include "runtime/state.h"

struct rt_move {
	struct rt_entry next; /* with RT_RECORD_DETACH: what to take away */
	bool had;             /* was attached before, as `old` says */
	struct rt_record old;
};

struct rt_moves {
	struct rt_move *v;
	size_t n, cap;
};

/*
 * Makes all moves; `programs` holds the next ones by the records' slots. With a failure
 * the moves made so far are taken back and the error is returned. A device that disappeared
 * is an error for an endpoint that was not attached before, else it is forgotten.
 */
int rt_moves_make(struct rt_session *s, const struct rt_moves *moves, int programs);

/* The journal of these moves: written before rt_moves_make(), erased after it. Erasing
 * returns -errno unreported: after the moves, it no longer matters much. */
int rt_journal_write(struct rt_session *s, const struct rt_moves *moves, int programs);
int rt_journal_erase(struct rt_session *s);
bool rt_journal_is_complete(struct rt_session *s);

/* Finishes what a killed load began, and forgets endpoints that are gone (counted in *gone).
 * Reports what it did as notes. */
int rt_recover(struct rt_session *s, size_t *gone);

/* Takes our filters from an endpoint, and the clsact if it is ours and nobody else uses it.
 * Filters that are not of this record are left alone. */
int rt_entry_detach(struct rt_session *s, const struct rt_entry *e);
