/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The semantic checks: what is wrong with a policy set whatever the cluster holds. Every
 * check reasons over the open world (all possible label sets, addresses and ports) with Z3,
 * and every finding carries a witness flow that the reference interpreter has confirmed.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "compiler/ir.h"

struct diag;

enum check_level { CHECK_OFF, CHECK_INFO, CHECK_WARNING, CHECK_ERROR };

enum check_id {
#define X(id, name, level, text) CHECK_ID_##id,
#include "verifier/checks.def"
#undef X
	CHECK_N
};

struct check_info {
	const char *name; /* stable; the code of its findings */
	enum check_level level;
	const char *text;
};

struct check_options {
	enum check_level levels[CHECK_N];
	unsigned timeout_ms;  /* of one question to the solver */
	const char *emit_dir; /* every question as a file of SMT-LIB 2; NULL: none */
};

/* What a run came to; the findings themselves are in the diagnostics. */
struct check_result {
	size_t findings[CHECK_N]; /* reported, at whatever level */
	size_t questions;         /* put to the solver */
};

const struct check_info *check_get(enum check_id id);
int check_find(const char *name); /* -1: no such check */

void check_options_init(struct check_options *o);
/* The argument of -W: `name` (at least a warning), `no-name` (off), `name=info|warning|error`.
 * Returns 0, or -EINVAL after reporting an unknown name. */
int check_options_set(struct check_options *o, const char *arg, struct diag *diag);
/* --solver-timeout: the milliseconds that one question may take, 1 or more. Returns 0, or
 * -EINVAL after reporting a text that is no such number. */
int check_options_set_timeout(struct check_options *o, const char *arg, struct diag *diag);
/* --werror: every check that warns reports errors. */
void check_options_werror(struct check_options *o);

/*
 * Runs every check that is not off. Returns 0, whatever was found; -EEXIST or another negative
 * errno after reporting a directory that the questions cannot be written to; -EIO after reporting
 * an internal error (a witness that the interpreter does not confirm, a failing solver).
 */
int check_run(const struct ir *ir, const struct check_options *o, struct diag *diag,
	      struct check_result *result);
