/* SPDX-License-Identifier: Apache-2.0 */
/* polc reach: the connectivity matrix, or the answers to a list of probes. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "compiler/classes/classes.h"
#include "compiler/space/fold.h"
#include "compiler/space/suppose.h"
#include "lang/base/codes.h"
#include "runtime/cli/cli.h"
#include "verifier/flow/end_address.h"
#include "verifier/reach/connections/connections.h"
#include "verifier/reach/reach.h"

/* The arguments of a repeatable option. */
struct words {
	VEC(const char *) list;
};

static void collect(struct cli *cli, enum cli_option_id id, struct words *out)
{
	vec_each (const struct cli_value, value, &cli->values) {
		if (value->id == id)
			vec_push(&cli->lang.arena, &out->list, value->arg);
	}
}

/* A picture of more endpoints than this shows nothing if each has its place. */
enum { MANY_ENDPOINTS = 100 };

static bool is_for_reading(const struct cli *cli, const struct ir *ir)
{
	return ir->endpoints.n > MANY_ENDPOINTS && strcmp(cli->format, "json") != 0 &&
	       strcmp(cli->format, "csv") != 0;
}

static struct reach_query read_query(struct cli *cli, const struct ir *ir, enum reach_format format)
{
	struct words from = {0}, to = {0}, ports = {0};

	collect(cli, CLI_OPT_reach_FROM, &from);
	collect(cli, CLI_OPT_reach_TO, &to);
	collect(cli, CLI_OPT_reach_PORT, &ports);
	return (struct reach_query){
		.from = from.list.v,
		.to = to.list.v,
		.ports = ports.list.v,
		.n_from = from.list.n,
		.n_to = to.list.n,
		.n_ports = ports.list.n,
		/* Of what was written nothing can be taken back when the time is up. */
		.once = format != REACH_TABLE && !cli_has(cli, CLI_OPT_reach_TIMEOUT),
		.group = cli_has(cli, CLI_OPT_reach_GROUP) || is_for_reading(cli, ir),
		.entities = format == REACH_HTML,
		.work = &cli->work,
	};
}

static int probes(struct cli *cli, const char *path, const struct ir *ir, const struct cls *cls,
		  struct reach *out)
{
	_cleanup_buf_ struct buf json = {0};
	size_t limit = cli->lang.limits.total_bytes;
	int err;

	if (strcmp(path, "-") == 0)
		err = buf_read_fd(&json, STDIN_FILENO, limit);
	else
		err = buf_read_file(&json, path, limit);
	if (err) {
		diag_error(&cli->lang.diag, LOC_NONE, CODE_IO, "%s: cannot read the probes: %s",
			   path, strerror(-err));
		return -EINVAL;
	}
	return reach_probes(ir, cls, path, buf_str(&json), json.n, &cli->work, &cli->lang.arena,
			    &cli->lang.diag, out);
}

/* The page names the rules, which the classes that answered so far need not know. */
static int explain(struct cli *cli, const struct ir *ir, struct reach *reach)
{
	const struct cls_options opts = {.decisions = true, .work = &cli->work};
	struct cls *cls;
	int err = cls_build(ir, &opts, &cli->lang.arena, &cli->lang.diag, &cls);

	if (err)
		return err;
	reach->cls = reach->decisions = cls;
	reach->sources = &cli->lang.sources;
	return 0;
}

/* The page says of what it speaks. */
static void name_inputs(struct cli *cli, struct reach *reach)
{
	vec_each (const char *, path, &cli->args)
		vec_push(&cli->lang.arena, &reach->inputs, *path);
	vec_each (const struct cli_value, value, &cli->values)
		if (value->id == CLI_OPT_input_KUSTOMIZE || value->id == CLI_OPT_input_INVENTORY)
			vec_push(&cli->lang.arena, &reach->inputs, value->arg);
}

/* A square of the page is a flow; a request has no place there. */
static int check_page(struct cli *cli, const struct reach *reach)
{
	vec_each (const struct reach_row, row, &reach->rows) {
		if (!row->request)
			continue;
		diag_error(&cli->lang.diag, LOC_NONE, CODE_NOT_SUPPORTED,
			   "the page shows flows, not requests: use --format json, csv or table");
		return -EINVAL;
	}
	return 0;
}

/* Are flows asked for, rather than what passes on whatever port? */
static bool asks_flows(const struct cli *cli)
{
	static const enum cli_option_id asking[] = {CLI_OPT_reach_FROM, CLI_OPT_reach_TO,
						    CLI_OPT_reach_PORT, CLI_OPT_reach_PROBES};

	for (size_t i = 0; i < sizeof(asking) / sizeof(*asking); i++)
		if (cli_has(cli, asking[i]))
			return true;
	return false;
}

/* A list has no place for flows; where nobody asked for a format, a table has. */
static enum reach_format read_format(const struct cli *cli)
{
	enum reach_format format = (enum reach_format)reach_format_parse(cli->format);

	if (format == REACH_LIST && asks_flows(cli) && !cli_has(cli, CLI_OPT_any_FORMAT))
		return REACH_TABLE;
	return format;
}

static int check_usage(const struct cli *cli, enum reach_format format)
{
	if (cli_has(cli, CLI_OPT_reach_PROBES) &&
	    (cli_has(cli, CLI_OPT_reach_FROM) || cli_has(cli, CLI_OPT_reach_TO) ||
	     cli_has(cli, CLI_OPT_reach_PORT)))
		return cli_usage_error(
			cli, "--probes names the flows: leave out --from, --to and --port");
	if (format == REACH_LIST && asks_flows(cli))
		return cli_usage_error(cli, "a list is of all connections: leave out --from, --to, "
					    "--port and --probes, or use --format table");
	return CLI_OK;
}

