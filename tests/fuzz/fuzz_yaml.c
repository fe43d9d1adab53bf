/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The YAML reader on hostile text. The first byte chooses the role and how ipBlock is meant.
 * What it refuses it must have explained, with places inside the text, and the explanation
 * must render.
 */
#include <stdlib.h>

#include "lang/lang.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int ok)
{
	if (!ok)
		abort();
}

static void check_place(const struct lang *l, struct loc loc)
{
	const struct source *src = sources_get(&l->sources, loc.file);
	size_t len;

	if (!loc.line)
		return;
	require(src && loc.col > 0 && loc.end_line >= loc.line);
	require(loc.end_line > loc.line || loc.end_col >= loc.col);
	source_line(src, loc.line, &len);
	require(loc.col <= len + 2); /* behind the last byte or its CR */
}

static void check_diagnostics(const struct lang *l)
{
	_cleanup_buf_ struct buf text = {0}, json = {0};

	vec_each (struct diag_item *, item, &l->diag.items) {
		check_place(l, (*item)->loc);
		vec_each (struct diag_note, n, &(*item)->notes)
			check_place(l, n->loc);
		vec_each (struct diag_fix, f, &(*item)->fixes)
			check_place(l, f->loc);
	}
	diag_render_text(&l->diag, &(struct diag_style){0}, &text);
	diag_render_json(&l->diag, &l->unread, &json);
}

static void check_items(const struct lang *l)
{
	vec_each (struct ast_file *, f, &l->files) {
		vec_each (struct ast_item, item, &(*f)->items) {
			require(item->kind == AST_ITEM_POLICY || item->kind == AST_ITEM_ENDPOINT ||
				item->kind == AST_ITEM_NAMESPACE);
			check_place(l, item->loc);
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lang l;
	int r;

	if (size == 0)
		return 0;
	lang_init(&l);
	l.limits.yaml_nodes = 100000;
	l.ipblock = data[0] & 2 ? LANG_IPBLOCK_EXTERNAL : LANG_IPBLOCK_PODS;
	r = lang_read_text(&l, "fuzz.yaml", (const char *)data + 1, size - 1, LANG_YAML,
			   data[0] & 1 ? LANG_INVENTORY : LANG_INPUT);
	l.list_skipped = data[0] & 4;
	r |= lang_finish(&l);
	require((r < 0) == (l.diag.errors > 0));
	check_diagnostics(&l);
	check_items(&l);
	lang_fini(&l);
	return 0;
}
