/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The semantic checks: what is wrong with a policy set. Most reason over the open world (all
 * possible label sets, addresses and ports) with Z3: open/. Others look at what the inventory
 * holds, without it: inventory/. Where a finding is that flows meet a fate, it names one as
 * witness, which the reference interpreter has confirmed; where nothing matches, or a name is
 * wrong, there is none.
 */
#pragma once

#include <stddef.h>

#include "compiler/ir.h"
#include "verifier/check/options.h"

/* What a run came to; the findings themselves are in the diagnostics. */
struct check_result {
	size_t findings[CHECK_N]; /* reported, at whatever level */
	size_t questions;         /* put to the solver */
};

/*
 * Runs every check that is not off. Returns 0, whatever was found; -EEXIST or another negative
 * errno after reporting a directory that the questions cannot be written to; -EIO after reporting
 * an internal error (a witness that the interpreter does not confirm, a failing solver).
 */
int check_run(const struct ir *ir, const struct check_options *o, struct diag *diag,
	      struct check_result *result);
