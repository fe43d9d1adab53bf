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

static int judge(struct cli *cli, const struct ir *ir)
{
	struct diag *diag = &cli->lang.diag;
	struct check_options options;
	struct check_result result;
	struct report report;

	set_levels(&options);
	if (check_run(ir, &options, diag, &result))
		return CLI_FAULT;
	report_init(&report, ir, &options, &cli->lang);
	if (report_suppress(&report))
		return CLI_USAGE;
	return diag->errors ? CLI_FINDINGS : CLI_OK;
}

int cli_judge_asserts(struct cli *cli, struct ir *ir)
{
	int status;

	if (!ir->asserts.n)
		return CLI_OK;
	space_suppose(&ir, 1);
	status = judge(cli, ir);
	space_take_back(ir);
	return status;
}
