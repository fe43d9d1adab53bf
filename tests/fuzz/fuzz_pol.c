/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The .pol reader and formatter on any bytes. What parses must parse again after formatting,
 * to the same tree with the same comments, and format to the same bytes.
 */
#include <stdlib.h>
#include <string.h>

#include "lang/fmt.h"
#include "lang/lang_internal.h"
#include "tests/lib/ast_dump.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct ast_file *parse(struct lang *l, const char *text, size_t size)
{
	struct ast_file *file;

	lang_init(l);
	if (lang_parse_text(l, LOC_NONE, "fuzz.pol", text, size, LANG_POL, LANG_INPUT, &file) < 0)
		return NULL;
	return file;
}

static void expect_same(const struct buf *a, const struct buf *b)
{
	if (a->n != b->n || memcmp(buf_str(a), buf_str(b), a->n) != 0)
		abort();
}

static void check_format(const struct ast_file *file)
{
	_cleanup_buf_ struct buf text = {0}, again = {0}, tree = {0}, same_tree = {0};
	struct ast_file *formatted;
	struct lang l;

	lang_fmt(file, &text);
	formatted = parse(&l, buf_str(&text), text.n);
	if (!formatted)
		abort();
	lang_fmt(formatted, &again);
	expect_same(&text, &again);
	ast_dump(file, &tree);
	ast_dump(formatted, &same_tree);
	expect_same(&tree, &same_tree);
	lang_fini(&l);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_buf_ struct buf shown = {0};
	static const struct diag_style style = {0};
	struct ast_file *file;
	struct lang l;

	file = parse(&l, (const char *)data, size);
	if (!file && !l.diag.errors)
		abort(); /* refused without a word */
	diag_render_text(&l.diag, &style, &shown);
	if (file)
		check_format(file);
	lang_fini(&l);
	return 0;
}
