/* SPDX-License-Identifier: Apache-2.0 */
/* Rules about requests, in both directions: a reader and a writer of one shape stand together. */
#include <string.h>

#include "compiler/ir_json/read.h"
#include "compiler/ir_json/write.h"

static const char *const kinds[] = {[IR_L7_NONE] = "none",
				    [IR_L7_HTTP] = "http",
				    [IR_L7_GRPC] = "grpc",
				    [IR_L7_KAFKA] = "kafka"};
static const char *const aspects[] = {
	[IR_L7_HEADER] = "header", [IR_L7_HOST] = "host", [IR_L7_CLIENT] = "client"};

/* --- writing -------------------------------------------------------------------------------- */

static json_t *value_json(const struct ir_l7_value *v)
{
	return json_pack("{s:s}", v->regex ? "matches" : "is", v->text);
}

static json_t *conds_json(const struct ir_l7_entry *e)
{
	json_t *list = e->conds.n ? json_array() : NULL;

	vec_each (const struct ir_l7_cond, cond, &e->conds) {
		json_t *obj = json_pack("{s:s, s:o}", "what", aspects[cond->what], "value",
					value_json(&cond->value));

		if (cond->what == IR_L7_HEADER)
			json_object_set_new(obj, "name", json_string(cond->name));
		json_array_append_new(list, obj);
	}
	return list;
}

json_t *ir_json_l7(const struct ir_l7 *l7, json_t *(*at)(void *ctx, struct loc loc), void *ctx)
{
	json_t *entries = json_array();

	vec_each (const struct ir_l7_entry, e, &l7->entries) {
		json_t *obj = json_pack("{s:s, s:o, s:o*, s:o}", "verb", e->verb, "object",
					value_json(&e->object), "where", conds_json(e), "at",
					at(ctx, e->loc));

		if (e->deny)
			json_object_set_new(obj, "deny", json_true());
		json_array_append_new(entries, obj);
	}
	return json_pack("{s:s, s:o}", "kind", kinds[l7->kind], "entries", entries);
}

/* --- reading -------------------------------------------------------------------------------- */

static const char *kind_word(unsigned i)
{
	return kinds[i];
}

static const char *aspect_word(unsigned i)
{
	return aspects[i];
}

static int read_is(struct ir_reader *r, const struct ir_value *v, void *to)
{
	struct ir_l7_value *out = to;

	return ir_read_text(r, v, &out->text);
}

/* Compiled when it is known whose it is. */
static int read_matches(struct ir_reader *r, const struct ir_value *v, void *to)
{
	return read_is(r, v, to);
}

static int compile(struct ir_reader *r, const struct ir_value *v, bool caseless,
		   struct ir_l7_value *out)
{
	const char *fault;

	out->regex = regex_compile(r->arena, out->text, caseless, &fault);
	return out->regex ? 0 : ir_refuse(r, v, "no regular expression as RE2 has them: %s", fault);
}

static int read_value(struct ir_reader *r, const struct ir_value *v, bool caseless,
		      struct ir_l7_value *out)
{
	static const struct ir_field fields[] = {
		IR_FIELD("is", read_is, .need = IR_OPTIONAL),
		IR_FIELD("matches", read_matches, .need = IR_OPTIONAL),
		{0},
	};
	unsigned seen = 0;
	int err;

	*out = (struct ir_l7_value){.loc = r->here};
	err = ir_read_object(r, v, fields, out, &seen);
	if (err)
		return err;
	if (seen != 1 && seen != 2)
		return ir_refuse(r, v, "a value is one of: is, matches");
	return seen == 2 ? compile(r, v, caseless, out) : 0;
}

static int read_what(struct ir_reader *r, const struct ir_value *v, void *to)
{
	struct ir_l7_cond *cond = to;
	unsigned what;
	int err = ir_read_word(r, v, aspect_word, IR_L7_CLIENT + 1, &what);

	cond->what = (enum ir_l7_what)what;
	return err;
}

static int read_cond_value(struct ir_reader *r, const struct ir_value *v, void *to)
{
	struct ir_l7_cond *cond = to;

	return read_value(r, v, cond->what == IR_L7_HOST, &cond->value);
}

