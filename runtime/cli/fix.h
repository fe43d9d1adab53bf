/* SPDX-License-Identifier: Apache-2.0 */
/*
 * polc check --fix: carries out the fixes that are safe, in the files that were named or lie below
 * what was named. All rounds are made in memory; a file is written once, at the end.
 */
#pragma once

#include "runtime/cli/cli.h"
#include "verifier/check/check.h"

/* A file and what it was, in the order of `edits`. */
struct fix_file {
	const char *target; /* the canonical path */
	const char *text;
	size_t len;
};

struct fix {
	struct cli *cli;                     /* borrowed, as the options are */
	const struct check_options *options; /* of which warnings are shown */
	struct lang_edits edits;
	VEC(struct fix_file) files;
	VEC(const char *) refused; /* names that are told */
	size_t done;
	size_t waiting;  /* fixes of warnings that may be suppressed, for all that is known */
	struct buf told; /* a line for each fix */
};

void fix_fini(struct fix *f);

/* Is what is asked for possible? CLI_OK, or the exit status after saying what is not. */
int fix_refuse(const struct cli *cli);
/* Reads the input until no fix is left, or a limit of rounds is met, which is told. */
void fix_find(struct fix *f, struct cli *cli, const struct check_options *options);
/* Writes the files, or prints how they would change. CLI_OK, or CLI_FAULT after saying why. */
int fix_write(struct fix *f);
int fix_print_diff(struct fix *f);
