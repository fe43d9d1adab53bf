/* SPDX-License-Identifier: Apache-2.0 */
#include "lang/yaml/decode.h"

#include <errno.h>
#include <string.h>

#include "lang/base/codes.h"
#include "lang/base/suggest.h"
#include "lang/yaml/fix.h"
#include "lang/yaml/problem.h"

struct ast_name yaml_keep(struct yaml_ctx *c, struct loc loc, const char *text)
{
	return (struct ast_name){.loc = loc, .s = arena_strdup(&c->l->arena, text)};
}

/* With lang.tells_each; a cluster may have more of a kind than polc keeps messages. */
enum { MAX_TOLD = 10000 };

const char *yaml_tell_once(struct yaml_ctx *c, const char *what)
{
	struct lang *l = c->l;
	uint32_t id = intern_add(&l->told, what);

	if (id == l->times_told.n)
		vec_push(&l->arena, &l->times_told, 0);
	if (l->times_told.v[id] >= (l->tells_each ? MAX_TOLD : 1))
		return NULL;
	l->times_told.v[id]++;
	return intern_str(&l->told, id);
}

/* --- wrong types --------------------------------------------------------------------- */

/* Kubernetes reads `yes` as true and `0x50` as 80: say so where the text does not. */
static const char *reading_of(struct yaml_ctx *c, const struct yaml_node *n)
{
	const char *shown = yaml_show(c->scratch, n->text);

	if (n->kind == YAML_BOOL && strcmp(n->text, "true") != 0 && strcmp(n->text, "false") != 0)
		return arena_printf(c->scratch, "a plain %s is the boolean %s in YAML", shown,
				    n->number ? "true" : "false");
	return arena_printf(c->scratch, "%s is %s", shown, yaml_kind_name(n->kind));
}

int yaml_wrong_type(struct yaml_ctx *c, const struct yaml_node *n, const char *want)
{
	struct diag *d = &c->l->diag;
	bool scalar = n->kind == YAML_BOOL || n->kind == YAML_INT || n->kind == YAML_FLOAT;
	struct diag_item *item;

	if (scalar && strcmp(want, "a string") == 0) {
		item = diag_error(d, n->loc, CODE_BAD_TYPE,
				  "'%s' must be a string, but %s: quote it", c->field,
				  reading_of(c, n));
		diag_fix(d, item, n->loc, arena_printf(c->scratch, "\"%s\"", n->text), "quote it");
		return -EINVAL;
	}
	item = diag_error(d, n->loc, CODE_BAD_TYPE, "'%s' must be %s, not %s", c->field, want,
			  yaml_kind_name(n->kind));
	if (n->kind == YAML_MAP && strcmp(want, "a list") == 0)
		diag_note(d, item, LOC_NONE, "begin each item of the list with '- '");
	return -EINVAL;
}

void yaml_tell_letter(struct yaml_ctx *c, struct loc loc, const char *text)
{
	const char *alike = yaml_tell_once(c, arena_printf(c->scratch, "letter %s", text));
	struct diag_item *item;

	if (!alike)
		return;
	item = diag_info(&c->l->diag, loc, CODE_BAD_TYPE,
			 "a plain %s is read as the letter, where kubectl reads %s: quote it", text,
			 strchr("yY", *text) ? "true" : "false");
	item->alike = alike;
	diag_fix(&c->l->diag, item, loc, arena_printf(c->scratch, "\"%s\"", text), "quote it");
}

const char *yaml_text(struct yaml_ctx *c, const struct yaml_node *n)
{
	if (n->kind == YAML_STR)
		return n->text;
	if (n->kind == YAML_BOOL && yaml_is_letter(n->text)) {
		yaml_tell_letter(c, n->loc, n->text);
		return n->text;
	}
	yaml_wrong_type(c, n, "a string");
	return NULL;
}

/* --- objects --------------------------------------------------------------------------- */

