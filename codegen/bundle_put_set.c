/* SPDX-License-Identifier: Apache-2.0 */
/* A rule set for a bundle. Apart from what reads one: that is for nodes, which know no expressions.
 */
#include <errno.h>

#include "codegen/bundle_json.h"
#include "codegen/codes.h"
#include "compiler/l7/flat.h"
#include "compiler/l7/ruleset.h"

static int refuse(struct diag *diag, struct loc loc, const char *why)
{
	diag_error(diag, loc, GEN_CODE_LIMIT, "what judges these requests cannot be built: %s",
		   why);
	return -EINVAL;
}

int bundle_put_set(const struct cls_decision *d, struct diag *diag, struct buf *out)
{
	struct loc loc = d->asked.v[0]->l7.loc;
	const struct l7_ruleset *set;
	struct l7_fault fault;
	struct arena arena;
	const char *why = NULL;
	int err = 0;

	arena_init(&arena);
	set = l7_ruleset_build(&arena, d->asked.v, d->asked.n, &fault);
	if (set)
		why = flat_write(set, out);
	if (!set)
		err = refuse(diag,
			     fault.pattern && fault.pattern->value ? fault.pattern->value->loc
								   : loc,
			     fault.text);
	else if (why)
		err = refuse(diag, loc, why);
	arena_fini(&arena);
	return err;
}
