/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The polc command: one file a subcommand, named after it. A subcommand reads its options
 * from `struct cli`, calls the rooms, and returns an exit status; it holds no policy logic.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "compiler/ir.h"
#include "lang/base/outlet.h"
#include "lang/base/work.h"
#include "lang/lang.h"
#include "runtime/cli/progress.h"

/* The contract of the exit status. */
enum cli_exit {
	CLI_OK = 0,       /* fine */
	CLI_FINDINGS = 1, /* findings, a difference, a failed proof */
	CLI_USAGE = 2,    /* bad input or usage; nothing was written */
	CLI_FAULT = 3,    /* an internal or system fault */
};

enum cli_command_id {
#define COMMAND(id, args, summary) CLI_CMD_##id,
#include "runtime/cli/commands.def"
#undef COMMAND
	CLI_N_COMMANDS,
	/* groups, in options.def only */
	CLI_CMD_any,
	CLI_CMD_files,
	CLI_CMD_input,
	CLI_CMD_node,
};

enum cli_option_id {
#define OPTION(cmd, id, letter, name, arg, help) CLI_OPT_##cmd##_##id,
#include "runtime/cli/options.def"
#undef OPTION
	CLI_N_OPTIONS,
};

struct cli_value {
	enum cli_option_id id;
	const char *arg; /* NULL for an option without argument */
	struct loc loc;  /* in the configuration; LOC_NONE: on the command line */
};

struct cli {
	struct lang lang;
	struct lang config; /* what is read and said of the configuration, which is no policy */
	const char *config_path, *config_dir; /* NULL: there is none */
	enum cli_command_id command;
	const char *format; /* one of the command's, never NULL */
	bool color, quiet, verbose;
	enum diag_severity least; /* of diagnostics as text */
	size_t max_findings;      /* of each severity, as text; 0: all */
	struct work work;         /* what takes long, and what --timeout gives it */
	struct progress progress;
	VEC(struct cli_value) values;
	VEC(const char *) args;
};

/* --- options ------------------------------------------------------------------------ */

/* Parses the command line of a subcommand into `cli`. Returns -1 to go on, or the exit
 * status if there is nothing left to do (--help, a usage error that was printed). */
int cli_parse(struct cli *cli, int argc, char **argv);
/* The argument of the option's last use; NULL if it was not given. */
const char *cli_option(const struct cli *cli, enum cli_option_id id);
/* A whole number; *out stays as it is if the option was not given. Returns CLI_OK, or CLI_USAGE
 * after saying what is wrong. */
int cli_number(const struct cli *cli, enum cli_option_id id, long min, long max, long *out);
/* The argument of a --timeout SECONDS, for work_begin(). Returns as cli_number() does. */
int cli_budget(const struct cli *cli, enum cli_option_id id, unsigned *ms);
/* Does the command have this option? */
bool cli_accepts(enum cli_command_id cmd, enum cli_option_id id);
bool cli_has(const struct cli *cli, enum cli_option_id id);
/* Prints `polc CMD: text`, a hint at --help, and returns CLI_USAGE. */
int cli_usage_error(const struct cli *cli, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void cli_help(FILE *out);
void cli_command_help(enum cli_command_id cmd, FILE *out);
/* Does it read files that a configuration may choose? */
bool cli_has_files(enum cli_command_id cmd);
const char *cli_command_name(enum cli_command_id cmd);
/* CLI_N_COMMANDS for an unknown name. */
enum cli_command_id cli_command_find(const char *name);

/* --- shared steps ------------------------------------------------------------------- */

/* Reads the arguments and inventories and resolves them. Returns 0 or a negative errno; what is
 * wrong stands in the diagnostics, unprinted. */
int cli_resolve_input(struct cli *cli, struct ir **out);
int cli_no_input(const struct cli *cli);
/* Is there anything to read on the command line? */
bool cli_names_input(const struct cli *cli);
/* Reads what -i names into `lang`. Returns 0, or -EINVAL after all of it was read. */
int cli_read_inventories(const struct cli *cli, struct lang *lang);
/* After the last read: says what was skipped, all of it with -v. Returns 0 or -EINVAL. */
int cli_finish_input(struct cli *cli, struct lang *lang);
/* The same for commands that only print errors: CLI_OK, or the exit status after
 * the diagnostics were printed. */
int cli_read_input(struct cli *cli, struct ir **out);
/* Prints the diagnostics so far: to stderr as text, whatever the command's own format. */
void cli_print_diag(const struct cli *cli);
/* How diagnostics are to be shown. */
struct diag_style cli_diag_style(const struct cli *cli);
/* Says on stderr which policies are not in the result: where the result itself has no place for it.
 */
void cli_print_unread(const struct cli *cli);
/* What is not read of the inventory, in words that live as long as what is; NULL: nothing. */
const char *cli_lacks(struct cli *cli);
/* Prints the diagnostics and turns a negative errno into an exit status: the user's input
 * (EINVAL, ENOENT, EEXIST, E2BIG) is 2, everything else 3. */
int cli_fail(const struct cli *cli, int err);
/* Writes a result to standard output; CLI_FAULT if that fails (a full disk, a closed pipe). */
int cli_print(const struct buf *out);
/* The same for what is made piece by piece: an outlet to standard output, and its end. */
struct outlet cli_outlet(void);
int cli_close(struct outlet *out);
/* Replaces or makes a file in one step, so that no reader and no crash meets half of it. Returns 0
 * or a negative errno. */
int cli_replace_file(const char *path, const struct buf *text, struct arena *arena);
/* The same for JSON, on lines of its own; drops the reference. */
int cli_print_json(json_t *value);

/* --- subcommands -------------------------------------------------------------------- */

#define COMMAND(id, args, summary) int cli_##id(struct cli *cli);
#include "runtime/cli/commands.def"
#undef COMMAND
