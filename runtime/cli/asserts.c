/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/cli/asserts.h"

#include "compiler/space/suppose.h"
#include "runtime/cli/cli.h"
#include "verifier/check/check.h"
#include "verifier/report/report.h"

/* No answer is no proof. */
static void set_levels(struct check_options *o)
{
	check_options_init(o);
	for (int id = 0; id < CHECK_N_LEVELS; id++)
		o->levels[id] = CHECK_OFF;
	o->levels[CHECK_ID_ASSERT_FAILED] = CHECK_ERROR;
	o->levels[CHECK_ID_ASSERT_VACUOUS] = CHECK_WARNING;
	o->levels[CHECK_ID_UNDECIDED] = CHECK_ERROR;
}

static int judge(struct cli *cli, const struct ir *ir, const struct check_options *options)
{
	struct diag *diag = &cli->lang.diag;
	struct check_result result;
	struct report report;

	if (check_run(ir, options, diag, &result))
		return CLI_FAULT;
	report_init(&report, ir, options, &cli->lang);
	if (report_suppress(&report))
		return CLI_USAGE;
	return diag->errors ? CLI_FINDINGS : CLI_OK;
}

int cli_judge_asserts(struct cli *cli, struct ir *ir)
{
	const char *budget = cli_option(cli, CLI_OPT_build_TIMEOUT);
	struct check_options options;
	int status;

	set_levels(&options);
	options.work = &cli->work;
	if (budget && check_options_set_budget(&options, budget, &cli->lang.diag))
		return CLI_USAGE;
	if (!ir->asserts.n)
		return CLI_OK;
	check_options_usual_budget(&options, cli->lang.total_bytes);
	options.lacks = cli_lacks(cli);
	space_suppose(&ir, 1);
	status = judge(cli, ir, &options);
	space_take_back(ir);
	return status;
}
