/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A request passes a rule set if an entry that allows matches and none that denies. That is a
 * filter that denies, which also takes what has two readings, and one that allows behind it.
 * Without an entry that allows, the second one has no policy, and denies everything by itself.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "codegen/decisions.h"
#include "codegen/envoy.h"
#include "codegen/envoy/envoy.h"
#include "codegen/source_names.h"
#include "config.h"
#include "lang/base/diag_value.h"

enum { FORMAT = 1 };

static json_t *at_json(const struct envoy *e, struct loc loc)
{
	const struct source *src = sources_get(e->sources, loc.file);
	_cleanup_buf_ struct buf at = {0};

	if (src && loc.line)
		buf_printf(&at, "%s:%u:%u", src->name, loc.line, loc.col);
	/* The name of a file may be any bytes. */
	return diag_value_text(buf_str(&at));
}

/* --- a rule set ----------------------------------------------------------------------------- */

/* By the place of the entry; what a template made several times has one place. */
static void add_policy(struct envoy *e, json_t *policies, struct loc loc, json_t *policy)
{
	json_t *at = at_json(e, loc);
	const char *name = json_string_value(at);

	for (unsigned i = 2; json_object_get(policies, name); i++)
		name = arena_printf(e->arena, "%s #%u", json_string_value(at), i);
	json_object_set_new(policies, name, policy);
	json_decref(at);
}

static void add_entries(struct envoy *e, const struct ir_rule *rule, bool deny, json_t *policies)
{
	vec_each (const struct ir_l7_entry, entry, &rule->l7.entries) {
		json_t *permission =
			entry->deny == deny ? envoy_entry(e, rule->l7.kind, entry) : NULL;

		if (permission)
			add_policy(e, policies, entry->loc,
				   envoy_policy(json_pack("[o]", permission)));
	}
}

static json_t *filter(const char *name, const char *action, json_t *policies)
{
	return json_pack("{s:s, s:{s:s, s:{s:s, s:o}}}", "name", name, "typed_config", "@type",
			 "type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBAC", "rules",
			 "action", action, "policies", policies);
}

static json_t *filters(struct envoy *e, const struct ir_rule *const *rules, size_t n)
{
	json_t *deny = json_object(), *allow = json_object();

	json_object_set_new(deny, "unreadable", envoy_unreadable(rules, n));
	for (size_t i = 0; i < n; i++) {
		add_entries(e, rules[i], true, deny);
		add_entries(e, rules[i], false, allow);
	}
	if (json_object_size(allow))
		return json_pack("[o, o]", filter("polc.deny", "DENY", deny),
				 filter("polc.allow", "ALLOW", allow));
	json_decref(deny);
	return json_pack("[o]", filter("polc.allow", "ALLOW", allow));
}

json_t *gen_envoy_filters(const struct ir_rule *const *rules, size_t n,
			  const struct sources *sources, struct diag *diag)
{
	struct arena arena;
	struct envoy e = {.arena = &arena, .sources = sources, .diag = diag};
	json_t *list;

	arena_init(&arena);
	list = filters(&e, rules, n);
	arena_fini(&arena);
	if (!e.err)
		return list;
	json_decref(list);
	return NULL;
}

/* --- all of them ---------------------------------------------------------------------------- */

static json_t *rules_json(const struct envoy *e, const struct cls_decision *d)
{
	json_t *list = json_array();

	vec_each (const struct ir_rule *const, rule, &d->asked)
		json_array_append_new(list, json_pack("{s:o, s:o}", "policy",
						      diag_value_text((*rule)->policy->name), "at",
						      at_json(e, (*rule)->loc)));
	return list;
}

static void add_set(struct envoy *e, size_t number, const struct cls_decision *d, json_t *sets)
{
	json_t *list = filters(e, d->asked.v, d->asked.n);

	json_array_append_new(sets, json_pack("{s:o, s:s, s:o, s:o}", "name",
					      json_sprintf("l7/%zu", number), "direction",
					      ir_dir_name(d->dir), "rules", rules_json(e, d),
					      "http_filters", list));
}

/* What Envoy must be told besides, for it to read paths as they are judged, and to take expressions
 * of more than its usual hundred instructions. */
static json_t *document(json_t *sets)
{
	return json_pack("{s:i, s:s, s:{s:b, s:b, s:s}, s:{s:[{s:s, s:{s:i}}]}, s:o}", "format",
			 FORMAT, "tool", PACKAGE_STRING, "http_connection_manager",
			 "normalize_path", 1, "merge_slashes", 1,
			 "path_with_escaped_slashes_action", "REJECT_REQUEST", "layered_runtime",
			 "layers", "name", "polc", "static_layer",
			 "re2.max_program_size.error_level", 1000000, "rule_sets", sets);
}

/* The same bytes wherever the sources lie, as of a bundle. */
static void name_sources(const struct sources *sources, struct arena *arena, struct sources *out)
{
	char cwd[PATH_MAX];

	gen_source_names(sources, getcwd(cwd, sizeof(cwd)) ? cwd : "", arena, out);
}

int gen_envoy(const struct cls *cls, const struct sources *sources, struct diag *diag,
	      struct buf *out)
{
	struct arena arena;
	struct sources named;
	struct envoy e = {.arena = &arena, .sources = &named, .diag = diag};
	struct gen_decisions decisions;
	json_t *sets = json_array(), *root;
	char *text;

	arena_init(&arena);
	name_sources(sources, &arena, &named);
	gen_decisions_number(cls, &arena, &decisions);
	for (size_t i = 0; i < decisions.list.n; i++)
		if (decisions.list.v[i]->outcome == IR_OUTCOME_REDIRECT)
			add_set(&e, i, decisions.list.v[i], sets);
	root = document(sets);
	text = json_dumps(root, JSON_INDENT(2));
	if (!text)
		abort(); /* out of memory: as the arena does */
	if (!e.err) {
		buf_puts(out, text);
		buf_putc(out, '\n');
	}
	free(text);
	json_decref(root);
	arena_fini(&arena);
	return e.err;
}
