/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "config.h"
#include "lang/base/suggest.h"
#include "runtime/cli/cli.h"

typedef int command_fn(struct cli *cli);

static command_fn *const commands[] = {
#define COMMAND(id, args, summary) [CLI_CMD_##id] = cli_##id,
#include "runtime/cli/commands.def"
#undef COMMAND
};

static int unknown_command(const char *word)
{
	struct suggest near;

	suggest_init(&near, word);
	for (int i = 0; i < CLI_N_COMMANDS; i++)
		suggest_offer(&near, cli_command_name((enum cli_command_id)i));
	fprintf(stderr, "polc: '%s' is not a polc command", word);
	if (near.best)
		fprintf(stderr, "; did you mean '%s'?", near.best);
	fputs("\nSee 'polc --help'.\n", stderr);
	return CLI_USAGE;
}

static int help(int argc, char **argv)
{
	enum cli_command_id cmd;

	if (argc < 3) {
		cli_help(stdout);
		return CLI_OK;
	}
	cmd = cli_command_find(argv[2]);
	if (cmd == CLI_N_COMMANDS)
		return unknown_command(argv[2]);
	cli_command_help(cmd, stdout);
	return CLI_OK;
}

static int run(enum cli_command_id cmd, int argc, char **argv)
{
	struct cli cli = {.command = cmd};
	int status;

	lang_init(&cli.lang);
	lang_init(&cli.config);
	work_begin(&cli.work, WORK_ENDLESS);
	cli.lang.work = &cli.work;
	status = cli_parse(&cli, argc, argv);
	if (status < 0 && !cli.quiet)
		progress_watch(&cli.progress, cli_command_name(cmd), &cli.work);
	if (status < 0)
		status = commands[cmd](&cli);
	lang_fini(&cli.config);
	lang_fini(&cli.lang);
	return status;
}

int main(int argc, char **argv)
{
	enum cli_command_id cmd;

	if (argc < 2) {
		cli_help(stderr);
		return CLI_USAGE;
	}
	if (strcmp(argv[1], "--version") == 0) {
		puts(PACKAGE_STRING);
		return CLI_OK;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
	    strcmp(argv[1], "help") == 0)
		return help(argc, argv);
	cmd = cli_command_find(argv[1]);
	if (cmd == CLI_N_COMMANDS)
		return unknown_command(argv[1]);
	return run(cmd, argc - 1, argv + 1);
}
