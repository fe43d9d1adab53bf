/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rules about requests as Envoy's filter for role-based access control takes them
 * (envoy.extensions.filters.http.rbac.v3): for each decision that redirects, by the number that it
 * has in the bundle, one or two filters in a row.
 *
 *   {"format": 1, "tool", "http_connection_manager": {...}, "layered_runtime": {...},
 *    "rule_sets": [{"name": "l7/N", "direction": "ingress"|"egress",
 *                   "rules": [{"policy", "at"}...], "http_filters": [FILTER...]}...]}
 *
 * No request passes these filters that the rules do not let pass. Some that they do let pass are
 * denied: those that runtime/proxy/config.c refuses as well, as they have two readings, and those
 * of which Envoy cannot tell the values of a header apart (doc/language.md, "Envoy").
 */
#pragma once

#include <jansson.h>

#include "compiler/classes/classes.h"
#include "lang/base/buf.h"
#include "lang/base/diag.h"

/* Appends the document. Returns 0, or -EINVAL after reporting each thing that Envoy cannot say. */
int gen_envoy(const struct cls *cls, const struct sources *sources, struct diag *diag,
	      struct buf *out);
/* The filters of these rules, in a row; NULL after reporting. The caller drops the reference. */
json_t *gen_envoy_filters(const struct ir_rule *const *rules, size_t n,
			  const struct sources *sources, struct diag *diag);
