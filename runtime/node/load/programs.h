/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The programs of the node, shared by shape: one pair an object file, with the stages of
 * both, whatever the number of endpoints and policies that use it. A pair is loaded once, kept in
 * polc_progs under its number, and known by the hash of its object, so that the next load finds it
 * again.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "runtime/node/state/session.h"

/*
 * The numbers of the pairs of `shapes`, by shape of the bundle; loads and verifies those that are
 * missing. NULL shapes are skipped. Returns 0 or a negative errno after reporting; what was loaded
 * until then stays, unused.
 */
int rt_programs_need(struct rt_session *s, const struct bundle *b,
		     const struct bundle_shape *const *shapes, uint32_t *numbers);

/* A descriptor of a program, or a negative errno, unreported. The caller closes it. */
int rt_program_open(struct rt_session *s, uint32_t number, enum polc_hook hook);
/* The number of the pair that this kernel id belongs to, `likely` this one; 0: it is not ours. */
uint32_t rt_program_of_id(const struct rt_session *s, uint32_t id, enum polc_hook hook,
			  uint32_t likely);

/* Lets go of what an interrupted load began to load, or to let go of. */
void rt_programs_clean(struct rt_session *s);
/* Lets go of the pairs that are not `used`. */
void rt_programs_drop(struct rt_session *s, const bool used[static POLC_PROGRAMS]);
