/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "tests/lib/envoy_filters.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lang/base/buf.h"
#include "tests/bench/requests/matcher.h"

static void die(const char *what)
{
	fprintf(stderr, "envoy_filters: %s\n", what);
	abort();
}

/* The only member, and its name. */
static const json_t *only_member(const json_t *obj, const char **name)
{
	void *it = json_object_iter((json_t *)obj);

	if (json_object_size(obj) != 1)
		die("not one member");
	*name = json_object_iter_key(it);
	return json_object_iter_value(it);
}

/* --- texts ---------------------------------------------------------------------------------- */

#ifdef HAVE_RE2
static bool regex_has(const char *regex, const char *text, size_t n)
{
	void *built = matcher_re2.build(&regex, 1);
	bool found;

	if (!built)
		die(regex);
	found = matcher_re2.first(built, text, n) != MATCHER_NONE;
	matcher_re2.release(built);
	return found;
}
#else
static bool regex_has(const char *regex, const char *text, size_t n)
{
	struct arena arena;
	const struct regex *re;
	const char *fault;
	bool found;

	arena_init(&arena);
	re = regex_compile(&arena, regex, false, &fault);
	if (!re)
		die(fault);
	found = regex_match(re, text, n) == REGEX_YES;
	arena_fini(&arena);
	return found;
}
#endif

static bool string_has(const json_t *string, const char *text, size_t n)
{
	const char *kind;
	const json_t *value = only_member(string, &kind);

	if (strcmp(kind, "safe_regex") == 0) {
		const char *regex = json_string_value(only_member(value, &kind));

		if (strcmp(kind, "regex") != 0 || !*regex)
			die("no expression");
		return regex_has(regex, text, n);
	}
	if (strcmp(kind, "exact") != 0)
		die(kind);
	return strlen(json_string_value(value)) == n &&
	       memcmp(json_string_value(value), text, n) == 0;
}

/* --- requests ------------------------------------------------------------------------------- */

/* False: there is no such header. */
static bool read_header(const struct ir_request *r, const char *name, struct buf *out)
{
	bool found = false;

	if (strcmp(name, ":method") == 0 || strcmp(name, ":authority") == 0) {
		const char *value = name[1] == 'm' ? r->method : r->host;

		buf_puts(out, value ? value : "");
		return value != NULL;
	}
	vec_each (const struct ir_header, h, &r->headers) {
		if (strcasecmp(h->name, name) != 0)
			continue;
		buf_printf(out, "%s%s", found ? "," : "", h->value);
		found = true;
	}
	return found;
}

static bool header_has(const json_t *header, const struct ir_request *r)
{
	bool empty = json_is_true(json_object_get(header, "treat_missing_header_as_empty"));
	_cleanup_buf_ struct buf value = {0};

	if (json_object_size(header) != 2u + empty)
		die("a header has other members");
	return (read_header(r, json_string_value(json_object_get(header, "name")), &value) ||
		empty) &&
	       string_has(json_object_get(header, "string_match"), buf_str(&value), value.n);
}

/* --- permissions ---------------------------------------------------------------------------- */

static bool permits(const json_t *permission, const struct ir_request *r);

/* One of them, or all. */
static bool set_has(const json_t *list, bool all, const struct ir_request *r)
{
	if (!json_array_size(list))
		die("an empty set");
	for (size_t i = 0; i < json_array_size(list); i++)
		if (permits(json_array_get(list, i), r) != all)
			return !all;
	return all;
}

static bool permits(const json_t *permission, const struct ir_request *r)
{
	const char *kind;
	const json_t *value = only_member(permission, &kind);

	if (strcmp(kind, "and_rules") == 0)
		return set_has(json_object_get(value, "rules"), true, r);
	if (strcmp(kind, "or_rules") == 0)
		return set_has(json_object_get(value, "rules"), false, r);
	if (strcmp(kind, "not_rule") == 0)
		return !permits(value, r);
	if (strcmp(kind, "header") == 0)
		return header_has(value, r);
	if (strcmp(kind, "url_path") != 0)
		die(kind);
	return string_has(json_object_get(value, "path"), r->path, strcspn(r->path, "?#"));
}

static bool passes(const json_t *filter, const struct ir_request *r)
{
	const json_t *rules = json_object_get(json_object_get(filter, "typed_config"), "rules");
	bool allow = strcmp(json_string_value(json_object_get(rules, "action")), "ALLOW") == 0;
	json_t *policies = json_object_get(rules, "policies"), *policy;
	const char *name;

	json_object_foreach(
		policies, name,
		policy) if (set_has(json_object_get(policy, "permissions"), false, r)) return allow;
	return !allow;
}

bool envoy_filters_pass(const json_t *filters, const struct ir_request *request)
{
	for (size_t i = 0; i < json_array_size(filters); i++)
		if (!passes(json_array_get(filters, i), request))
			return false;
	return true;
}
