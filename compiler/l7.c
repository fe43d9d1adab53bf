/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/l7.h"

#include <errno.h>

#include "compiler/ir.h"
#include "lang/base/codes.h"
#include "lang/base/diag.h"

bool ir_has_l7(const struct ir *ir)
{
	vec_each (struct ir_rule *, rule, &ir->rules)
		if ((*rule)->l7.kind != IR_L7_NONE)
			return true;
	return false;
}

int ir_refuse_l7(const struct ir *ir, const char *who, struct diag *diag)
{
	vec_each (struct ir_rule *, rule, &ir->rules)
		if ((*rule)->l7.kind != IR_L7_NONE)
			diag_error(diag, (*rule)->l7.loc, CODE_NOT_SUPPORTED,
				   "%s does not judge requests yet: without the block this rule "
				   "would allow every request, so remove it only if that is meant",
				   who);
	return ir_has_l7(ir) ? -EINVAL : 0;
}
