/* SPDX-License-Identifier: Apache-2.0 */
/* polc check: read, resolve and verify. The diagnostics are the result, so they go to
 * standard output in the format asked for. */
#include <errno.h>
#include <string.h>

#include "compiler/space/fold.h"
#include "compiler/space/nodes.h"
#include "compiler/space/suppose.h"
#include "config.h"
#include "lang/base/codes.h"
#include "runtime/cli/cli.h"
#include "runtime/cli/explain.h"
#include "runtime/cli/fix.h"
#include "verifier/check/check.h"
#include "verifier/codes.h"
#include "verifier/report/report.h"

/* A level that the configuration sets is told with its place there. */
static int set_level(struct cli *cli, const struct cli_value *value, struct check_options *o)
{
	struct diag *diag = value->loc.line ? &cli->config.diag : &cli->lang.diag;
	int err = check_options_set(o, value->arg, diag);

	if (err && value->loc.line)
		diag->items.v[diag->items.n - 1]->loc = value->loc;
	return err;
}

static int set_options(struct cli *cli, struct check_options *o)
{
	check_options_init(o);
	o->work = &cli->work;
	vec_each (const struct cli_value, value, &cli->values) {
		int err = 0;

		if (value->id == CLI_OPT_check_WARN)
			err = set_level(cli, value, o);
		else if (value->id == CLI_OPT_check_SOLVER_TIMEOUT)
			err = check_options_set_timeout(o, value->arg, &cli->lang.diag);
		else if (value->id == CLI_OPT_check_TIMEOUT)
			err = check_options_set_budget(o, value->arg, &cli->lang.diag);
		if (err)
			return err;
	}
	o->emit_dir = cli_option(cli, CLI_OPT_check_EMIT_SMT2);
	if (cli_has(cli, CLI_OPT_check_WERROR))
		check_options_werror(o);
	return 0;
}

static void put_count(struct buf *out, size_t n, const char *one, const char *many,
		      const char *behind)
{
	buf_printf(out, "%zu %s%s", n, n == 1 ? one : many, behind);
}

static void summarise(const struct cli *cli, const struct ir *ir, struct buf *out)
{
	if (cli->quiet)
		return;
	buf_puts(out, "polc check: ");
	if (ir) {
		put_count(out, ir->policies.n, "policy", "policies", ", ");
		put_count(out, ir->rules.n, "rule", "rules", ", ");
		put_count(out, ir->endpoints.n, "endpoint", "endpoints", ": ");
	}
	put_count(out, cli->lang.diag.errors, "error", "errors", ", ");
	put_count(out, cli->lang.diag.warnings, "warning", "warnings", "");
	if (cli->lang.diag.suppressed)
		buf_printf(out, ", %zu suppressed", cli->lang.diag.suppressed);
	if (cli->lang.diag.known)
		buf_printf(out, ", %zu in the baseline", cli->lang.diag.known);
	buf_putc(out, '\n');
}

static int write_baseline(struct cli *cli, struct report *report, const char *path)
{
	struct report_baseline all;
	_cleanup_buf_ struct buf text = {0};
	int err;

	if (report->diag->unkept) {
		diag_error(&cli->lang.diag, LOC_NONE, CODE_LIMIT,
			   "the baseline %s is not written, as it would not hold all findings: "
			   "split the input into several runs",
			   path);
		return CLI_USAGE;
	}
	report_baseline_write(report, &text);
	err = cli_replace_file(path, &text, &cli->lang.arena);
	if (err) {
		diag_error(&cli->lang.diag, LOC_NONE, CODE_IO, "cannot write the baseline %s: %s",
			   path, strerror(-err));
		return CLI_FAULT;
	}
	/* What was written down is known from now on. */
	if (report_baseline_read(&all, path, &cli->lang.diag))
		return CLI_FAULT;
	report_baseline_apply(&all, report, false);
	return CLI_OK;
}

/* Sets aside what is suppressed or known. Returns an exit status. */
static int sift(struct cli *cli, const struct ir *ir, const struct check_options *options)
{
	const char *old = cli_option(cli, CLI_OPT_check_BASELINE);
	const char *new = cli_option(cli, CLI_OPT_check_WRITE_BASELINE);
	struct report_baseline baseline;
	struct report report;
	int status = CLI_OK;

	report_init(&report, ir, options, &cli->lang);
	if (report_suppress(&report))
		status = CLI_USAGE;
	if (old && report_baseline_read(&baseline, old, &cli->lang.diag))
		return CLI_USAGE;
	if (old)
		report_baseline_apply(&baseline, &report, cli->verbose);
	if (new &&status == CLI_OK)
		status = write_baseline(cli, &report, new);
	return status;
}

/* Not to be turned off: it says what the rest is about. */
static void put_incomplete(const struct cli *cli, bool github, struct buf *out)
{
	if (!github) {
		unread_put_line(&cli->lang.unread, out);
	} else if (unread_count(&cli->lang.unread)) {
		buf_puts(out, "::warning title=polc%3A incomplete::");
		unread_put_text(&cli->lang.unread, out);
		buf_putc(out, '\n');
	}
}

