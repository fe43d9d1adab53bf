/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What has two readings, and is denied before any rule is asked: the same as in
 * runtime/proxy/config.c, as far as the options of the document do not have Envoy answer 400. And
 * what is no UTF-8, of which RE2 takes some for characters, but no rule does.
 */
#include <string.h>
#include <strings.h>

#include "codegen/envoy/envoy.h"

/* Written so that RE2 does not take the shortcut that it has for all characters at once, which
 * looks at the first byte of one only. */
#define CHARACTERS "[\\x{0}-\\x{d7ff}\\x{e000}-\\x{10ffff}]*"

static json_t *no_characters(const char *header)
{
	json_t *asked = envoy_header(header, envoy_regex(CHARACTERS));

	json_object_set_new(json_object_get(asked, "header"), "treat_missing_header_as_empty",
			    json_true());
	return envoy_not(asked);
}

static bool is_listed(json_t *list, const char *header)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *rule = json_object_get(json_array_get(list, i), "not_rule");
		const json_t *name = json_object_get(json_object_get(rule, "header"), "name");

		if (name && strcasecmp(json_string_value(name), header) == 0)
			return true;
	}
	return false;
}

static void add_headers(const struct ir_l7_entry *entry, json_t *list)
{
	vec_each (const struct ir_l7_cond, cond, &entry->conds)
		if (envoy_reads_characters(cond, entry->deny) && !is_listed(list, cond->name))
			json_array_append_new(list, no_characters(cond->name));
}

json_t *envoy_unreadable(const struct ir_rule *const *rules, size_t n)
{
	json_t *list = json_array();

	json_array_append_new(list, envoy_not(envoy_header(
					    ":authority", envoy_regex(ENVOY_HOST "(?::[0-9]*)?"))));
	json_array_append_new(list, envoy_not(envoy_path(envoy_regex("/" CHARACTERS))));
	json_array_append_new(list,
			      envoy_path(envoy_regex("(?is).*(?:%2f|%5c|%00|%25|\\\\|\\.\\.;).*")));
	for (size_t i = 0; i < n; i++)
		vec_each (const struct ir_l7_entry, entry, &rules[i]->l7.entries)
			add_headers(entry, list);
	return envoy_policy(list);
}
