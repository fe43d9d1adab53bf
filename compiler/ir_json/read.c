/* SPDX-License-Identifier: Apache-2.0 */
/* The document as a whole: its format, its lists in the order in which they need each other. */
#include "compiler/ir_json/read.h"

#include <errno.h>

#include "compiler/codes.h"
#include "compiler/ir_json.h"
#include "lang/lang.h"

/* Looked at before anything else was. */
static int take_format(struct ir_reader *r, const struct ir_value *v, void *to)
{
	(void)r, (void)v, (void)to;
	return 0;
}

static int read_parts(struct ir_reader *r, const struct ir_value *v)
{
	static const struct ir_field fields[] = {
		IR_FIELD("format", take_format),
		IR_FIELD("tiers", ir_read_tier, .list = true),
		IR_FIELD("openOrders", ir_read_open_order, .need = IR_OPTIONAL, .list = true),
		IR_FIELD("namespaces", ir_read_namespace, .list = true),
		IR_FIELD("endpoints", ir_read_endpoint, .list = true),
		IR_FIELD("assertions", ir_read_assert, .need = IR_OPTIONAL, .list = true),
		{0},
	};
	int err;

	ir_read_make_room(r, json_object_get(v->json, "tiers"));
	err = ir_read_object(r, v, fields, r->ir, NULL);
	if (!err && intern_find(&r->tiers, "default") == INTERN_NONE)
		return ir_refuse(r, v, "the tier 'default' is missing");
	return err;
}

static int check_format(struct ir_reader *r, const struct ir_value *v)
{
	const json_t *format = json_object_get(v->json, "format");
	json_int_t n = json_integer_value(format);

	if (!json_is_integer(format))
		return ir_refuse(r, v, "it is no policy: the number 'format' is missing");
	if (n == IR_JSON_FORMAT)
		return 0;
	diag_error(r->diag, LOC_NONE, IR_CODE_FORMAT,
		   "%s: the policy has format %lld, this polc reads format %d; build the bundle "
		   "again with this version",
		   r->name, (long long)n, IR_JSON_FORMAT);
	return -EINVAL;
}

static int read_policy_document(struct ir_reader *r, const struct ir_value *v, void *to)
{
	int err = check_format(r, v);

	(void)to;
	return err ? err : read_parts(r, v);
}

int ir_json_read(struct lang *lang, const char *name, const char *text, size_t n, struct ir **out)
{
	struct ir_reader r = {
		.diag = &lang->diag, .places = &lang->sources, .arena = &lang->arena, .name = name};
	int err;

	ir_reader_init(&r);
	err = ir_read_document(&r, text, n, read_policy_document, r.ir);
	*out = err ? NULL : r.ir;
	return err;
}
