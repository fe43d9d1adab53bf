/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests as people write them.
 *
 * In JSON: {"method", "path", "host"?, "headers"?: [[NAME, VALUE]...]},
 *          {"grpc": "pkg.Svc/Method", "host"?, "headers"?: [...]},
 *          {"kafka": {"api", "topic"?, "client"?}}.
 * As a text: "GET /x", or "CONNECT HOST", which has no path; and headers "NAME: VALUE".
 */
#pragma once

#include <jansson.h>
#include <stddef.h>

#include "compiler/l7.h"

struct buf;

/* Both report to `diag` with `what` in front ("probes[17]", "--request"), copy to the arena, and
 * return 0 or -EINVAL. */
int request_read_json(json_t *json, const char *what, struct arena *arena, struct diag *diag,
		      struct ir_request **out);
int request_read_text(const char *text, const char *const *headers, size_t n, struct arena *arena,
		      struct diag *diag, struct ir_request **out);

/* `request "GET /x" with header "Host: shop"`: an HTTP request, as it is read from texts. */
void request_put_http(const struct ir_request *r, struct buf *out);
/* What it asks for: its path, and of one that has none its host. */
const char *request_target(const struct ir_request *r);
