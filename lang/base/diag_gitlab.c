/* SPDX-License-Identifier: Apache-2.0 */
/* Diagnostics as a code quality report of GitLab ("Code Quality", GitLab Docs): a list of issues.
 */
#include <jansson.h>
#include <sha256.h>
#include <stdlib.h>
#include <string.h>

#include "lang/base/diag.h"
#include "lang/base/diag_value.h"
#include "lang/base/unread.h"

/* An issue has to lie somewhere: what is about no file is about the directory. */
static void add_issue(const struct diag *d, json_t *list, struct loc loc, const char *code,
		      const char *severity, const char *fingerprint, const char *text)
{
	const struct source *src = loc.line ? sources_get(d->sources, loc.file) : NULL;

	json_array_append_new(list,
			      json_pack("{s:o, s:s, s:s, s:s, s:{s:o, s:{s:i}}}", "description",
					diag_value_shown(text), "check_name", code, "fingerprint",
					fingerprint, "severity", severity, "location", "path",
					diag_value_text(src ? src->name : "."), "lines", "begin",
					src ? (int)loc.line : 1));
}

/* Each issue needs one; errors of reading have none of their own. */
static const char *fingerprint_of(const struct diag *d, struct loc loc, const char *code,
				  const char *text)
{
	const struct source *src = loc.line ? sources_get(d->sources, loc.file) : NULL;
	const char *key = arena_printf(d->arena, "%s\n%s\n%u\n%s", code, src ? src->name : "",
				       src ? loc.line : 0, text);
	char hex[SHA256_DIGEST_STRING_LENGTH];

	return arena_strdup(d->arena, SHA256Data((const uint8_t *)key, strlen(key), hex));
}

static void add_item(const struct diag *d, json_t *list, const struct diag_item *item)
{
	static const char *const severities[] = {
		[DIAG_INFO] = "info", [DIAG_WARNING] = "minor", [DIAG_ERROR] = "major"};
	const char *fingerprint = item->fingerprint
					  ? item->fingerprint
					  : fingerprint_of(d, item->loc, item->code, item->text);

	add_issue(d, list, item->loc, item->code, severities[item->severity], fingerprint,
		  item->text);
}

static void add_incomplete(const struct diag *d, json_t *list, struct loc loc, const char *text)
{
	add_issue(d, list, loc, "incomplete", "major", fingerprint_of(d, loc, "incomplete", text),
		  text);
}

void diag_render_gitlab(const struct diag *d, const struct unread *unread, struct buf *out)
{
	const char *unlisted = diag_unlisted(d);
	json_t *list = json_array();

	vec_each (struct diag_item *, item, &d->items)
		if ((*item)->state == DIAG_SHOWN)
			add_item(d, list, *item);
	if (unread_count(unread)) {
		_cleanup_buf_ struct buf text = {0};

		unread_put_text(unread, &text);
		add_incomplete(d, list, unread->kinds.v[0].first, buf_str(&text));
	}
	if (unlisted)
		add_incomplete(d, list, LOC_NONE, unlisted);
	diag_value_dump(list, JSON_INDENT(2), out);
	buf_putc(out, '\n');
	json_decref(list);
}