static const struct yaml_field *find_field(const struct yaml_object *o, const char *name)
{
	for (const struct yaml_field *f = o->fields; f->name; f++)
		if (strcmp(f->name, name) == 0)
			return f;
	return NULL;
}

enum { FEW_FIELDS = 6 };

/* Without a suggestion, a short list of fields is help enough. */
static void note_fields(struct yaml_ctx *c, struct diag_item *item, const struct yaml_object *o)
{
	_cleanup_buf_ struct buf names = {0};
	size_t n = 0;

	for (const struct yaml_field *f = o->fields; f->name; f++)
		buf_printf(&names, "%s%s", n++ ? ", " : "", f->name);
	if (n <= FEW_FIELDS)
		diag_note(&c->l->diag, item, LOC_NONE, "its fields are: %s", buf_str(&names));
}

/* Nobody sees it, and it comes with what is copied from a page. */
static void note_no_break_space(struct yaml_ctx *c, struct diag_item *item, const char *key)
{
	if (strstr(key, "\xc2\xa0"))
		diag_note(
			&c->l->diag, item, LOC_NONE,
			"it holds a no-break space (U+00A0), which is no indentation: write plain "
			"spaces");
}

static struct suggest nearest_field(const struct yaml_object *o, const char *key)
{
	struct suggest near;

	suggest_init(&near, key);
	for (const struct yaml_field *f = o->fields; f->name; f++)
		suggest_offer(&near, f->name);
	return near;
}

/* The field is not there yet, and no other key can be meant to be it. */
static bool is_vacant(const struct yaml_node *n, const struct yaml_object *o,
		      const struct yaml_pair *wanted, const char *field)
{
	vec_each (const struct yaml_pair, p, &n->pairs) {
		const char *other = nearest_field(o, p->key).best;

		if (p != wanted && other && strcmp(other, field) == 0)
			return false;
	}
	return true;
}

static int report_unknown(struct yaml_ctx *c, const struct yaml_node *n,
			  const struct yaml_object *o, const struct yaml_pair *p)
{
	const struct suggest near = nearest_field(o, p->key);
	struct diag_item *item;

	item = diag_error(&c->l->diag, p->key_loc, CODE_UNKNOWN_FIELD, "%s has no field '%s'%s%s%s",
			  o->what, yaml_show(c->scratch, p->key),
			  near.best ? ": did you mean '" : "", near.best ? near.best : "",
			  near.best ? "'?" : "");
	if (near.best)
		yaml_fix_word(c, item, p->key_loc, p->key, near.best,
			      !near.rival && is_vacant(n, o, p, near.best));
	else
		note_fields(c, item, o);
	note_no_break_space(c, item, p->key);
	return -EINVAL;
}

/* A caret below a whole object helps nobody: its beginning. */
struct loc yaml_start(const struct yaml_node *n)
{
	struct loc at = n->loc;

	at.end_line = at.line;
	at.end_col = at.col + 1;
	return at;
}

/* The key that was written in place of `name`: `containerport` for `containerPort`. */
static const struct yaml_pair *misspelt(const struct yaml_node *n, const struct yaml_object *o,
					const char *name)
{
	const struct yaml_pair *best = NULL;
	struct suggest near;

	suggest_init(&near, name);
	vec_each (const struct yaml_pair, p, &n->pairs) {
		if (find_field(o, p->key))
			continue;
		suggest_offer(&near, p->key);
		if (near.best == p->key)
			best = p;
	}
	return best;
}

static int report_missing(struct yaml_ctx *c, const struct yaml_node *n,
			  const struct yaml_object *o, const char *name)
{
	const struct yaml_pair *p = c->strict ? NULL : misspelt(n, o, name);
	struct diag_item *item;

	item = diag_error(&c->l->diag, p ? p->key_loc : yaml_start(n), CODE_MISSING_FIELD,
			  "%s needs the field '%s'", o->what, name);
	if (p)
		yaml_fix_word(c, item, p->key_loc, p->key, name, false);
	return -EINVAL;
}

