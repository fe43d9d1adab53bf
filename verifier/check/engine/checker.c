/* SPDX-License-Identifier: Apache-2.0 */
/* What the checks share. */
#include "verifier/check/engine/checker.h"

#include <errno.h>

#include "compiler/classes/by_label.h"
#include "lang/base/buf.h"
#include "lang/base/diag.h"
#include "lang/base/work.h"
#include "verifier/codes.h"
#include "verifier/smt/emit.h"

static const char *format(struct checker *c, const char *fmt, va_list ap)
{
	_cleanup_buf_ struct buf b = {0};

	buf_vprintf(&b, fmt, ap);
	return arena_strdup(c->arena, buf_str(&b));
}

static struct diag_item *report_at(struct checker *c, enum check_level level, enum check_id id,
				   struct loc loc, const char *fmt, va_list ap)
{
	static struct diag_item *(*const reporters[])(struct diag *, struct loc, const char *,
						      const char *, ...) = {
		[CHECK_INFO] = diag_info,
		[CHECK_WARNING] = diag_warning,
		[CHECK_ERROR] = diag_error,
	};

	if (level == CHECK_OFF)
		return NULL;
	c->findings[id]++;
	return reporters[level](c->diag, loc, check_get(id)->name, "%s", format(c, fmt, ap));
}

struct diag_item *checker_report(struct checker *c, enum check_id id, struct loc loc,
				 const char *fmt, ...)
{
	struct diag_item *item;
	va_list ap;

	va_start(ap, fmt);
	item = report_at(c, c->options->levels[id], id, loc, fmt, ap);
	va_end(ap);
	return item;
}

struct diag_item *checker_report_undecided(struct checker *c, enum check_id id, struct loc loc,
					   const char *fmt, ...)
{
	const enum check_level *levels = c->options->levels;
	bool owed = id == CHECK_ID_ASSERT_FAILED || id == CHECK_ID_ASSERT_VACUOUS;
	bool grave = owed && levels[CHECK_ID_ASSERT_FAILED] != CHECK_OFF;
	struct diag_item *item;
	va_list ap;

	va_start(ap, fmt);
	item = report_at(c, levels[grave ? CHECK_ID_ASSERT_FAILED : CHECK_ID_UNDECIDED],
			 CHECK_ID_UNDECIDED, loc, fmt, ap);
	va_end(ap);
	if (item)
		item->stays = owed;
	return item;
}

void checker_note(struct checker *c, struct diag_item *item, struct loc loc, const char *fmt, ...)
{
	const char *text;
	va_list ap;

	if (!item)
		return;
	va_start(ap, fmt);
	text = format(c, fmt, ap);
	va_end(ap);
	diag_note(c->diag, item, loc, "%s", text);
}

/* It takes longer to start than most policies to check, of which many ask nothing. */
static void start(struct checker *c)
{
	if (c->started)
		return;
	c->started = true;
	smt_init(&c->smt, c->run, c->options->timeout_ms);
	c->smt.emit = c->emit;
	c->smt.work = c->options->work;
	encoding_init(&c->encoding, c->ir, &c->smt);
}

struct smt *checker_smt(struct checker *c)
{
	start(c);
	return &c->smt;
}

struct encoding *checker_encoding(struct checker *c)
{
	start(c);
	return &c->encoding;
}

struct by_label *checker_by_label(struct checker *c)
{
	if (!c->by_label) {
		c->by_label = arena_new(c->run, struct by_label);
		by_label_init(c->by_label, c->ir, c->run);
	}
	return c->by_label;
}

const struct selecting *checker_selecting(struct checker *c)
{
	if (!c->selecting)
		c->selecting = selecting_find(c->ir, c->run);
	return c->selecting;
}

enum smt_answer checker_ask(struct checker *c, Z3_ast term)
{
	enum smt_answer r;

	smt_push(checker_smt(c));
	smt_assert(checker_smt(c), term);
	r = smt_check(checker_smt(c), NULL);
	smt_pop(checker_smt(c), 1);
	return r;
}

bool checker_is_spent(struct checker *c, enum check_id id, struct loc loc)
{
	if (!work_is_over(c->options->work))
		return false;
	if (c->unfinished[id])
		return true;
	c->unfinished[id] = true;
	checker_report_undecided(
		c, id, loc,
		"check '%s' has no answer from here on: the %u s for all checks are over; allow "
		"more with --timeout",
		check_get(id)->name, c->options->budget_ms / 1000);
	return true;
}

