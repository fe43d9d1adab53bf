/* SPDX-License-Identifier: Apache-2.0 */
/* polc build: policies in, a bundle out. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/abi.h"
#include "codegen/bundle.h"
#include "codegen/codes.h"
#include "codegen/envoy.h"
#include "compiler/classes/classes.h"
#include "lang/base/codes.h"
#include "runtime/cli/asserts.h"
#include "runtime/cli/cli.h"
#include "runtime/cli/resources.h"
#include "runtime/node/kernel/features.h"

struct built {
	struct cli *cli;
	const char *dir;
	struct gen_resources resources;
	struct bundle *bundle;
	const struct rt_measure *measured; /* by shape; NULL: nobody asked */
};

static int print_text(const struct built *b)
{
	_cleanup_buf_ struct buf out = {0};

	buf_puts_first(&out, b->dir);
	buf_printf(&out, ": endpoints %zu, shapes %zu, tables %zu, peer classes %u\n",
		   b->bundle->endpoints.n, b->bundle->shapes.n, b->bundle->tables.n,
		   b->bundle->n_classes);
	buf_printf(&out, "bundle %s\n", b->bundle->hash);
	unread_put_line(&b->cli->lang.unread, &out);
	cli_resources_text(&b->resources, b->bundle, b->measured, &out);
	return b->cli->quiet ? CLI_OK : cli_print(&out);
}

static int print_json(const struct built *b)
{
	json_t *root = json_pack("{sssisisiso}", "bundle", b->bundle->hash, "endpoints",
				 (int)b->bundle->endpoints.n, "tables", (int)b->bundle->tables.n,
				 "classes", (int)b->bundle->n_classes, "resources",
				 cli_resources_json(&b->resources, b->bundle, b->measured));

	unread_set_json(&b->cli->lang.unread, root);
	return cli_print_json(root);
}

static int measure(struct built *b)
{
	struct rt_measure *m =
		arena_array(&b->cli->lang.arena, struct rt_measure, b->bundle->shapes.n + 1);
	int r = rt_features_check(&b->cli->lang.diag);

	for (size_t i = 0; i < b->bundle->shapes.n && !r; i++)
		r = rt_measure_shape(b->bundle, b->bundle->shapes.v[i], b->cli->verbose,
				     &b->cli->lang.diag, &m[i]);
	b->measured = m;
	return r ? cli_fail(b->cli, r) : CLI_OK;
}

/* Reads back what was written: what a node would refuse must not leave the build. */
static int report(struct built *b)
{
	int status = CLI_OK;

	if (bundle_read(b->dir, &b->cli->lang.diag, &b->bundle)) {
		cli_print_diag(b->cli);
		return CLI_FAULT;
	}
	if (cli_has(b->cli, CLI_OPT_build_MEASURE))
		status = measure(b);
	if (!status)
		status = strcmp(b->cli->format, "json") ? print_text(b) : print_json(b);
	bundle_free(&b->bundle);
	return status;
}

static int parse_programs(const struct cli *cli, struct bundle_options *opts)
{
	const char *what = cli_option(cli, CLI_OPT_build_COUNTERS);

	opts->events = cli_has(cli, CLI_OPT_build_EVENTS);
	opts->general = cli_has(cli, CLI_OPT_build_GENERAL);
	if (!what || strcmp(what, "reasons") == 0)
		return CLI_OK;
	opts->rules = strcmp(what, "rules") == 0;
	opts->uncounted = strcmp(what, "none") == 0;
	return opts->rules || opts->uncounted
		       ? CLI_OK
		       : cli_usage_error(cli, "--counters takes reasons, rules or none, not '%s'",
					 what);
}

/* What is to be proven to fit. */
static int parse_room(const struct cli *cli, struct bundle_options *opts)
{
	long identities = GEN_IDENTITIES, endpoints = GEN_NODE_ENDPOINTS;
	int status = cli_number(cli, CLI_OPT_build_IDENTITIES, 0, GEN_IDENTITIES, &identities);

	if (!status)
		status = cli_number(cli, CLI_OPT_build_NODE_ENDPOINTS, 1, POLC_ENDPOINTS - 1,
				    &endpoints);
	opts->identities = (uint32_t)identities;
	opts->node_endpoints = (uint32_t)endpoints;
	return status;
}

/* Events are of dropped packets, whichever rule drops them; a rule has none of its own. */
static int refuse_log(const struct ir *ir, struct diag *diag)
{
	int err = 0;

	vec_each (struct ir_rule *, rule, &ir->rules) {
		if (!(*rule)->log)
			continue;
		diag_error(diag, (*rule)->loc, CODE_NOT_SUPPORTED,
			   "polc build cannot report what a rule decides yet: without 'log' the "
			   "rest of this rule would be enforced in silence, so remove it only if "
			   "that is meant (--events tells of all packets that are dropped)");
		err = -EINVAL;
	}
	return err;
}