static int read_cond(struct ir_reader *r, const struct ir_value *v, void *to)
{
	static const struct ir_field fields[] = {
		IR_FIELD("what", read_what),
		IR_FIELD("value", read_cond_value),
		IR_FIELD("name", ir_read_name, .at = offsetof(struct ir_l7_cond, name),
			 .need = IR_OPTIONAL),
		{0},
	};
	struct ir_l7_cond cond = {.loc = r->here};
	struct ir_l7_entry *e = to;
	int err = ir_read_object(r, v, fields, &cond, NULL);

	if (!err && (cond.what == IR_L7_HEADER) != (cond.name != NULL))
		return ir_refuse(r, v, "a header has a name, and nothing else has");
	vec_push(r->arena, &e->conds, cond);
	return err;
}

static int read_object(struct ir_reader *r, const struct ir_value *v, void *to)
{
	struct ir_l7_entry *e = to;

	return read_value(r, v, false, &e->object);
}

/* The place first: it is that of everything in it. */
static int read_entry(struct ir_reader *r, const struct ir_value *v, void *to)
{
	static const struct ir_field fields[] = {
		IR_FIELD("at", ir_read_place, .at = offsetof(struct ir_l7_entry, loc)),
		IR_FIELD("verb", ir_read_name, .at = offsetof(struct ir_l7_entry, verb)),
		IR_FIELD("object", read_object),
		IR_FIELD("where", read_cond, .need = IR_OPTIONAL, .list = true),
		IR_FIELD("deny", ir_read_true, .at = offsetof(struct ir_l7_entry, deny),
			 .need = IR_OPTIONAL),
		{0},
	};
	struct ir_l7 *l7 = to;
	struct ir_l7_entry e = {0};
	int err = ir_read_object(r, v, fields, &e, NULL);

	vec_push(r->arena, &l7->entries, e);
	return err;
}

static int read_kind(struct ir_reader *r, const struct ir_value *v, void *to)
{
	struct ir_l7 *l7 = to;
	unsigned kind;
	int err = ir_read_word(r, v, kind_word, IR_L7_KAFKA + 1, &kind);

	l7->kind = (enum ir_l7_kind)kind;
	if (!err && l7->kind == IR_L7_NONE)
		return ir_refuse(r, v, "a rule that looks at no request has no such part");
	return err;
}

static bool is_one_of(const char *word, const char *const *list)
{
	for (; *list; list++)
		if (strcmp(word, *list) == 0)
			return true;
	return false;
}

/* What the language lets the rules of a kind say (resolve/l7.c). */
static const char *fault_of(enum ir_l7_kind kind, const struct ir_l7_entry *e)
{
	static const char *const grpc[] = {"call", NULL};
	static const char *const kafka[] = {"any", "produce", "consume", NULL};
	bool is_kafka = kind == IR_L7_KAFKA;

	if (is_kafka == (e->object.regex != NULL))
		return is_kafka ? "a topic is a text" : "a path or method is an expression";
	if ((is_kafka && !is_one_of(e->verb, kafka)) ||
	    (kind == IR_L7_GRPC && !is_one_of(e->verb, grpc)))
		return "there is no such verb";
	vec_each (const struct ir_l7_cond, cond, &e->conds)
		if ((cond->what == IR_L7_CLIENT) != is_kafka)
			return "this is no condition for requests of the kind";
	return NULL;
}

int ir_read_l7(struct ir_reader *r, const struct ir_value *v, void *to)
{
	static const struct ir_field fields[] = {
		IR_FIELD("kind", read_kind),
		IR_FIELD("entries", read_entry, .list = true),
		{0},
	};
	struct ir_l7 *l7 = to;
	int err = ir_read_object(r, v, fields, l7, NULL);

	l7->loc = r->here;
	for (size_t i = 0; !err && i < l7->entries.n; i++) {
		const char *fault = fault_of(l7->kind, &l7->entries.v[i]);

		if (fault)
			err = ir_refuse(r, v, "entry %zu: %s", i, fault);
	}
	return err;
}
