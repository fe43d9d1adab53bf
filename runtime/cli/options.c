/* SPDX-License-Identifier: Apache-2.0 */
/* Command lines: parsing and help, both from commands.def and options.def. */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runtime/cli/cli.h"
#include "runtime/cli/configuration.h"
#include "runtime/cli/exclude.h"

struct option_row {
	enum cli_command_id cmd;
	char letter;
	const char *name, *arg, *help;
};

static const struct option_row option_rows[] = {
#define OPTION(cmd, id, letter, name, arg, help)                                                   \
	[CLI_OPT_##cmd##_##id] = {CLI_CMD_##cmd, letter, name, arg, help},
#include "runtime/cli/options.def"
#undef OPTION
};

struct command_row {
	const char *name, *args, *summary;
};

static const struct command_row command_rows[] = {
#define COMMAND(id, args, summary) [CLI_CMD_##id] = {#id, args, summary},
#include "runtime/cli/commands.def"
#undef COMMAND
};

enum { GROUP_FILES = 1, GROUP_INPUT = 2 | GROUP_FILES, GROUP_NODE = 4, MAX_FORMATS = 6 };

/* What a command shares with others: its option groups, and its formats, default first. */
static const struct {
	unsigned groups;
	const char *formats[MAX_FORMATS];
} traits[] = {
	[CLI_CMD_check] = {GROUP_INPUT, {"text", "json", "sarif", "github", "gitlab", "junit"}},
	[CLI_CMD_explain] = {0, {"text"}},
	[CLI_CMD_fmt] = {GROUP_FILES, {"text"}},
	[CLI_CMD_build] = {GROUP_INPUT, {"text", "json"}},
	[CLI_CMD_diff] = {GROUP_INPUT, {"text", "json"}},
	[CLI_CMD_reach] = {GROUP_INPUT, {"list", "table", "json", "csv", "dot", "html"}},
	[CLI_CMD_why] = {GROUP_INPUT, {"text", "json"}},
	[CLI_CMD_load] = {GROUP_NODE, {"text", "json"}},
	[CLI_CMD_unload] = {GROUP_NODE, {"text", "json"}},
	[CLI_CMD_status] = {GROUP_NODE, {"text", "json"}},
	[CLI_CMD_monitor] = {GROUP_NODE, {"text", "json"}},
	[CLI_CMD_peer] = {GROUP_NODE, {"text", "json"}},
	[CLI_CMD_endpoint] = {GROUP_NODE, {"text", "json"}},
	[CLI_CMD_proxy] = {GROUP_NODE, {"text"}},
};

const char *cli_command_name(enum cli_command_id cmd)
{
	return command_rows[cmd].name;
}

enum cli_command_id cli_command_find(const char *name)
{
	int i = 0;

	while (i < CLI_N_COMMANDS && strcmp(command_rows[i].name, name) != 0)
		i++;
	return (enum cli_command_id)i;
}

bool cli_has_files(enum cli_command_id cmd)
{
	return traits[cmd].groups & GROUP_FILES;
}

static bool applies(const struct option_row *row, enum cli_command_id cmd)
{
	switch (row->cmd) {
	case CLI_CMD_any:
		return true;
	case CLI_CMD_files:
		return cli_has_files(cmd);
	case CLI_CMD_input:
		return (traits[cmd].groups & GROUP_INPUT) == GROUP_INPUT;
	case CLI_CMD_node:
		return traits[cmd].groups & GROUP_NODE;
	default:
		return row->cmd == cmd;
	}
}

bool cli_accepts(enum cli_command_id cmd, enum cli_option_id id)
{
	return applies(&option_rows[id], cmd);
}

/* --- help --------------------------------------------------------------------------- */

void cli_help(FILE *out)
{
	fputs("polc: declarative network policy, checked, compiled to eBPF and enforced\n\n"
	      "usage: polc COMMAND [OPTION...] [ARGUMENT...]\n\n",
	      out);
	for (int i = 0; i < CLI_N_COMMANDS; i++)
		fprintf(out, "  %-10s %s\n", command_rows[i].name, command_rows[i].summary);
	fputs("\n'polc COMMAND --help' tells more; 'polc --version' the version.\n"
	      "Exit status: 0 fine, 1 findings, 2 bad input or usage, 3 a system fault.\n",
	      out);
}

static void formats_help(enum cli_command_id cmd, FILE *out)
{
	fputs("\nFormats:", out);
	for (int i = 0; i < MAX_FORMATS && traits[cmd].formats[i]; i++)
		fprintf(out, " %s", traits[cmd].formats[i]);
	fputc('\n', out);
}

void cli_command_help(enum cli_command_id cmd, FILE *out)
{
	const struct command_row *row = &command_rows[cmd];

	fprintf(out, "polc %s: %s\n\nusage: polc %s [OPTION...] %s\n\n", row->name, row->summary,
		row->name, row->args);
	for (int i = 0; i < CLI_N_OPTIONS; i++) {
		const struct option_row *o = &option_rows[i];
		char left[64];

		if (!applies(o, cmd))
			continue;
		snprintf(left, sizeof(left), "%c%c%s --%s%s%s", o->letter ? '-' : ' ',
			 o->letter ? o->letter : ' ', o->letter ? "," : " ", o->name,
			 o->arg ? " " : "", o->arg ? o->arg : "");
		fprintf(out, "  %-32s %s\n", left, o->help);
	}
	formats_help(cmd, out);
}

int cli_usage_error(const struct cli *cli, const char *fmt, ...)
{
	const char *name = cli_command_name(cli->command);
	_cleanup_buf_ struct buf text = {0}, shown = {0};
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&text, fmt, ap);
	va_end(ap);
	buf_puts_shown(&shown, buf_str(&text));
	fprintf(stderr, "polc %s: %s\nSee 'polc %s --help'.\n", name, buf_str(&shown), name);
	return CLI_USAGE;
}