void yaml_tell_null(struct yaml_ctx *c, const struct yaml_node *n, const char *field,
		    const char *reading)
{
	diag_warning(&c->l->diag, n->loc, CODE_BAD_VALUE, "'%s' has no value: %s", field, reading);
}

static int read_value(struct yaml_ctx *c, const struct yaml_field *f, const struct yaml_node *n,
		      char *out)
{
	if (n->kind == YAML_NULL) {
		if (f->if_null)
			yaml_tell_null(c, n, f->name, f->if_null);
		return 0;
	}
	c->field = f->name;
	if (f->object)
		return yaml_decode(c, n, f->object, out + f->at);
	if (!f->read)
		return 0;
	return f->flags & YF_EACH ? yaml_each(c, n, f->read, out + f->at)
				  : f->read(c, n, out + f->at);
}

int yaml_decode(struct yaml_ctx *c, const struct yaml_node *n, const struct yaml_object *o,
		void *out)
{
	const char *outer = c->field;
	int r = 0;

	if (n->kind != YAML_MAP)
		return yaml_wrong_type(c, n, "an object");
	vec_each (const struct yaml_pair, p, &n->pairs) {
		const struct yaml_field *f = find_field(o, p->key);

		if (f ? read_value(c, f, p->value, out) < 0
		      : c->strict && report_unknown(c, n, o, p) < 0)
			r = -EINVAL;
	}
	c->field = outer;
	for (const struct yaml_field *f = o->fields; f->name; f++) {
		const struct yaml_node *v = f->flags & YF_REQUIRED ? yaml_get(n, f->name) : n;

		if (!v || v->kind == YAML_NULL)
			r = report_missing(c, n, o, f->name);
	}
	return r;
}

static int read_null_item(struct yaml_ctx *c, const struct yaml_node *item, yaml_reader *read,
			  void *out, const char *if_null)
{
	const struct yaml_node empty = {.kind = YAML_MAP, .loc = item->loc};

	if (!if_null) {
		diag_error(&c->l->diag, item->loc, CODE_BAD_VALUE,
			   "an item of '%s' is empty: write a value or remove the '-'", c->field);
		return -EINVAL;
	}
	diag_warning(&c->l->diag, item->loc, CODE_BAD_VALUE, "an item of '%s' is empty: %s",
		     c->field, if_null);
	return read(c, &empty, out);
}

int yaml_each_object(struct yaml_ctx *c, const struct yaml_node *n, yaml_reader *read, void *out,
		     const char *if_null)
{
	const char *field = c->field;
	int r = 0;

	if (n->kind != YAML_SEQ)
		return yaml_wrong_type(c, n, "a list");
	vec_each (struct yaml_node *, item, &n->items) {
		c->field = field;
		if ((*item)->kind == YAML_NULL ? read_null_item(c, *item, read, out, if_null) < 0
					       : read(c, *item, out) < 0)
			r = -EINVAL;
	}
	return r;
}

int yaml_each(struct yaml_ctx *c, const struct yaml_node *n, yaml_reader *read, void *out)
{
	return yaml_each_object(c, n, read, out, NULL);
}

/* --- field readers --------------------------------------------------------------------- */

int yaml_read_name(struct yaml_ctx *c, const struct yaml_node *n, void *out)
{
	const char *text = yaml_text(c, n);

	if (!text)
		return -EINVAL;
	*(struct ast_name *)out = yaml_keep(c, n->loc, text);
	return 0;
}

int yaml_read_bool(struct yaml_ctx *c, const struct yaml_node *n, void *out)
{
	if (n->kind != YAML_BOOL)
		return yaml_wrong_type(c, n, "true or false");
	*(bool *)out = n->number;
	return 0;
}

int yaml_read_node(struct yaml_ctx *c, const struct yaml_node *n, void *out)
{
	(void)c;
	*(const struct yaml_node **)out = n;
	return 0;
}
