/* SPDX-License-Identifier: Apache-2.0 */
/* Diagnostics as a program reads them. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "lang/base/diag.h"
#include "lang/base/diag_value.h"
#include "lang/base/unread.h"

json_t *diag_value_text(const char *s)
{
	json_t *j = json_string(s);
	_cleanup_buf_ struct buf b = {0};

	if (j)
		return j;
	for (; *s; s++)
		buf_putc(&b, (unsigned char)*s < 0x80 ? *s : '?');
	return json_string(buf_str(&b));
}

json_t *diag_value_shown(const char *s)
{
	_cleanup_buf_ struct buf shown = {0};

	buf_puts_lines(&shown, s, "");
	return json_string(buf_str(&shown));
}

/* Only strings have a DEL, or a '#', which may begin a command of a CI service. */
void diag_value_dump(const json_t *value, size_t flags, struct buf *out)
{
	char *text = json_dumps(value, flags | JSON_ENSURE_ASCII);

	if (!text)
		abort();
	for (const char *s = text, *end; *s; s = end) {
		end = s + strcspn(s, "\177#");
		buf_add(out, s, (size_t)(end - s));
		if (!*end)
			break;
		if (*end == '\177' || end[1] == '#' || (end > text && end[-1] == '#'))
			buf_printf(out, "\\u%04x", (unsigned char)*end);
		else
			buf_putc(out, *end);
		end++;
	}
	free(text);
}

bool diag_value_set_place(json_t *obj, const struct sources *sources, struct loc loc)
{
	const struct source *src = sources_get(sources, loc.file);

	if (!src || !loc.line)
		return false;
	json_object_set_new(obj, "file", diag_value_text(src->name));
	json_object_set_new(obj, "line", json_integer(loc.line));
	json_object_set_new(obj, "column", json_integer(loc.col));
	return true;
}

static void set_place(const struct diag *d, struct loc loc, json_t *obj)
{
	if (!diag_value_set_place(obj, d->sources, loc))
		return;
	json_object_set_new(obj, "endLine", json_integer(loc.end_line ? loc.end_line : loc.line));
	json_object_set_new(obj, "endColumn", json_integer(loc.end_col ? loc.end_col : loc.col));
}

static json_t *item_json(const struct diag *d, const struct diag_item *item)
{
	json_t *obj = json_object(), *notes = json_array(), *fixes = json_array();

	set_place(d, item->loc, obj);
	json_object_set_new(obj, "severity", json_string(diag_severity_name(item->severity)));
	json_object_set_new(obj, "code", json_string(item->code));
	json_object_set_new(obj, "message", diag_value_text(item->text));
	if (item->fingerprint)
		json_object_set_new(obj, "fingerprint", json_string(item->fingerprint));
	vec_each (struct diag_note, note, &item->notes) {
		json_t *n = json_object();

		set_place(d, note->loc, n);
		json_object_set_new(n, "message", diag_value_text(note->text));
		json_array_append_new(notes, n);
	}
	vec_each (struct diag_fix, fix, &item->fixes) {
		json_t *f = json_object();

		set_place(d, fix->loc, f);
		json_object_set_new(f, "title", diag_value_text(fix->title));
		json_object_set_new(f, "replacement", diag_value_text(fix->text));
		json_object_set_new(f, "safe", json_boolean(fix->safe));
		json_array_append_new(fixes, f);
	}
	json_object_set_new(obj, "notes", notes);
	json_object_set_new(obj, "fixes", fixes);
	return obj;
}

void diag_render_json(const struct diag *d, const struct unread *unread, struct buf *out)
{
	json_t *root = json_object(), *list = json_array();

	vec_each (struct diag_item *, item, &d->items) {
		if ((*item)->state == DIAG_SHOWN)
			json_array_append_new(list, item_json(d, *item));
	}
	json_object_set_new(root, "diagnostics", list);
	json_object_set_new(root, "errors", json_integer((json_int_t)d->errors));
	json_object_set_new(root, "warnings", json_integer((json_int_t)d->warnings));
	json_object_set_new(root, "suppressed", json_integer((json_int_t)d->suppressed));
	json_object_set_new(root, "known", json_integer((json_int_t)d->known));
	if (d->unkept)
		json_object_set_new(root, "unlisted", json_integer((json_int_t)d->unkept));
	unread_set_json(unread, root);
	diag_value_dump(root, JSON_INDENT(2), out);
	buf_putc(out, '\n');
	json_decref(root);
}
