/* SPDX-License-Identifier: Apache-2.0 */
/* Diagnostics as SARIF 2.1.0 (OASIS), the form that code-review services read. */
#include <ctype.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "lang/base/diag.h"
#include "lang/base/diag_value.h"
#include "lang/base/unread.h"

/* A column in characters, as the run says that it counts; ours are bytes. */
static int column(const struct source *src, uint32_t line, uint32_t col)
{
	const char *p;
	size_t len, n = col - 1;

	p = source_line(src, line, &len);
	for (size_t i = 0; i < len && i + 1 < col; i++)
		n -= ((unsigned char)p[i] & 0xc0) == 0x80;
	return (int)n + 1;
}

static json_t *region(const struct source *src, struct loc loc)
{
	uint32_t end_line = loc.end_line ? loc.end_line : loc.line;
	uint32_t end_col = loc.end_col ? loc.end_col : loc.col + 1;

	return json_pack("{s:i, s:i, s:i, s:i}", "startLine", (int)loc.line, "startColumn",
			 column(src, loc.line, loc.col), "endLine", (int)end_line, "endColumn",
			 column(src, end_line, end_col));
}

/* A file's name as a relative URI (RFC 3986): whatever a path segment does not allow, and the
 * colon that would end a scheme, is written %XX. */
static json_t *uri(const char *name)
{
	_cleanup_buf_ struct buf b = {0};

	for (; *name; name++) {
		unsigned char c = (unsigned char)*name;

		if (isalnum(c) || strchr("-._~/", c))
			buf_putc(&b, (char)c);
		else
			buf_printf(&b, "%%%02X", c);
	}
	return json_string(buf_str(&b));
}

static json_t *physical(const struct diag *d, struct loc loc)
{
	const struct source *src = sources_get(d->sources, loc.file);

	if (!src || !loc.line)
		return NULL;
	return json_pack("{s:{s:o}, s:o}", "artifactLocation", "uri", uri(src->name), "region",
			 region(src, loc));
}

static json_t *related(const struct diag *d, const struct diag_item *item)
{
	json_t *list = json_array();

	vec_each (struct diag_note, note, &item->notes) {
		json_t *place = physical(d, note->loc);
		json_t *entry =
			json_pack("{s:{s:o}}", "message", "text", diag_value_shown(note->text));

		if (place)
			json_object_set_new(entry, "physicalLocation", place);
		json_array_append_new(list, entry);
	}
	return list;
}

static json_t *replacement(const struct source *src, const struct diag_fix *fix)
{
	return json_pack("{s:o, s:{s:o}}", "deletedRegion", region(src, fix->loc),
			 "insertedContent", "text", diag_value_text(fix->text));
}

/* The fixes of one item belong together, and so are one fix to SARIF, where several are a choice.
 * NULL: there are none. */
static json_t *fixes(const struct diag *d, const struct diag_item *item)
{
	const struct source *src = sources_get(d->sources, item->loc.file);
	json_t *edits = json_array();
	_cleanup_buf_ struct buf titles = {0};

	vec_each (const struct diag_fix, fix, &item->fixes) {
		if (!src || !fix->loc.line || fix->loc.file != item->loc.file)
			continue;
		buf_printf(&titles, "%s%s", titles.n ? "; " : "", fix->title);
		json_array_append_new(edits, replacement(src, fix));
	}
	if (!titles.n || json_array_size(edits) < item->fixes.n) {
		json_decref(edits);
		return NULL;
	}
	return json_pack("[{s:{s:o}, s:[{s:{s:o}, s:o}]}]", "description", "text",
			 diag_value_text(buf_str(&titles)), "artifactChanges", "artifactLocation",
			 "uri", uri(src->name), "replacements", edits);
}

