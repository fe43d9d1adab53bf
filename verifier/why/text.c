/* SPDX-License-Identifier: Apache-2.0 */
/* The story of one flow, as a person reads it. */
#include <string.h>

#include "lang/base/buf.h"
#include "verifier/why/why.h"

#define GREEN  "\033[1;32m"
#define RED    "\033[1;31m"
#define YELLOW "\033[1;33m"
#define BOLD   "\033[1m"
#define RESET  "\033[0m"

struct teller {
	const struct why *w;
	const struct sources *sources;
	bool color;
	struct buf *out;
};

static const char *paint(const struct teller *t, const char *code)
{
	return t->color ? code : "";
}

static void put_verdict(const struct teller *t, enum ir_outcome v)
{
	static const char *const colors[] = {[IR_OUTCOME_DENY] = RED,
					     [IR_OUTCOME_ALLOW] = GREEN,
					     [IR_OUTCOME_REDIRECT] = YELLOW};

	buf_printf(t->out, "%s%s%s", paint(t, colors[v]), ir_outcome_name(v), paint(t, RESET));
}

/* `      shop.yaml:14:5` and the line itself below it. */
static void put_source(const struct teller *t, struct loc loc)
{
	const struct source *src = sources_get(t->sources, loc.file);
	const char *line;
	size_t len;

	if (!src || !loc.line)
		return;
	line = source_line(src, loc.line, &len);
	buf_puts(t->out, "      ");
	buf_add_shown(t->out, src->name, strlen(src->name));
	buf_printf(t->out, ":%u:%u\n      %5u | ", loc.line, loc.col, loc.line);
	buf_add_shown(t->out, line, len);
	buf_putc(t->out, '\n');
}

static const char *part_of(const struct ir_rule *rule, const struct ir_step *step)
{
	if (ir_step_asks(step, rule))
		return "asks for the request";
	return rule == step->rule ? "decides" : "matches too";
}

/* Which entry of the rule let the request pass, or did not. */
static void put_entry(const struct teller *t, const struct ir_judgement *j)
{
	buf_printf(t->out, "    %s\n", j->passes ? "allows the request" : "denies the request");
	put_source(t, j->entry->loc);
}

static void put_rule(const struct teller *t, const struct ir_rule *rule, const struct ir_step *step)
{
	const struct ir_policy *policy = rule->policy;

	buf_printf(t->out, "    %s: %s", part_of(rule, step), ir_action_name(rule->action));
	if (rule->rank)
		buf_printf(t->out, " at rank %u", rule->rank);
	buf_printf(t->out, " by %s %s\n", policy->kind, policy->name);
	put_source(t, rule->loc);
	if (step->asks && step->judgement.rule == rule)
		put_entry(t, &step->judgement);
}

static const char *action_text(const struct teller *t, const struct ir_step *step)
{
	if (step->asks && !t->w->request)
		return "requests decide";
	if (step->asks)
		return step->judgement.passes ? "allow" : "deny";
	return step->action == IR_PASS ? "pass on" : ir_action_name(step->action);
}

static void put_step(const struct teller *t, const struct ir_step *step)
{
	buf_printf(t->out, "  tier %s: %s", step->tier->name, action_text(t, step));
	if (!step->rule)
		buf_puts(t->out, step->action == IR_DENY ? ", as no rule matches and it isolates"
							 : ", as no rule matches");
	buf_putc(t->out, '\n');
	if (step->rule)
		put_rule(t, step->rule, step);
	vec_each (const struct ir_rule *, rule, &step->matched) {
		if (*rule != step->rule)
			put_rule(t, *rule, step);
	}
	if (step->tier->end != IR_DENY)
		return;
	vec_each (const struct ir_policy *, policy, &step->governing) {
		buf_printf(t->out, "    isolated by %s %s\n", (*policy)->kind, (*policy)->name);
		put_source(t, (*policy)->loc);
	}
}

/* What would let it pass, with the line to edit. */
static void put_nearest(const struct teller *t, enum ir_dir dir)
{
	static const char *const texts[] = {
#define X(id, name, text) text,
		WHY_CHANGES(X)
#undef X
	};
	const struct why_change *c = &t->w->nearest[dir];

	buf_printf(t->out, "  nearest change: %s", texts[c->kind]);
	if (c->policy)
		buf_printf(t->out, " (%s %s)", c->policy->kind, c->policy->name);
	buf_putc(t->out, '\n');
	if (c->policy)
		put_source(t, c->rule ? c->rule->loc : c->policy->loc);
}

static void put_dir(const struct teller *t, enum ir_dir dir)
{
	static const char *const reasons[] = {
#define X(id, name, text) text,
		WHY_REASONS(X)
#undef X
	};

	buf_printf(t->out, "\n%s%s of %s%s: ", paint(t, BOLD), ir_dir_name(dir),
		   why_subject(t->w, dir)->text, paint(t, RESET));
	put_verdict(t, t->w->verdicts[dir]);
	buf_printf(t->out, " (%s)\n", reasons[why_reason_of(t->w, dir)]);
	vec_each (const struct ir_step, step, &t->w->traces[dir].steps)
		put_step(t, step);
	if (t->w->exists && t->w->verdicts[dir] == IR_OUTCOME_DENY)
		put_nearest(t, dir);
}

/* ` (shop/cart-1)` behind an address that belongs to an endpoint. */
static void put_end(const struct teller *t, const struct flow_end *end)
{
	buf_puts(t->out, end->text);
	if (end->ep && strcmp(end->text, end->ep->name) != 0)
		buf_printf(t->out, " (%s)", end->ep->name);
}

static void put_request(const struct ir_request *request, struct buf *out)
{
	buf_puts(out, ", ");
	buf_add_shown(out, request->method, strlen(request->method));
	buf_putc(out, ' ');
	buf_add_shown(out, request->path, strlen(request->path));
}

void why_render_text(const struct why *w, const struct sources *sources, bool color,
		     struct buf *out)
{
	struct teller t = {.w = w, .sources = sources, .color = color, .out = out};

	buf_puts(out, paint(&t, BOLD));
	put_end(&t, &w->from);
	buf_puts(out, " -> ");
	put_end(&t, &w->to);
	buf_printf(out, " on %s", w->port.text);
	if (w->port.named && w->exists && !w->traces[IR_INGRESS].self)
		buf_printf(out, " (%s/%u)", ir_proto_name(w->port.proto), w->flow.port);
	if (w->request)
		put_request(w->request, out);
	buf_printf(out, "%s: ", paint(&t, RESET));
	put_verdict(&t, w->verdict);
	buf_putc(out, '\n');
	put_dir(&t, IR_EGRESS);
	put_dir(&t, IR_INGRESS);
}
