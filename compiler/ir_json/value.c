/* SPDX-License-Identifier: Apache-2.0 */
/* JSON of which nothing is believed: objects by tables, lists, numbers, words, texts, places. */
#include <errno.h>
#include <string.h>

#include "compiler/codes.h"
#include "compiler/ir_json/read.h"

/* --- messages --------------------------------------------------------------------------- */

/* "tiers[0].policies[3].name" */
static void add_path(struct buf *out, const struct ir_value *v)
{
	if (!v->up)
		return;
	add_path(out, v->up);
	if (v->key)
		buf_printf(out, "%s%.80s", out->n ? "." : "", v->key);
	else
		buf_printf(out, "[%zu]", v->index);
}

int ir_refuse(struct ir_reader *r, const struct ir_value *v, const char *fmt, ...)
{
	_cleanup_buf_ struct buf text = {0}, path = {0};
	struct diag_item *item;
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&text, fmt, ap);
	va_end(ap);
	add_path(&path, v);
	item = diag_error(r->diag, LOC_NONE, IR_CODE_JSON, "%s: %s%s%s", r->name, buf_str(&path),
			  path.n ? ": " : "", buf_str(&text));
	diag_note(r->diag, item, LOC_NONE,
		  "the file was damaged or altered; build the bundle again");
	return -EINVAL;
}

/* --- objects and lists ------------------------------------------------------------------ */

static bool is_known(const struct ir_field *fields, const char *key)
{
	for (; fields->key; fields++) {
		if (strcmp(fields->key, key) == 0)
			return true;
	}
	return false;
}

static int refuse_unknown(struct ir_reader *r, const struct ir_value *v,
			  const struct ir_field *fields)
{
	const char *key;
	json_t *part;

	json_object_foreach(v->json, key, part)
	{
		if (!is_known(fields, key))
			return ir_refuse(r, v, "there is no field '%.80s' here", key);
	}
	return 0;
}

static int read_field(struct ir_reader *r, const struct ir_value *v, const struct ir_field *field,
		      void *to)
{
	void *at = (char *)to + field->at;

	return field->list ? ir_read_list(r, v, field->read, at) : field->read(r, v, at);
}

int ir_read_object(struct ir_reader *r, const struct ir_value *v, const struct ir_field *fields,
		   void *to, unsigned *seen)
{
	unsigned found = 0;
	int err;

	if (!json_is_object(v->json))
		return ir_refuse(r, v, "an object is wanted here");
	err = refuse_unknown(r, v, fields);
	for (unsigned i = 0; !err && fields[i].key; i++) {
		struct ir_value part = {.up = v, .key = fields[i].key};

		part.json = json_object_get(v->json, part.key);
		if (part.json) {
			found |= 1u << i;
			err = read_field(r, &part, &fields[i], to);
		} else if (fields[i].need == IR_REQUIRED) {
			err = ir_refuse(r, v, "the field '%s' is missing", part.key);
		}
	}
	if (seen)
		*seen = found;
	return err;
}

int ir_read_list(struct ir_reader *r, const struct ir_value *v, ir_read_fn *each, void *to)
{
	int err = 0;

	if (!json_is_array(v->json))
		return ir_refuse(r, v, "a list is wanted here");
	for (size_t i = 0; !err && i < json_array_size(v->json); i++) {
		struct ir_value item = {.json = json_array_get(v->json, i), .up = v, .index = i};

		err = each(r, &item, to);
	}
	return err;
}

/* --- numbers and words ------------------------------------------------------------------ */

int ir_read_number(struct ir_reader *r, const struct ir_value *v, uint32_t max, uint32_t *out)
{
	json_int_t n = json_integer_value(v->json);

	if (!json_is_integer(v->json) || n < 0 || n > max)
		return ir_refuse(r, v, "a whole number from 0 to %u is wanted here", max);
	*out = (uint32_t)n;
	return 0;
}

int ir_read_u32(struct ir_reader *r, const struct ir_value *v, void *to)
{
	return ir_read_number(r, v, UINT32_MAX, to);
}

int ir_read_u16(struct ir_reader *r, const struct ir_value *v, void *to)
{
	uint16_t *out = to;
	uint32_t n = 0;
	int err = ir_read_number(r, v, UINT16_MAX, &n);

	*out = (uint16_t)n;
	return err;
}

int ir_read_bool(struct ir_reader *r, const struct ir_value *v, void *to)
{
	bool *out = to;

	if (!json_is_boolean(v->json))
		return ir_refuse(r, v, "true or false is wanted here");
	*out = json_is_true(v->json);
	return 0;
}