static json_t *result(const struct diag *d, const struct diag_item *item)
{
	json_t *place = physical(d, item->loc), *locations = json_array(), *edits, *out;

	if (place)
		json_array_append_new(locations, json_pack("{s:o}", "physicalLocation", place));
	out = json_pack("{s:s, s:s, s:{s:o}, s:o, s:o}", "ruleId", item->code, "level",
			diag_severity_name(item->severity), "message", "text",
			diag_value_shown(item->text), "locations", locations, "relatedLocations",
			related(d, item));
	edits = fixes(d, item);
	if (edits)
		json_object_set_new(out, "fixes", edits);
	if (item->fingerprint)
		json_object_set_new(out, "partialFingerprints",
				    json_pack("{s:s}", "polc/v1", item->fingerprint));
	if (item->state == DIAG_SUPPRESSED)
		json_object_set_new(out, "suppressions",
				    json_pack("[{s:s, s:o}]", "kind", "inSource", "justification",
					      diag_value_shown(item->reason)));
	return out;
}

static bool is_listed(json_t *rules, const char *code)
{
	json_t *rule;
	size_t i;

	json_array_foreach(rules, i, rule)
	{
		if (strcmp(json_string_value(json_object_get(rule, "id")), code) == 0)
			return true;
	}
	return false;
}

static json_t *rule(const struct diag *d, const struct diag_tool *tool, const char *code)
{
	struct diag_help help;

	if (!tool->help(d->arena, code, &help))
		return json_pack("{s:s}", "id", code);
	return json_pack("{s:s, s:{s:s}, s:{s:s}, s:{s:s, s:s}, s:s, s:{s:b, s:s}}", "id", code,
			 "shortDescription", "text", help.summary, "fullDescription", "text",
			 help.text, "help", "text", help.text, "markdown", help.markdown, "helpUri",
			 help.uri, "defaultConfiguration", "enabled", !help.off, "level",
			 diag_severity_name(help.level));
}

static json_t *notification(const char *text, json_t *locations)
{
	return json_pack("{s:s, s:{s:o}, s:o}", "level", "warning", "message", "text",
			 diag_value_shown(text), "locations", locations);
}

static void add_unread(const struct diag *d, const struct unread *unread, json_t *list)
{
	if (!unread)
		return;
	vec_each (const struct unread_kind, k, &unread->kinds) {
		const char *text = arena_printf(d->arena, "%s of kind %s (%s) are not read: %zu",
						k->what == UNREAD_POLICY ? "policies" : "objects",
						k->kind, k->api, k->count);
		json_t *place = physical(d, k->first), *locations = json_array();

		if (place)
			json_array_append_new(locations,
					      json_pack("{s:o}", "physicalLocation", place));
		json_array_append_new(list, notification(text, locations));
	}
}

/* The run did not look at all of the policy, or does not list all of the results: a notification
 * for each kind of what it left out. */
static json_t *invocation(const struct diag *d, const struct unread *unread)
{
	const char *unlisted = diag_unlisted(d);
	json_t *list = json_array();

	add_unread(d, unread, list);
	if (unlisted)
		json_array_append_new(list, notification(unlisted, json_array()));
	return json_pack("{s:b, s:o}", "executionSuccessful", 1, "toolExecutionNotifications",
			 list);
}

void diag_render_sarif(const struct diag *d, const struct unread *unread,
		       const struct diag_tool *tool, struct buf *out)
{
	json_t *rules = json_array(), *results = json_array(), *root;

	vec_each (struct diag_item *, item, &d->items) {
		if ((*item)->state == DIAG_KNOWN)
			continue;
		if (!is_listed(rules, (*item)->code))
			json_array_append_new(rules, rule(d, tool, (*item)->code));
		json_array_append_new(results, result(d, *item));
	}
	root = json_pack("{s:s, s:s, s:[{s:{s:{s:s, s:s, s:o}}, s:s, s:o}]}", "$schema",
			 "https://json.schemastore.org/sarif-2.1.0.json", "version", "2.1.0",
			 "runs", "tool", "driver", "name", "polc", "version", tool->version,
			 "rules", rules, "columnKind", "unicodeCodePoints", "results", results);
	if (root && (unread_count(unread) || d->unkept))
		json_object_set_new(json_array_get(json_object_get(root, "runs"), 0), "invocations",
				    json_pack("[o]", invocation(d, unread)));
	diag_value_dump(root, JSON_INDENT(2), out);
	buf_putc(out, '\n');
	json_decref(root);
}
