/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/l7.h"

#include <errno.h>
#include <string.h>

#include "compiler/ir.h"
#include "lang/base/buf.h"
#include "lang/base/codes.h"
#include "lang/base/diag.h"

/* --- keys -------------------------------------------------------------------------------- */

static void put_text(struct buf *out, const char *s)
{
	buf_printf(out, "%zu:%s", strlen(s), s);
}

static void put_value(struct buf *out, const struct ir_l7_value *v)
{
	buf_putc(out, v->regex ? '~' : '=');
	put_text(out, v->text);
}

static void put_entry(struct buf *out, const struct ir_l7_entry *e)
{
	buf_putc(out, e->deny ? '-' : '+');
	put_text(out, e->verb);
	put_value(out, &e->object);
	vec_each (const struct ir_l7_cond, cond, &e->conds) {
		buf_printf(out, "%d", cond->what);
		put_text(out, cond->name ? cond->name : "");
		put_value(out, &cond->value);
	}
}

void ir_l7_put_key(const struct ir_l7 *l7, struct buf *out)
{
	buf_printf(out, "%d", l7->kind);
	vec_each (const struct ir_l7_entry, e, &l7->entries)
		put_entry(out, e);
}

/* ------------------------------------------------------------------------------------------ */

bool ir_has_l7(const struct ir *ir)
{
	vec_each (struct ir_rule *, rule, &ir->rules)
		if ((*rule)->l7.kind != IR_L7_NONE)
			return true;
	return false;
}

int ir_refuse_kafka(const struct ir *ir, const char *who, struct diag *diag)
{
	int err = 0;

	vec_each (struct ir_rule *, rule, &ir->rules) {
		if ((*rule)->l7.kind != IR_L7_KAFKA)
			continue;
		diag_error(diag, (*rule)->l7.loc, CODE_NOT_SUPPORTED,
			   "%s does not judge requests of Kafka yet: without the block this rule "
			   "would allow every request, so remove it only if that is meant",
			   who);
		err = -EINVAL;
	}
	return err;
}
