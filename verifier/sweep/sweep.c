/* SPDX-License-Identifier: Apache-2.0 */
/* What the checks share. */
#include "verifier/sweep/sweep.h"

#include "compiler/classes/by_label.h"

#include <errno.h>

#include "lang/base/buf.h"
#include "lang/base/diag.h"
#include "verifier/codes.h"
#include "verifier/smt/emit.h"

static const char *format(struct sweep *s, const char *fmt, va_list ap)
{
	_cleanup_buf_ struct buf b = {0};

	buf_vprintf(&b, fmt, ap);
	return arena_strdup(s->arena, buf_str(&b));
}

struct diag_item *sweep_report(struct sweep *s, enum check_id id, struct loc loc, const char *fmt,
			       ...)
{
	static struct diag_item *(*const reporters[])(struct diag *, struct loc, const char *,
						      const char *, ...) = {
		[CHECK_INFO] = diag_info,
		[CHECK_WARNING] = diag_warning,
		[CHECK_ERROR] = diag_error,
	};
	enum check_level level = s->options->levels[id];
	const char *text;
	va_list ap;

	if (level == CHECK_OFF)
		return NULL;
	va_start(ap, fmt);
	text = format(s, fmt, ap);
	va_end(ap);
	s->result->findings[id]++;
	return reporters[level](s->diag, loc, check_get(id)->name, "%s", text);
}

void sweep_note(struct sweep *s, struct diag_item *item, struct loc loc, const char *fmt, ...)
{
	const char *text;
	va_list ap;

	if (!item)
		return;
	va_start(ap, fmt);
	text = format(s, fmt, ap);
	va_end(ap);
	diag_note(s->diag, item, loc, "%s", text);
}

enum smt_answer sweep_ask(struct sweep *s, Z3_ast term)
{
	enum smt_answer r;

	smt_push(&s->smt);
	smt_assert(&s->smt, term);
	r = smt_check(&s->smt, NULL);
	smt_pop(&s->smt, 1);
	return r;
}

void sweep_undecided(struct sweep *s, enum check_id id, struct loc loc, enum smt_answer answer)
{
	if (answer != SMT_ERROR) {
		sweep_report(s, CHECK_ID_UNDECIDED, loc,
			     "check '%s' has no answer here: the solver gave up after %u ms; allow "
			     "it more with --solver-timeout, or split the rule",
			     check_get(id)->name, s->options->timeout_ms);
		return;
	}
	/* The solver stays broken: once is enough. */
	if (!s->err)
		diag_error(s->diag, loc, CHECK_CODE_INTERNAL,
			   "the solver failed in check '%s': %s; please report this",
			   check_get(id)->name,
			   Z3_get_error_msg(s->smt.ctx, Z3_get_error_code(s->smt.ctx)));
	s->err = -EIO;
}

void sweep_unconfirmed(struct sweep *s, enum check_id id, struct loc loc, const char *witness)
{
	diag_error(s->diag, loc, CHECK_CODE_INTERNAL,
		   "check '%s' found a flow that the interpreter does not confirm: %s; please "
		   "report this together with the policy",
		   check_get(id)->name, witness);
	s->err = -EIO;
}

const struct ir_policy *sweep_isolating(const struct selecting *by, enum ir_dir dir)
{
	vec_each (const struct ir_policy *, policy, &by->policies)
		if ((*policy)->governs[dir] && (*policy)->tier->end == IR_DENY)
			return *policy;
	return NULL;
}

bool sweep_is_every_endpoint(const struct ir *ir, const struct ir_selector *sel)
{
	uint32_t name = intern_find(&ir->strings, IR_NS_NAME_KEY);

	vec_each (const struct ir_req, req, &sel->reqs)
		if (req->op != IR_EXISTS || req->scope != IR_SCOPE_NAMESPACE || req->key != name)
			return false;
	return !sel->none;
}

const char *sweep_rule_text(struct sweep *s, const struct ir_rule *rule)
{
	const struct ir_policy *policy = rule->policy;

	return arena_printf(s->arena, "the %s rule of %s %s (%s)", ir_action_name(rule->action),
			    policy->kind, policy->name, ir_dir_name(rule->dir));
}

/* "the allow rule of NetworkPolicy shop/web (ingress) at web.yaml:12" */
static const char *place_text(struct sweep *s, const struct ir_rule *rule)
{
	const struct source *src = sources_get(s->diag->sources, rule->loc.file);

	if (!src || !rule->loc.line)
		return sweep_rule_text(s, rule);
	return arena_printf(s->arena, "%s at %s:%u", sweep_rule_text(s, rule), src->name,
			    rule->loc.line);
}

void sweep_about(struct sweep *s, const struct ir_rule *a, const struct ir_rule *b)
{
	if (!s->smt.emit)
		return;
	/* In the arena of the whole run: that of the sweep may end with the rule. */
	s->smt.emit->subject = arena_printf(s->smt.arena, "%s%s%s", place_text(s, a),
					    b ? ", and " : "", b ? place_text(s, b) : "");
}
