/* SPDX-License-Identifier: Apache-2.0 */
/* Any document that is read with read.h, and the smallest: an endpoint by itself. A node reads such
 * ones without what whole policies take. */
#include <errno.h>

#include "compiler/ir_json.h"
#include "compiler/ir_json/read.h"
#include "lang/base/codes.h"

static int refuse_size(struct ir_reader *r)
{
	diag_error(r->diag, LOC_NONE, CODE_LIMIT, "%s: it is longer than %d bytes", r->name,
		   IR_JSON_MAX);
	return -EINVAL;
}

void ir_reader_init(struct ir_reader *r)
{
	struct ir *made = arena_new(r->arena, struct ir);
	struct intern *const interns[] = {&made->strings, &r->files, &r->tiers, &r->policies,
					  &r->namespaces};

	for (size_t i = 0; i < sizeof(interns) / sizeof(*interns); i++)
		intern_init(interns[i], r->arena);
	made->arena = r->arena;
	made->node = ir_make_node(r->arena);
	r->ir = made;
}

int ir_read_document(struct ir_reader *r, const char *text, size_t n, ir_read_fn *read, void *to)
{
	struct ir_value document = {0};
	json_error_t error;
	int err;

	if (n > IR_JSON_MAX)
		return refuse_size(r);
	document.json = json_loadb(text, n, JSON_REJECT_DUPLICATES, &error);
	if (!document.json)
		return ir_refuse(r, &document, "line %d: %s", error.line, error.text);
	err = read(r, &document, to);
	json_decref(document.json);
	return err;
}

int ir_json_read_one(const char *name, const char *text, size_t n, struct arena *arena,
		     struct diag *diag, struct ir **out)
{
	struct ir_reader r = {.diag = diag, .arena = arena, .name = name};
	int err;

	ir_reader_init(&r);
	err = ir_read_document(&r, text, n, ir_read_endpoint, r.ir);
	*out = err ? NULL : r.ir;
	return err;
}
