/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "codegen/envoy/envoy.h"

static void add(json_t *rules, json_t *rule)
{
	if (rule)
		json_array_append_new(rules, rule);
}

/* Of a call nothing is asked but what polc asks of it: that it is a POST to this path. */
json_t *envoy_entry(struct envoy *e, enum ir_l7_kind kind, const struct ir_l7_entry *entry)
{
	const char *verb = kind == IR_L7_GRPC ? "POST" : entry->verb;
	json_t *rules = json_array();

	if (strcmp(verb, "any") != 0)
		add(rules, envoy_header(":method", envoy_exact(verb)));
	add(rules, envoy_object(e, kind, &entry->object));
	vec_each (const struct ir_l7_cond, cond, &entry->conds)
		add(rules, envoy_cond(e, cond, entry->deny));
	if (!e->err)
		return envoy_and(rules);
	json_decref(rules);
	return NULL;
}