static int render(const struct cli *cli, const struct ir *ir)
{
	const struct diag_style style = cli_diag_style(cli);
	_cleanup_buf_ struct buf out = {0};

	if (strcmp(cli->format, "json") == 0) {
		diag_render_json(&cli->lang.diag, &cli->lang.unread, &out);
	} else if (strcmp(cli->format, "sarif") == 0) {
		const struct diag_tool tool = {PACKAGE_VERSION, explain_help};

		diag_render_sarif(&cli->lang.diag, &cli->lang.unread, &tool, &out);
	} else if (strcmp(cli->format, "gitlab") == 0) {
		diag_render_gitlab(&cli->lang.diag, &cli->lang.unread, &out);
	} else if (strcmp(cli->format, "junit") == 0) {
		diag_render_junit(&cli->lang.diag, &cli->lang.unread, &out);
	} else if (strcmp(cli->format, "github") == 0) {
		diag_render_github(&cli->lang.diag, &style, &out);
		put_incomplete(cli, true, &out);
	} else {
		diag_render_text(&cli->lang.diag, &style, &out);
		put_incomplete(cli, false, &out);
		summarise(cli, ir, &out);
	}
	return cli_print(&out);
}

static int check(struct cli *cli, const struct ir *ir, const struct check_options *options)
{
	size_t first = cli->lang.diag.items.n;
	struct check_result result;
	int status, err;

	err = check_run(ir, options, &cli->lang.diag, &result);
	if (err)
		return err == -EEXIST ? CLI_USAGE : CLI_FAULT;
	status = sift(cli, ir, options);
	diag_sort(&cli->lang.diag, first);
	return status;
}

/* --fail-on: the first severity that counts; more than all of them for `never`. -1 if it is no
 * level. */
static int fail_level(const struct cli *cli)
{
	static const char *const names[] = {[DIAG_INFO] = "note",
					    [DIAG_WARNING] = "warning",
					    [DIAG_ERROR] = "error",
					    [DIAG_ERROR + 1] = "never"};
	const char *want = cli_option(cli, CLI_OPT_check_FAIL_ON);

	if (!want)
		return DIAG_WARNING;
	for (int i = 0; i <= DIAG_ERROR + 1; i++) {
		if (strcmp(want, names[i]) == 0)
			return i;
	}
	return -1;
}

/* A list that is not whole may lack what counts. */
static bool fails(const struct diag *diag, int level)
{
	vec_each (struct diag_item *, item, &diag->items) {
		if ((*item)->state == DIAG_SHOWN && (int)(*item)->severity >= level &&
		    strcmp((*item)->code, CHECK_CODE_FIXED) != 0)
			return true;
	}
	return diag->unkept > 0;
}

/* Reads, checks, and shows what was found. */
static int check_input(struct cli *cli, struct check_options *options, int level)
{
	struct ir *ir = NULL;
	int status = CLI_OK, err;

	cli->lang.tells_each = true;
	err = cli_resolve_input(cli, &ir);
	report_set_levels(options, &cli->lang.diag);
	if (err) {
		status = CLI_USAGE;
	} else {
		space_fold(&ir, 1, space_claims_name_nodes(ir));
		space_suppose(&ir, 1);
		check_options_usual_budget(options, cli->lang.total_bytes);
		options->lacks = cli_lacks(cli);
		status = check(cli, ir, options);
	}
	report_fold(&cli->lang.diag);
	if (status == CLI_OK && fails(&cli->lang.diag, level))
		status = CLI_FINDINGS;
	if (cli_has(cli, CLI_OPT_check_DRY_RUN)) {
		cli_print_diag(cli);
		return status;
	}
	return render(cli, ir) ? CLI_FAULT : status;
}

/* The check is of what the files are, or would be, after the fixes. */
static int fix_and_check(struct cli *cli, struct check_options *options, int level)
{
	bool dry = cli_has(cli, CLI_OPT_check_DRY_RUN);
	struct fix fix;
	int status;

	fix_find(&fix, cli, options);
	status = dry ? fix_print_diff(&fix) : fix_write(&fix);
	if (status == CLI_OK) {
		cli->lang.edits = dry ? &fix.edits : NULL;
		status = check_input(cli, options, level);
		cli->lang.edits = NULL;
	}
	if (status == CLI_OK && dry && fix.done)
		status = CLI_FINDINGS;
	fix_fini(&fix);
	return status;
}

int cli_check(struct cli *cli)
{
	struct check_options options;
	int status, level = fail_level(cli);

	if (!cli_names_input(cli))
		return cli_no_input(cli);
	if (level < 0)
		return cli_usage_error(cli,
				       "--fail-on takes error, warning, note or never, not '%s'",
				       cli_option(cli, CLI_OPT_check_FAIL_ON));
	status = fix_refuse(cli);
	if (status != CLI_OK)
		return status;
	/* What fails the check is told, however quietly. */
	if (level < (int)cli->least)
		cli->least = (enum diag_severity)level;
	if (set_options(cli, &options))
		return cli_fail(cli, -EINVAL);
	if (cli_has(cli, CLI_OPT_check_FIX))
		return fix_and_check(cli, &options, level);
	return check_input(cli, &options, level);
}
