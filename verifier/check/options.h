/* SPDX-License-Identifier: Apache-2.0 */
/* What a user says of the checks: which of them, at what level, and what the solver may cost. */
#pragma once

#include <stddef.h>

#include "verifier/check/registry.h"

struct diag;

struct check_options {
	enum check_level levels[CHECK_N];
	unsigned timeout_ms;  /* of one question to the solver */
	unsigned budget_ms;   /* of all of them, in time of a processor; 0: no end */
	const char *emit_dir; /* every question as a file of SMT-LIB 2; NULL: none */
};

void check_options_init(struct check_options *o);
/* The argument of -W: `name` (at least a warning), `no-name` (off), `name=info|warning|error`.
 * Returns 0, or -EINVAL after reporting an unknown name. */
int check_options_set(struct check_options *o, const char *arg, struct diag *diag);
/* --solver-timeout: the milliseconds that one question may take, 1 or more. Returns 0, or
 * -EINVAL after reporting a text that is no such number. */
int check_options_set_timeout(struct check_options *o, const char *arg, struct diag *diag);
/* --timeout: the seconds that all questions may take, 1 or more. Returns as the last one. */
int check_options_set_budget(struct check_options *o, const char *arg, struct diag *diag);
/* As many as go with a text of so many bytes, if no other number was set. */
void check_options_usual_budget(struct check_options *o, size_t bytes);
/* --werror: every check that warns reports errors. */
void check_options_werror(struct check_options *o);
