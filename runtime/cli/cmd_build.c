/* SPDX-License-Identifier: Apache-2.0 */
/* polc build: policies in, a bundle out. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codegen/bundle.h"
#include "compiler/classes/classes.h"
#include "runtime/cli/cli.h"

static void summarise(const struct cli *cli, const struct bundle *b, const char *dir)
{
	if (cli->quiet)
		return;
	printf("%s: endpoints %zu, shapes %zu, tables %zu, peer classes %u\n", dir, b->endpoints.n,
	       b->shapes.n, b->tables.n, b->n_classes);
	printf("bundle %s\n", b->hash);
	if (!cli->verbose)
		return;
	vec_each (struct bundle_shape *, shape, &b->shapes)
		printf("  shape %s: object of %zu bytes\n", (*shape)->name, (*shape)->object_size);
}

static void summarise_json(const struct bundle *b)
{
	printf("{\"bundle\": \"%s\", \"endpoints\": %zu, \"shapes\": %zu, \"tables\": %zu, "
	       "\"classes\": %u}\n",
	       b->hash, b->endpoints.n, b->shapes.n, b->tables.n, b->n_classes);
}

/* Reads back what was written: what a node would refuse must not leave the build. */
static int read_back(struct cli *cli, const char *dir)
{
	struct bundle *b;
	int err = bundle_read(dir, &cli->lang.diag, &b);

	if (err) {
		cli_print_diag(cli);
		return CLI_FAULT;
	}
	if (cli->format[0] == 'j')
		summarise_json(b);
	else
		summarise(cli, b, dir);
	bundle_free(&b);
	return CLI_OK;
}

static int parse_counters(const struct cli *cli, struct bundle_options *opts)
{
	const char *what = cli_option(cli, CLI_OPT_build_COUNTERS);

	opts->events = cli_has(cli, CLI_OPT_build_EVENTS);
	if (!what || strcmp(what, "reasons") == 0)
		return CLI_OK;
	opts->rules = strcmp(what, "rules") == 0;
	opts->uncounted = strcmp(what, "none") == 0;
	return opts->rules || opts->uncounted
		       ? CLI_OK
		       : cli_usage_error(cli, "--counters takes reasons, rules or none, not '%s'",
					 what);
}

int cli_build(struct cli *cli)
{
	const char *dir = cli_option(cli, CLI_OPT_build_OUTPUT);
	struct bundle_options opts = {
		.bpf_dir = getenv("POLC_BPF_DIR"),
		.cache_dir = getenv("POLC_CACHE_DIR"),
	};
	struct cls_options tables = {0};
	struct cls *cls;
	struct ir *ir;
	int status, err;

	if (!dir)
		return cli_usage_error(cli, "where to? Name the bundle with -o DIR");
	status = parse_counters(cli, &opts);
	if (status)
		return status;
	tables.decisions = opts.rules || opts.events;
	status = cli_read_input(cli, &ir);
	if (status)
		return status;
	err = cls_build(ir, &tables, &cli->lang.arena, &cli->lang.diag, &cls);
	if (!err)
		err = bundle_write(cls, &cli->lang.sources, dir, &opts, &cli->lang.diag);
	if (err)
		return cli_fail(cli, err);
	cli_print_diag(cli);
	return read_back(cli, dir);
}