void checker_undecided(struct checker *c, enum check_id id, struct loc loc, enum smt_answer answer)
{
	if (answer == SMT_UNKNOWN && checker_is_spent(c, id, loc))
		return;
	if (answer != SMT_ERROR) {
		checker_report_undecided(
			c, id, loc,
			"check '%s' has no answer here: the solver gave up after %u ms; allow "
			"it more with --solver-timeout, or split the rule",
			check_get(id)->name, c->options->timeout_ms);
		return;
	}
	/* The solver stays broken: once is enough. */
	if (!c->err)
		diag_error(c->diag, loc, CHECK_CODE_INTERNAL,
			   "the solver failed in check '%s': %s; please report this",
			   check_get(id)->name,
			   Z3_get_error_msg(c->smt.ctx, Z3_get_error_code(c->smt.ctx)));
	c->err = -EIO;
}

void checker_left_out(struct checker *c, enum check_id id, struct loc loc, const char *fmt, ...)
{
	const char *text;
	va_list ap;

	va_start(ap, fmt);
	text = format(c, fmt, ap);
	va_end(ap);
	checker_report_undecided(c, id, loc, "check '%s' has no answer %s", check_get(id)->name,
				 text);
}

void checker_unconfirmed(struct checker *c, enum check_id id, struct loc loc, const char *witness)
{
	diag_error(c->diag, loc, CHECK_CODE_INTERNAL,
		   "check '%s' found a flow that the interpreter does not confirm: %s; please "
		   "report this together with the policy",
		   check_get(id)->name, witness);
	c->err = -EIO;
}

const struct ir_policy *checker_isolating(const struct selecting *by, enum ir_dir dir)
{
	vec_each (const struct ir_policy *, policy, &by->policies)
		if ((*policy)->governs[dir] && (*policy)->tier->end == IR_DENY)
			return *policy;
	return NULL;
}

bool checker_is_every_endpoint(const struct ir *ir, const struct ir_selector *sel)
{
	uint32_t name = intern_find(&ir->strings, IR_NS_NAME_KEY);

	vec_each (const struct ir_req, req, &sel->reqs)
		if (req->op != IR_EXISTS || req->scope != IR_SCOPE_NAMESPACE || req->key != name)
			return false;
	return !sel->none;
}

const char *checker_rule_text(struct checker *c, const struct ir_rule *rule)
{
	const struct ir_policy *policy = rule->policy;

	return arena_printf(c->arena, "the %s rule of %s %s (%s)", ir_action_name(rule->action),
			    policy->kind, policy->name, ir_dir_name(rule->dir));
}

/* "the allow rule of NetworkPolicy shop/web (ingress) at web.yaml:12" */
static const char *place_text(struct checker *c, const struct ir_rule *rule)
{
	const struct source *src = sources_get(c->diag->sources, rule->loc.file);

	if (!src || !rule->loc.line)
		return checker_rule_text(c, rule);
	return arena_printf(c->arena, "%s at %s:%u", checker_rule_text(c, rule), src->name,
			    rule->loc.line);
}

void checker_about(struct checker *c, const struct ir_rule *a, const struct ir_rule *b)
{
	if (!c->emit)
		return;
	/* In the arena of the whole run: that of the check may end with the rule. */
	c->emit->subject = arena_printf(c->run, "%s%s%s", place_text(c, a), b ? ", and " : "",
					b ? place_text(c, b) : "");
}

void checker_each_judging(struct checker *c, enum check_id id,
			  bool (*wanted)(const struct ir_rule *rule),
			  void (*check)(struct checker *c, const struct ir_rule *rule))
{
	struct arena *outer = c->arena, scratch;

	vec_each (struct ir_rule *, rule, &c->ir->rules) {
		if ((*rule)->l7.kind == IR_L7_NONE || (wanted && !wanted(*rule)))
			continue;
		if (checker_is_spent(c, id, (*rule)->l7.loc))
			return;
		arena_init(&scratch);
		c->arena = &scratch;
		check(c, *rule);
		c->arena = outer;
		arena_fini(&scratch);
	}
}
