/* SPDX-License-Identifier: Apache-2.0 */
/* What the commands that look at a node share. */
#pragma once

#include <jansson.h>

#include "runtime/cli/cli.h"
#include "runtime/runtime.h"

struct cli_attach {
	VEC(struct rt_attach) list;
};

/* Adds what ENDPOINT=DEVICE says; CLI_OK, or CLI_USAGE after saying that it is something else. */
int cli_parse_attach(struct cli *cli, const char *arg, struct cli_attach *out);

/* CLI_OK, or the exit status after the diagnostics were printed. */
int cli_node_status(struct cli *cli, struct rt_status *out);

/* The endpoints as JSON objects and as an aligned table. */
json_t *cli_endpoints_json(const struct rt_status *st);
void cli_endpoints_text(const struct rt_status *st, struct buf *out);
