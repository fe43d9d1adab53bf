/* SPDX-License-Identifier: Apache-2.0 */
/* What a user says of the checks: which of them, at what level, and what the solver may cost. */
#pragma once

#include "verifier/check/registry.h"

struct diag;

struct check_options {
	enum check_level levels[CHECK_N];
	unsigned timeout_ms;  /* of one question to the solver */
	const char *emit_dir; /* every question as a file of SMT-LIB 2; NULL: none */
};

void check_options_init(struct check_options *o);
/* The argument of -W: `name` (at least a warning), `no-name` (off), `name=info|warning|error`.
 * Returns 0, or -EINVAL after reporting an unknown name. */
int check_options_set(struct check_options *o, const char *arg, struct diag *diag);
/* --solver-timeout: the milliseconds that one question may take, 1 or more. Returns 0, or
 * -EINVAL after reporting a text that is no such number. */
int check_options_set_timeout(struct check_options *o, const char *arg, struct diag *diag);
/* --werror: every check that warns reports errors. */
void check_options_werror(struct check_options *o);
