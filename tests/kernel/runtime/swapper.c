/* SPDX-License-Identifier: Apache-2.0 */
/*
 * usage: swapper PIN_DIR SECONDS BUNDLE...
 *
 * Loads the bundles in turn on what is attached, for so long; one process, so that swaps follow
 * each other as fast as the runtime allows. Prints how many it made, or what failed.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "lang/base/buf.h"
#include "runtime/runtime.h"

enum { MAX_BUNDLES = 8 };

static int fail(const struct diag *diag)
{
	_cleanup_buf_ struct buf out = {0};

	diag_render_text(diag, &(struct diag_style){0}, &out);
	fputs(buf_str(&out), stdout);
	return 1;
}

int main(int argc, char **argv)
{
	struct rt_load_options opts = {.replace_only = true};
	struct bundle *bundles[MAX_BUNDLES];
	struct sources sources;
	struct arena arena;
	struct diag diag;
	int n = argc - 3, swaps = 0, err = 0;
	time_t end;

	if (n < 1 || n > MAX_BUNDLES)
		return 2;
	opts.common.pin_dir = argv[1];
	arena_init(&arena);
	sources_init(&sources, &arena);
	diag_init(&diag, &arena, &sources);
	for (int i = 0; i < n && !err; i++)
		err = bundle_read(argv[3 + i], &diag, &bundles[i]);
	for (end = time(NULL) + atoi(argv[2]); !err && time(NULL) < end; swaps++)
		err = rt_load(bundles[swaps % n], NULL, 0, &opts, &diag, NULL);
	if (err || diag.items.n)
		return fail(&diag);
	printf("%d swaps\n", swaps);
	for (int i = 0; i < n; i++)
		bundle_free(&bundles[i]);
	arena_fini(&arena);
	return 0;
}
