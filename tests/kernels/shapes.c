/* SPDX-License-Identifier: Apache-2.0 */
/*
 * usage: shapes CLANG DIR
 *
 * Compiles the program of each shape of tests/lib/shapes.h with this clang: DIR/SHAPE.o. Objects
 * come from the folder POLC_CACHE_DIR where it has them.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include "codegen/clang.h"
#include "codegen/emit.h"
#include "codegen/file.h"
#include "lang/lang.h"
#include "tests/lib/shapes.h"

static int compile(const struct gen_clang *clang, struct gen_shape shape, const char *dir,
		   struct diag *diag)
{
	_cleanup_buf_ struct buf name = {0}, program = {0}, object = {0}, path = {0};
	int r;

	gen_shape_features_text(shape, &name);
	gen_emit_program(shape, &program);
	r = gen_clang_compile(clang, buf_str(&name), &program, &object, diag);
	buf_printf(&path, "%s/%s.o", dir, buf_str(&name));
	return r ? r : gen_file_write(AT_FDCWD, buf_str(&path), object.s, object.n, false);
}

static int compile_all(const char *command, const char *dir, struct diag *diag)
{
	const struct bundle_options opts = {.bpf_dir = getenv("POLC_BPF_DIR"),
					    .clang = command,
					    .cache_dir = getenv("POLC_CACHE_DIR")};
	struct gen_clang clang;
	int r = gen_clang_init(&clang, &opts, diag);

	for (size_t i = 0; i < TEST_N_SHAPES && !r; i++)
		r = compile(&clang, (struct gen_shape){test_shapes[i].features}, dir, diag);
	return r;
}

int main(int argc, char **argv)
{
	_cleanup_buf_ struct buf said = {0};
	struct lang lang;
	int r;

	if (argc != 3) {
		fputs("usage: shapes CLANG DIR\n", stderr);
		return 2;
	}
	lang_init(&lang);
	r = compile_all(argv[1], argv[2], &lang.diag);
	diag_render_text(&lang.diag, &(struct diag_style){0}, &said);
	fputs(buf_str(&said), stderr);
	lang_fini(&lang);
	return r != 0;
}
