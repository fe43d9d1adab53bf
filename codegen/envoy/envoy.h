/* SPDX-License-Identifier: Apache-2.0 */
/* Parts of the document, as JSON values: whoever is handed one drops the reference. */
#pragma once

#include <jansson.h>

#include "compiler/ir.h"
#include "compiler/l7/syntax.h"
#include "lang/base/diag.h"

struct envoy {
	struct arena *arena;
	const struct sources *sources;
	struct diag *diag;
	int err;
};

/* --- what a permission asks (match.c) ------------------------------------------------------- */

json_t *envoy_regex(const char *regex);
json_t *envoy_exact(const char *text);
json_t *envoy_header(const char *name, json_t *string);
json_t *envoy_path(json_t *string);
json_t *envoy_not(json_t *rule);
/* All of a list, or any; takes it over. */
json_t *envoy_and(json_t *rules);
json_t *envoy_or(json_t *rules);
/* What a policy permits or forbids whoever asks; takes over the list, of which any will do. */
json_t *envoy_policy(json_t *permissions);

/* --- rules (entry.c, value.c) --------------------------------------------------------------- */

/* The permission of an entry of a rule of this kind; NULL after reporting. */
json_t *envoy_entry(struct envoy *e, enum ir_l7_kind kind, const struct ir_l7_entry *entry);
json_t *envoy_object(struct envoy *e, enum ir_l7_kind kind, const struct ir_l7_value *v);
json_t *envoy_cond(struct envoy *e, const struct ir_l7_cond *cond, bool deny);
/* Is the header asked by what looks at characters? */
bool envoy_reads_characters(const struct ir_l7_cond *cond, bool deny);

/* --- what has two readings (readings.c) ----------------------------------------------------- */

/* What a Host may be for a client that names a port; one expression, of all of it. */
#define ENVOY_HOST      "(?:[A-Za-z0-9._~!$&()*+,;=%-]+|\\[[0-9A-Fa-f:.]+\\])"
#define ENVOY_HOST_PORT ENVOY_HOST ":[0-9]*"

/* The policy of requests that are denied before any rule is asked. */
json_t *envoy_unreadable(const struct ir_rule *const *rules, size_t n);

/* --- values that are one (joined.c) --------------------------------------------------------- */

enum envoy_joined {
	ENVOY_TOLD_APART, /* of values whose joined text matches, one matches */
	ENVOY_MIXED_UP,
	ENVOY_TOO_LARGE,
};

/* Of MIXED_UP, *example is a text that matches though no value of those that it joins does. */
enum envoy_joined envoy_join(struct arena *arena, const struct l7_node *tree, const char **example);