int ir_read_true(struct ir_reader *r, const struct ir_value *v, void *to)
{
	bool *out = to;

	if (!json_is_true(v->json))
		return ir_refuse(r, v, "this is true, or left out");
	*out = true;
	return 0;
}

static int refuse_word(struct ir_reader *r, const struct ir_value *v, ir_word_fn *word, unsigned n)
{
	_cleanup_buf_ struct buf words = {0};

	for (unsigned i = 0; i < n; i++)
		buf_printf(&words, "%s%s", i ? ", " : "", word(i));
	return ir_refuse(r, v, "this is one of: %s", buf_str(&words));
}

int ir_read_word(struct ir_reader *r, const struct ir_value *v, ir_word_fn *word, unsigned n,
		 unsigned *out)
{
	const char *text = json_string_value(v->json);

	for (*out = 0; text && *out < n; ++*out) {
		if (strcmp(word(*out), text) == 0)
			return 0;
	}
	return refuse_word(r, v, word, n);
}

/* --- texts ------------------------------------------------------------------------------ */

int ir_read_text(struct ir_reader *r, const struct ir_value *v, void *to)
{
	const char **out = to;

	if (!json_is_string(v->json))
		return ir_refuse(r, v, "a text is wanted here");
	*out = arena_strdup(r->arena, json_string_value(v->json));
	return 0;
}

/* Of text that becomes part of messages and names. */
static bool is_one_line(const char *text)
{
	for (; *text; text++) {
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return false;
	}
	return true;
}

static const char *line_of(struct ir_reader *r, const struct ir_value *v)
{
	const char *text = json_string_value(v->json);

	if (text && is_one_line(text))
		return text;
	ir_refuse(r, v, "a text without control characters is wanted here");
	return NULL;
}

static const char *name_of(struct ir_reader *r, const struct ir_value *v)
{
	const char *text = line_of(r, v);

	if (!text || *text)
		return text;
	ir_refuse(r, v, "a name is not empty");
	return NULL;
}

int ir_read_name(struct ir_reader *r, const struct ir_value *v, void *to)
{
	const char *text = name_of(r, v), **out = to;

	if (!text)
		return -EINVAL;
	*out = arena_strdup(r->arena, text);
	return 0;
}

int ir_read_word_id(struct ir_reader *r, const struct ir_value *v, void *to)
{
	const char *text = name_of(r, v);
	uint32_t *out = to;

	if (!text)
		return -EINVAL;
	*out = intern_add(&r->ir->strings, text);
	return 0;
}

int ir_read_label_value(struct ir_reader *r, const struct ir_value *v, uint32_t *out)
{
	const char *text = line_of(r, v);

	if (!text)
		return -EINVAL;
	*out = intern_add(&r->ir->strings, text);
	return 0;
}

/* --- places ----------------------------------------------------------------------------- */

/* The number behind the last colon of the first `n` bytes, which are cut off before it. */
static bool cut_number(const char *text, size_t *n, uint32_t *out)
{
	size_t at = *n;
	uint64_t value = 0;

	while (at && text[at - 1] >= '0' && text[at - 1] <= '9')
		at--;
	/* Only as it is written: what is read and written again is the same. */
	if (at == *n || *n - at > 10 || at < 2 || text[at - 1] != ':' || text[at] == '0')
		return false;
	for (size_t i = at; i < *n; i++)
		value = value * 10 + (uint64_t)(text[i] - '0');
	*n = at - 1;
	*out = (uint32_t)value;
	return value <= UINT32_MAX;
}

/* A source without text: a node has the places, not the files. */
static uint32_t file_of(struct ir_reader *r, const char *text, size_t n)
{
	const char *name = arena_strndup(r->arena, text, n);
	uint32_t id = intern_add(&r->files, name);

	if (id == r->sources.n)
		vec_push(r->arena, &r->sources, sources_add(r->places, name, "", 0));
	return r->sources.v[id];
}

int ir_read_place(struct ir_reader *r, const struct ir_value *v, void *to)
{
	const char *text = json_string_value(v->json);
	size_t n = text ? strlen(text) : 0;
	struct loc loc = LOC_NONE, *out = to;

	if (!text || (n && (!cut_number(text, &n, &loc.col) || !cut_number(text, &n, &loc.line))))
		return ir_refuse(r, v, "a place is \"file:line:column\", or empty");
	if (n) {
		loc.file = file_of(r, text, n);
		loc.end_line = loc.line;
		loc.end_col = loc.col;
	}
	*out = r->here = loc;
	return 0;
}
