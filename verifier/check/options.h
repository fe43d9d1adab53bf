/* SPDX-License-Identifier: Apache-2.0 */
/* What a user says of the checks, and of the warnings of reading: which of them, at what level; and
 * what the solver may cost. */
#pragma once

#include <stddef.h>

#include "lang/base/warnings.h"
#include "verifier/check/registry.h"

struct diag;
struct work;

/* What has a level: the checks (enum check_id), and behind them the warnings (enum warning_id). */
enum { CHECK_N_LEVELS = CHECK_N + WARNING_N };

struct check_options {
	enum check_level levels[CHECK_N_LEVELS];
	unsigned timeout_ms;  /* of one question to the solver */
	struct work *work;    /* borrowed; begins with each run; NULL: there is no end */
	unsigned budget_ms;   /* of all that it does, see work_begin() */
	const char *lacks;    /* why the inventory is not whole; NULL: it is, as far as is known */
	const char *emit_dir; /* every question as a file of SMT-LIB 2; NULL: none */
};

void check_options_init(struct check_options *o);
/* The index in `levels` of a check or warning, and back. -1: no such one. */
int check_level_find(const char *name);
const char *check_level_name(int index);
/* The argument of -W: `name` (at least a warning), `no-name` (off),
 * `name=off|note|warning|error`. Returns 0, or -EINVAL after reporting an unknown name. */
int check_options_set(struct check_options *o, const char *arg, struct diag *diag);
/* --solver-timeout: the milliseconds that one question may take, 1 or more. Returns 0, or
 * -EINVAL after reporting a text that is no such number. */
int check_options_set_timeout(struct check_options *o, const char *arg, struct diag *diag);
/* --timeout: the seconds that all checks may take, 0 or more. Returns as the last one. */
int check_options_set_budget(struct check_options *o, const char *arg, struct diag *diag);
/* As many as go with a text of so many bytes, if no other number was set. */
void check_options_usual_budget(struct check_options *o, size_t bytes);
/* --werror: everything that warns reports errors. */
void check_options_werror(struct check_options *o);
