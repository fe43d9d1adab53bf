/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/cli/configuration.h"

#include <errno.h>
#include <stdio.h>

#include "lang/project.h"

static void add(struct cli *cli, enum cli_option_id id, const struct ast_name *name)
{
	struct cli_value value = {.id = id, .arg = name->s, .loc = name->loc};

	vec_push(&cli->lang.arena, &cli->values, value);
}

static void add_each(struct cli *cli, enum cli_option_id id, const struct project_names *names)
{
	vec_each (const struct ast_name, name, &names->list)
		add(cli, id, name);
}

/* A level is what -W says. */
static void add_levels(struct cli *cli, const struct project_levels *levels)
{
	vec_each (const struct project_level, l, &levels->list) {
		struct ast_name arg = {.loc = l->check.loc};

		arg.s = arena_printf(&cli->lang.arena, "%s=%s", l->check.s, l->level);
		add(cli, CLI_OPT_check_WARN, &arg);
	}
}

/* Two revisions have paths; two directories are always named. */
static bool wants_paths(const struct cli *cli)
{
	return !cli->args.n && (cli->command != CLI_CMD_diff || cli_has(cli, CLI_OPT_diff_GIT));
}

static void put_before(struct cli *cli, const struct project *p)
{
	const struct cli old = *cli;

	cli->values.v = NULL;
	cli->values.n = cli->values.cap = 0;
	add_each(cli, CLI_OPT_files_EXCLUDE, &p->exclude);
	add_each(cli, CLI_OPT_input_INVENTORY, &p->inventories);
	add_each(cli, CLI_OPT_input_POD_CIDR, &p->pod_cidrs);
	if (p->ipblock.s)
		add(cli, CLI_OPT_input_IPBLOCK, &p->ipblock);
	add_levels(cli, &p->levels);
	/* The first baseline is written before there is one to be read. */
	if (p->baseline.s && !cli_has(&old, CLI_OPT_check_WRITE_BASELINE))
		add(cli, CLI_OPT_check_BASELINE, &p->baseline);
	vec_each (const struct cli_value, value, &old.values)
		vec_push(&cli->lang.arena, &cli->values, *value);
	if (wants_paths(cli))
		vec_each (const struct ast_name, name, &p->include.list)
			vec_push(&cli->lang.arena, &cli->args, name->s);
}

int cli_apply_config(struct cli *cli)
{
	const char *path = cli_option(cli, CLI_OPT_files_CONFIG);
	struct project project;

	if (!cli_has_files(cli->command))
		return -1;
	if (cli_has(cli, CLI_OPT_files_NO_CONFIG))
		return path ? cli_usage_error(cli, "--config and --no-config contradict each other")
			    : -1;
	if (!path)
		path = project_find(&cli->config.arena);
	if (!path)
		return -1;
	if (project_read(&cli->config, path, &project) < 0)
		return cli_fail(cli, -EINVAL);
	if (cli->verbose)
		fprintf(stderr, "polc %s: the configuration %s was read\n",
			cli_command_name(cli->command), path);
	cli->config_path = path;
	cli->config_dir = project.dir;
	put_before(cli, &project);
	return -1;
}
