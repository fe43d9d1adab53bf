/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration of a hostile repository: what is refused is explained, and what is accepted
 * names nothing outside of its directory. */
#include <stdlib.h>
#include <string.h>

#include "lang/project.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int ok)
{
	if (!ok)
		abort();
}

static void check_names(const struct project_names *names)
{
	vec_each (const struct ast_name, name, &names->list)
		require(name->s[0] && name->s[0] != '/' && strcmp(name->s, "..") != 0 &&
			strncmp(name->s, "../", 3) != 0 && !strstr(name->s, "/../"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_buf_ struct buf text = {0};
	struct project p;
	struct lang l;
	int r;

	lang_init(&l);
	r = project_parse(&l, PROJECT_FILE, (const char *)data, size, &p);
	require((r < 0) == (l.diag.errors > 0));
	diag_render_text(&l.diag, &(struct diag_style){0}, &text);
	if (r == 0) {
		check_names(&p.include);
		check_names(&p.inventories);
	}
	lang_fini(&l);
	return 0;
}