/* --- parsing ------------------------------------------------------------------------ */

enum { LONG_BASE = 1000 };

/* getopt's own tables for one command; a long option's value is LONG_BASE + its id. */
struct getopt_tables {
	struct option longs[CLI_N_OPTIONS + 1];
	char shorts[2 * CLI_N_OPTIONS + 2];
	enum cli_option_id by_letter[128];
};

static void fill_tables(struct getopt_tables *t, enum cli_command_id cmd)
{
	size_t n_long = 0, n_short = 0;

	memset(t, 0, sizeof(*t));
	t->shorts[n_short++] = ':';
	for (int i = 0; i < CLI_N_OPTIONS; i++) {
		const struct option_row *o = &option_rows[i];

		if (!applies(o, cmd))
			continue;
		t->longs[n_long++] = (struct option){
			.name = o->name, .has_arg = o->arg != NULL, .val = LONG_BASE + i};
		if (!o->letter)
			continue;
		t->by_letter[(unsigned char)o->letter] = (enum cli_option_id)i;
		t->shorts[n_short++] = o->letter;
		if (o->arg)
			t->shorts[n_short++] = ':';
	}
}

static int set_format(struct cli *cli)
{
	const char *want = cli_option(cli, CLI_OPT_any_FORMAT);
	const char *const *formats = traits[cli->command].formats;

	cli->format = formats[0];
	if (!want)
		return -1;
	for (int i = 0; i < MAX_FORMATS && formats[i]; i++) {
		if (strcmp(formats[i], want) == 0) {
			cli->format = formats[i];
			return -1;
		}
	}
	return cli_usage_error(cli, "there is no format '%s' here", want);
}

static int set_color(struct cli *cli)
{
	const char *when = cli_option(cli, CLI_OPT_any_COLOR);

	if (!when || strcmp(when, "auto") == 0)
		cli->color = isatty(STDERR_FILENO) && isatty(STDOUT_FILENO) && !getenv("NO_COLOR");
	else if (strcmp(when, "always") == 0)
		cli->color = true;
	else if (strcmp(when, "never") != 0)
		return cli_usage_error(cli, "--color takes auto, always or never, not '%s'", when);
	return -1;
}

static int set_ipblock(struct cli *cli)
{
	const char *what = cli_option(cli, CLI_OPT_input_IPBLOCK);

	if (!what || strcmp(what, "pods") == 0)
		cli->lang.ipblock = LANG_IPBLOCK_PODS;
	else if (strcmp(what, "external") == 0)
		cli->lang.ipblock = LANG_IPBLOCK_EXTERNAL;
	else
		return cli_usage_error(cli, "--ipblock takes pods or external, not '%s'", what);
	return -1;
}

