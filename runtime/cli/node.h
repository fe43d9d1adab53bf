/* SPDX-License-Identifier: Apache-2.0 */
/* What the commands that look at a node share. */
#pragma once

#include <jansson.h>

#include "runtime/cli/cli.h"
#include "runtime/runtime.h"

struct cli_attach {
	VEC(struct rt_attach) list;
};

/* What the options of every command about a node say. */
struct rt_options cli_node_options(const struct cli *cli);

/* Reads the bundle at `dir`, and has `act` do the rest with it. The exit status. */
typedef int cli_bundle_fn(struct cli *cli, const struct bundle *bundle, void *ctx);
int cli_with_bundle(struct cli *cli, const char *dir, cli_bundle_fn *act, void *ctx);

/* How a change ends: "3 placed", as the format is; or the exit status of `err`. */
int cli_did(struct cli *cli, const char *did, size_t n, int err);

/* Adds what ENDPOINT=DEVICE says; CLI_OK, or CLI_USAGE after saying that it is something else. */
int cli_parse_attach(struct cli *cli, const char *arg, struct cli_attach *out);

/* CLI_OK, or the exit status after the diagnostics were printed. */
int cli_node_status(struct cli *cli, struct rt_status *out);

/* The endpoints as JSON objects and as an aligned table. */
json_t *cli_endpoints_json(const struct rt_status *st);
void cli_endpoints_text(const struct rt_status *st, struct buf *out);