/* What a bundle would not do. */
static int refuse_rules(const struct ir *ir, struct diag *diag)
{
	int requests = ir_refuse_kafka(ir, "polc build", diag), log = refuse_log(ir, diag);

	return requests ? requests : log;
}

/* A bundle must not do less than the policies say, nor for fewer, unless somebody says that it may.
 */
static int refuse_unread(const struct cli *cli)
{
	if (!unread_count(&cli->lang.unread) || cli_has(cli, CLI_OPT_build_ALLOW_UNREAD))
		return CLI_OK;
	cli_print_diag(cli);
	cli_print_unread(cli);
	fprintf(stderr,
		"polc build: nothing was written: a bundle would not enforce %s; --allow-unread "
		"builds it without them\n",
		unread_count_policies(&cli->lang.unread) ? "these policies" : "policies on these");
	if (strcmp(cli->format, "json") == 0 &&
	    cli_print_json(
		    json_pack("{sn so}", "bundle", "incomplete", unread_json(&cli->lang.unread))))
		return CLI_FAULT;
	return CLI_FINDINGS;
}

/* What must hold whatever the policies say would not hold on a node. */
static int refuse_broken_asserts(struct cli *cli, struct ir *ir)
{
	int status = cli_has(cli, CLI_OPT_build_NO_ASSERT) ? CLI_OK : cli_judge_asserts(cli, ir);

	if (!status)
		return CLI_OK;
	cli_print_diag(cli);
	if (status != CLI_FINDINGS)
		return status;
	fputs("polc build: nothing was written: an assertion fails; --no-assert builds it all the "
	      "same\n",
	      stderr);
	if (strcmp(cli->format, "json") == 0 && cli_print_json(json_pack("{sn}", "bundle")))
		return CLI_FAULT;
	return status;
}

/* Before anything is written, as Envoy cannot say every rule. */
static int make_envoy(struct cli *cli, const struct cls *cls, struct buf *out)
{
	if (!cli_has(cli, CLI_OPT_build_ENVOY))
		return 0;
	return gen_envoy(cls, &cli->lang.sources, &cli->lang.diag, out);
}

static int write_envoy(struct cli *cli, const struct buf *text)
{
	const char *path = cli_option(cli, CLI_OPT_build_ENVOY);
	int err = path ? cli_replace_file(path, text, &cli->lang.arena) : 0;

	if (err)
		diag_error(&cli->lang.diag, LOC_NONE, GEN_CODE_OUTPUT, "cannot write %s: %s", path,
			   strerror(-err));
	return err ? -EIO : 0;
}

static int write_all(struct built *b, const struct cls *cls, const struct bundle_options *opts)
{
	_cleanup_buf_ struct buf envoy = {0};
	struct cli *cli = b->cli;
	int err = make_envoy(cli, cls, &envoy);

	if (!err)
		err = bundle_write(cls, &cli->lang.sources, b->dir, opts, &cli->lang.diag);
	return err ? err : write_envoy(cli, &envoy);
}

static int build(struct built *b, struct bundle_options *opts)
{
	struct cli *cli = b->cli;
	const struct cls_options tables = {.decisions = opts->rules || opts->events,
					   .open = cli_has(cli, CLI_OPT_build_OPEN),
					   .identities = opts->identities,
					   .work = &cli->work};
	struct cls *cls;
	struct ir *ir;
	int status = cli_read_input(cli, &ir), err;

	if (status)
		return status;
	err = refuse_rules(ir, &cli->lang.diag);
	if (!err)
		status = refuse_unread(cli);
	if (!err && !status)
		status = refuse_broken_asserts(cli, ir);
	if (status)
		return status;
	work_begin(&cli->work, WORK_ENDLESS); /* --timeout is of the assertions */
	if (!err)
		err = cls_build(ir, &tables, &cli->lang.arena, &cli->lang.diag, &cls);
	if (!err)
		err = write_all(b, cls, opts);
	if (err)
		return cli_fail(cli, err);
	cli_print_diag(cli);
	return report(b);
}

int cli_build(struct cli *cli)
{
	struct built b = {.cli = cli, .dir = cli_option(cli, CLI_OPT_build_OUTPUT)};
	struct bundle_options opts = {
		.bpf_dir = getenv("POLC_BPF_DIR"),
		.cache_dir = getenv("POLC_CACHE_DIR"),
		.resources = &b.resources,
		.work = &cli->work,
	};
	int status;

	if (!b.dir)
		return cli_usage_error(cli, "where to? Name the bundle with -o DIR");
	status = parse_programs(cli, &opts);
	if (!status)
		status = parse_room(cli, &opts);
	return status ? status : build(&b, &opts);
}