static int set_pod_prefixes(struct cli *cli)
{
	vec_each (const struct cli_value, value, &cli->values) {
		struct net_prefix prefix;

		if (value->id != CLI_OPT_input_POD_CIDR)
			continue;
		if (net_prefix_parse(value->arg, &prefix) < 0)
			return cli_usage_error(cli,
					       "--pod-cidr takes a prefix such as "
					       "10.244.0.0/16, not '%s'%s",
					       value->arg, net_mapped_hint(value->arg));
		lang_add_pod_prefix(&cli->lang, &prefix);
	}
	return -1;
}

static int set_max_findings(struct cli *cli)
{
	long max = DIAG_TEXT_SHOWN;

	if (cli_number(cli, CLI_OPT_input_MAX_FINDINGS, 0, LONG_MAX, &max) != CLI_OK)
		return CLI_USAGE;
	cli->max_findings = (size_t)max;
	return -1;
}

static int set_common(struct cli *cli)
{
	int status;

	if (cli_has(cli, CLI_OPT_any_HELP)) {
		cli_command_help(cli->command, stdout);
		return CLI_OK;
	}
	cli->quiet = cli_has(cli, CLI_OPT_any_QUIET);
	cli->least = cli->quiet ? DIAG_ERROR : DIAG_INFO;
	cli->verbose = cli_has(cli, CLI_OPT_any_VERBOSE);
	status = set_max_findings(cli);
	if (status < 0)
		status = set_format(cli);
	if (status < 0)
		status = set_color(cli);
	if (status < 0)
		status = cli_apply_config(cli);
	if (status < 0)
		status = set_ipblock(cli);
	if (status < 0)
		status = set_pod_prefixes(cli);
	if (status < 0)
		cli_exclude(cli, &cli->lang, NULL, NULL);
	return status;
}

int cli_parse(struct cli *cli, int argc, char **argv)
{
	struct getopt_tables t;
	int c;

	fill_tables(&t, cli->command);
	opterr = 0;
	while ((c = getopt_long(argc, argv, t.shorts, t.longs, NULL)) != -1) {
		struct cli_value value = {.arg = optarg};

		if (c == ':')
			return cli_usage_error(cli, "%s needs an argument", argv[optind - 1]);
		if (c == '?')
			return cli_usage_error(cli, "unknown option %s", argv[optind - 1]);
		value.id = c >= LONG_BASE ? (enum cli_option_id)(c - LONG_BASE) : t.by_letter[c];
		vec_push(&cli->lang.arena, &cli->values, value);
	}
	for (; optind < argc; optind++)
		vec_push(&cli->lang.arena, &cli->args, argv[optind]);
	return set_common(cli);
}

const char *cli_option(const struct cli *cli, enum cli_option_id id)
{
	const char *arg = NULL;

	vec_each (const struct cli_value, value, &cli->values) {
		if (value->id == id)
			arg = value->arg;
	}
	return arg;
}

int cli_number(const struct cli *cli, enum cli_option_id id, long min, long max, long *out)
{
	const char *text = cli_option(cli, id);
	char *end;
	long n;

	if (!text)
		return CLI_OK;
	errno = 0;
	n = strtol(text, &end, 10);
	if (errno || *end || end == text || n < min || n > max)
		return cli_usage_error(cli, "--%s takes a whole number from %ld to %ld, not '%s'",
				       option_rows[id].name, min, max, text);
	*out = n;
	return CLI_OK;
}

int cli_budget(const struct cli *cli, enum cli_option_id id, unsigned *ms)
{
	long seconds = -1;
	int status = cli_number(cli, id, 0, WORK_MAX_S, &seconds);

	*ms = seconds < 0 ? WORK_ENDLESS : (unsigned)seconds * 1000;
	return status;
}

bool cli_has(const struct cli *cli, enum cli_option_id id)
{
	vec_each (const struct cli_value, value, &cli->values) {
		if (value->id == id)
			return true;
	}
	return false;
}
