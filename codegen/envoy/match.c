/* SPDX-License-Identifier: Apache-2.0 */
#include "codegen/envoy/envoy.h"

/* Envoy takes no empty expression. */
json_t *envoy_regex(const char *regex)
{
	if (!*regex)
		return envoy_exact(regex);
	return json_pack("{s:{s:s}}", "safe_regex", "regex", regex);
}

json_t *envoy_exact(const char *text)
{
	return json_pack("{s:s}", "exact", text);
}

json_t *envoy_header(const char *name, json_t *string)
{
	return json_pack("{s:{s:s, s:o}}", "header", "name", name, "string_match", string);
}

json_t *envoy_path(json_t *string)
{
	return json_pack("{s:{s:o}}", "url_path", "path", string);
}

json_t *envoy_not(json_t *rule)
{
	return json_pack("{s:o}", "not_rule", rule);
}

static json_t *set_of(const char *kind, json_t *rules)
{
	json_t *only = json_array_size(rules) == 1 ? json_incref(json_array_get(rules, 0)) : NULL;

	if (!only)
		return json_pack("{s:{s:o}}", kind, "rules", rules);
	json_decref(rules);
	return only;
}

json_t *envoy_and(json_t *rules)
{
	return set_of("and_rules", rules);
}

json_t *envoy_or(json_t *rules)
{
	return set_of("or_rules", rules);
}

json_t *envoy_policy(json_t *permissions)
{
	return json_pack("{s:o, s:[{s:b}]}", "permissions", permissions, "principals", "any", 1);
}
