/* SPDX-License-Identifier: Apache-2.0 */
/* polc why: the decision about one flow, told with its source lines. */
#include <string.h>

#include "compiler/space/fold.h"
#include "compiler/space/suppose.h"
#include "runtime/cli/cli.h"
#include "verifier/flow/end_address.h"
#include "verifier/why/why.h"

static int read_query(struct cli *cli, struct why_query *q)
{
	VEC(const char *) headers = {0};

	*q = (struct why_query){
		.from = cli_option(cli, CLI_OPT_why_FROM),
		.to = cli_option(cli, CLI_OPT_why_TO),
		.port = cli_option(cli, CLI_OPT_why_PORT),
		.request = cli_option(cli, CLI_OPT_why_REQUEST),
	};
	vec_each (const struct cli_value, value, &cli->values)
		if (value->id == CLI_OPT_why_HEADER)
			vec_push(&cli->lang.arena, &headers, value->arg);
	q->headers = headers.v;
	q->n_headers = headers.n;
	if (!q->from || !q->to || !q->port)
		return cli_usage_error(cli, "which flow? Name it with --from, --to and --port");
	if (headers.n && !q->request)
		return cli_usage_error(cli, "a header of which request? Name it with --request");
	return CLI_OK;
}

/* --expect: what depends on something, or on the request, is neither. */
static int read_expected(const struct cli *cli, enum flow_verdict *verdict,
			 const enum flow_verdict **out)
{
	const char *want = cli_option(cli, CLI_OPT_why_EXPECT);

	*out = want ? verdict : NULL;
	if (!want)
		return CLI_OK;
	for (*verdict = FLOW_DENY; *verdict <= FLOW_ALLOW; ++*verdict)
		if (strcmp(want, flow_verdict_name(*verdict)) == 0)
			return CLI_OK;
	return cli_usage_error(cli, "--expect takes allow or deny, not '%s'", want);
}

int cli_why(struct cli *cli)
{
	_cleanup_buf_ struct buf text = {0};
	const enum flow_verdict *expected;
	enum flow_verdict wanted;
	struct why_query query;
	struct why why;
	struct ir *ir;
	int status = read_query(cli, &query), err;

	if (!status)
		status = read_expected(cli, &wanted, &expected);
	if (!status)
		status = cli_read_input(cli, &ir);
	if (status)
		return status;
	space_fold(&ir, 1, flow_end_is_address(query.from) || flow_end_is_address(query.to));
	space_suppose(&ir, 1);
	err = why_explain(ir, &query, &cli->lang.arena, &cli->lang.diag, &why);
	if (err)
		return cli_fail(cli, err);
	why.unread = &cli->lang.unread;
	why.expected = expected;
	cli_print_diag(cli);
	if (strcmp(cli->format, "json") == 0)
		why_render_json(&why, &cli->lang.sources, &text);
	else
		why_render_text(&why, &cli->lang.sources, cli->color, &text);
	if (cli_print(&text) != CLI_OK)
		return CLI_FAULT;
	return !expected || why_verdict(&why) == *expected ? CLI_OK : CLI_FINDINGS;
}