/* The page shows flows, and a table is a matrix of them. */
static bool is_list(const struct cli *cli, enum reach_format format)
{
	return format != REACH_HTML && format != REACH_TABLE && !asks_flows(cli);
}

/* What is too large is refused at once. */
static int check_size(struct cli *cli, const struct ir *ir, const struct reach_query *query,
		      enum reach_format format)
{
	if (cli_has(cli, CLI_OPT_reach_PROBES))
		return 0;
	if (is_list(cli, format))
		return connections_check(ir, query->group, &cli->lang.diag);
	return reach_matrix_check(ir, query, &cli->lang.arena, &cli->lang.diag);
}

/* In what is read as text, and in JSON, a reason has its place. */
static bool has_place(enum reach_format format)
{
	return format == REACH_LIST || format == REACH_TABLE || format == REACH_JSON;
}

/* The time is up. */
static int undecided(struct cli *cli, enum reach_format format)
{
	const char *why = arena_printf(&cli->lang.arena,
				       "the %s s that the answers may take are over; allow more "
				       "with --timeout, or ask about less",
				       cli_option(cli, CLI_OPT_reach_TIMEOUT));
	_cleanup_buf_ struct buf text = {0};

	cli_print_diag(cli);
	if (!has_place(format))
		fprintf(stderr, "polc reach: undecided: %s\n", why);
	reach_render_undecided(why, format, is_list(cli, format), &text);
	return cli_print(&text) == CLI_OK ? CLI_FINDINGS : CLI_FAULT;
}

static int fail(struct cli *cli, int err, enum reach_format format)
{
	return err == -ETIME ? undecided(cli, format) : cli_fail(cli, err);
}

/* What is said beside the answer; CSV has no place for what is not read. */
static void say_beside(struct cli *cli, enum reach_format format, struct reach *reach)
{
	reach->unread = &cli->lang.unread;
	cli_print_diag(cli);
	if (format == REACH_CSV)
		cli_print_unread(cli);
}

static int list(struct cli *cli, const struct ir *ir, const struct cls *cls, bool group,
		enum reach_format format)
{
	struct outlet out = cli_outlet();
	struct connections found;
	int err = connections_find(ir, cls, group, &cli->work, &cli->lang.arena, &cli->lang.diag,
				   &found);

	if (err)
		return fail(cli, err, format);
	say_beside(cli, format, &found.reach);
	if (format == REACH_JSON)
		connections_render_json(&found, &out);
	else if (format == REACH_CSV)
		connections_render_csv(&found, &out);
	else if (format == REACH_DOT)
		connections_render_dot(&found, &out);
	else
		connections_render_text(&found, &out);
	return cli_close(&out);
}

static int judge_expected(const struct reach *reach, enum reach_format format)
{
	_cleanup_buf_ struct buf unmet = {0};

	if (!reach_put_unmet(reach, &unmet))
		return CLI_OK;
	if (!has_place(format))
		fputs(buf_str(&unmet), stderr);
	return CLI_FINDINGS;
}

/* Probes may name what they like. */
static bool names_address(const struct cli *cli)
{
	vec_each (const struct cli_value, value, &cli->values)
		if ((value->id == CLI_OPT_reach_FROM || value->id == CLI_OPT_reach_TO) &&
		    flow_end_is_address(value->arg))
			return true;
	return cli_has(cli, CLI_OPT_reach_PROBES);
}

int cli_reach(struct cli *cli)
{
	const char *path = cli_option(cli, CLI_OPT_reach_PROBES);
	struct outlet out = cli_outlet();
	enum reach_format format = read_format(cli);
	struct reach_query query;
	struct reach reach;
	const struct cls_options opts = {.work = &cli->work};
	struct cls *cls = NULL;
	struct ir *ir;
	unsigned budget_ms;
	int status, err;

	status = check_usage(cli, format);
	if (status == CLI_OK)
		status = cli_budget(cli, CLI_OPT_reach_TIMEOUT, &budget_ms);
	if (status == CLI_OK)
		status = cli_read_input(cli, &ir);
	if (status)
		return status;
	work_begin(&cli->work, budget_ms);
	space_fold(&ir, 1, names_address(cli));
	space_suppose(&ir, 1);
	query = read_query(cli, ir, format);
	err = check_size(cli, ir, &query, format);
	/* Tables know nothing of requests; the interpreter answers where rules judge them. */
	if (!err && !ir_has_l7(ir))
		err = cls_build(ir, &opts, &cli->lang.arena, &cli->lang.diag, &cls);
	if (!err && is_list(cli, format))
		return list(cli, ir, cls, query.group, format);
	if (!err && path)
		err = probes(cli, path, ir, cls, &reach);
	else if (!err)
		err = reach_matrix(ir, cls, &query, &cli->lang.arena, &cli->lang.diag, &reach);
	if (!err)
		err = reach_check_conditions(&reach, format, &cli->lang.diag);
	if (!err && format == REACH_HTML)
		err = check_page(cli, &reach);
	if (!err && format == REACH_HTML && cls)
		err = explain(cli, ir, &reach);
	if (err)
		return fail(cli, err, format);
	name_inputs(cli, &reach);
	say_beside(cli, format, &reach);
	if (isatty(STDOUT_FILENO))
		reach.work = NULL; /* the rows themselves show how far it is */
	reach_render(&reach, format, &out);
	if (cli_close(&out) != CLI_OK)
		return CLI_FAULT;
	return judge_expected(&reach, format);
}
