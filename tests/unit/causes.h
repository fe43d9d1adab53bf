/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold of the causes that polc diff names, whatever the policies. */
#pragma once

#include "verifier/diff/diff.h"

/* How many causes were seen, and how many of them are the order of tiers. */
struct causes_seen {
	size_t n, both;
};

/* Each region has a cause; the policy and the rule are those of its side and decide there about the
 * flow that the cause names; and nothing like it does on the other side, unless the cause says so.
 * A rule that decides about the witness, and that only one side has, is named. False after saying
 * where this is not so. */
bool causes_hold(const struct diff *d, const struct ir *const ir[DIFF_N_SIDES],
		 struct causes_seen *seen);
