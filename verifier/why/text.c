/* SPDX-License-Identifier: Apache-2.0 */
/* The story of one flow, as a person reads it. */
#include <string.h>

#include "lang/base/buf.h"
#include "lang/base/unread.h"
#include "verifier/flow/request.h"
#include "verifier/why/why.h"

#define GREEN  "\033[1;32m"
#define RED    "\033[1;31m"
#define YELLOW "\033[1;33m"
#define BOLD   "\033[1m"
#define RESET  "\033[0m"

struct printer {
	const struct why *w;
	const struct sources *sources;
	bool color;
	struct buf *out;
};

static const char *paint(const struct printer *p, const char *code)
{
	return p->color ? code : "";
}

static void put_verdict(const struct printer *p, enum flow_verdict v)
{
	static const char *const colors[] = {[FLOW_DENY] = RED,
					     [FLOW_ALLOW] = GREEN,
					     [FLOW_REDIRECT] = YELLOW,
					     [FLOW_DEPENDS] = YELLOW,
					     [FLOW_NONE] = YELLOW};

	buf_printf(p->out, "%s%s%s", paint(p, colors[v]), flow_verdict_name(v), paint(p, RESET));
}

/* `      shop.yaml:14:5` and the line itself below it. */
static void put_source(const struct printer *p, struct loc loc)
{
	const struct source *src = sources_get(p->sources, loc.file);
	const char *line;
	size_t len;

	if (!src || !loc.line)
		return;
	line = source_line(src, loc.line, &len);
	buf_puts(p->out, "      ");
	buf_puts_first(p->out, src->name);
	buf_printf(p->out, ":%u:%u\n      %5u | ", loc.line, loc.col, loc.line);
	buf_add_shown(p->out, line, len);
	buf_putc(p->out, '\n');
}

static const char *part_of(const struct ir_rule *rule, const struct ir_step *step)
{
	if (ir_step_asks(step, rule))
		return "asks for the request";
	return rule == step->rule ? "decides" : "matches too";
}

/* Which entry of the rule let the request pass, or did not. */
static void put_entry(const struct printer *p, const struct ir_judgement *j)
{
	buf_printf(p->out, "    %s\n", j->passes ? "allows the request" : "denies the request");
	put_source(p, j->entry->loc);
}

static void put_rule(const struct printer *p, const struct ir_rule *rule,
		     const struct ir_step *step)
{
	const struct ir_policy *policy = rule->policy;

	buf_printf(p->out, "    %s: %s", part_of(rule, step), ir_action_name(rule->action));
	if (rule->rank)
		buf_printf(p->out, " at rank %u", rule->rank);
	buf_printf(p->out, " by %s %s\n", policy->kind, policy->name);
	put_source(p, rule->loc);
	if (step->asks && step->judgement.rule == rule)
		put_entry(p, &step->judgement);
}

static const char *action_text(const struct printer *p, const struct ir_step *step)
{
	if (step->asks && !p->w->request)
		return "requests decide";
	if (step->asks)
		return step->judgement.passes ? "allow" : "deny";
	return step->action == IR_PASS ? "pass on" : ir_action_name(step->action);
}

static void put_step(const struct printer *p, const struct ir_step *step)
{
	buf_printf(p->out, "  tier %s: %s", step->tier->name, action_text(p, step));
	if (!step->rule)
		buf_puts(p->out, step->action == IR_DENY ? ", as no rule matches and it isolates"
							 : ", as no rule matches");
	buf_putc(p->out, '\n');
	if (step->rule)
		put_rule(p, step->rule, step);
	vec_each (const struct ir_rule *, rule, &step->matched) {
		if (*rule != step->rule)
			put_rule(p, *rule, step);
	}
	if (step->tier->end != IR_DENY)
		return;
	vec_each (const struct ir_policy *, policy, &step->governing) {
		buf_printf(p->out, "    isolated by %s %s\n", (*policy)->kind, (*policy)->name);
		put_source(p, (*policy)->loc);
	}
}

/* What would let it pass, with the line to edit. */
static void put_nearest(const struct printer *p, enum ir_dir dir)
{
	static const char *const texts[] = {
#define X(id, name, text) text,
		WHY_CHANGES(X)
#undef X
	};
	const struct why_change *c = &p->w->nearest[dir];

	buf_printf(p->out, "  nearest change: %s", texts[c->kind]);
	if (c->policy)
		buf_printf(p->out, " (%s %s)", c->policy->kind, c->policy->name);
	buf_putc(p->out, '\n');
	if (c->policy)
		put_source(p, c->rule ? c->rule->loc : c->policy->loc);
}

/* `named ports of db: metrics (tcp/9100)`, of all protocols, as the wrong one is a mistake, too. */
static void put_ports(const struct printer *p)
{
	const struct ir_endpoint *to = p->w->to.ep;
	char number[FLOW_PORT_STRLEN];

	if (!to || !to->ports.n) {
		buf_puts(p->out, "  it names no port\n");
		return;
	}
	for (size_t i = 0; i < to->ports.n; i++) {
		const struct ir_named_port *port = &to->ports.v[i];

		buf_printf(p->out, "%s%s (%s)",
			   i ? ", " : "  its ports: ", intern_str(&p->w->ir->strings, port->name),
			   flow_port_format(port->proto, port->port, number));
	}
	if (p->w->near)
		buf_printf(p->out, "; did you mean '%s'?", p->w->near);
	buf_putc(p->out, '\n');
}

enum { NUMBERS_SHOWN = 12 };

static void put_numbers(const struct printer *p)
{
	size_t n = p->w->numbers.n;

	for (size_t i = 0; i < n && i < NUMBERS_SHOWN; i++) {
		const struct why_number *number = &p->w->numbers.v[i];

		buf_printf(p->out, "%s%u %s", i ? ", " : "  with the number ", number->number,
			   flow_verdict_name(number->egress));
	}
	if (n > NUMBERS_SHOWN)
		buf_printf(p->out, ", and %zu more", n - NUMBERS_SHOWN);
	if (n)
		buf_puts(p->out, "; every other number is like one of them\n");
}

static void put_absent(const struct printer *p, enum ir_dir dir)
{
	if (p->w->exists || p->w->none)
		return;
	if (dir == IR_INGRESS)
		put_ports(p);
	else
		put_numbers(p);
}

/* Is the other end at an address of several nodes? */
static bool is_shared(const struct why *w, enum ir_dir dir)
{
	const struct ir_endpoint *peer = dir == IR_INGRESS ? w->flow.src.ep : w->flow.dst.ep;

	return ir_is_at_node(peer) && !peer->on_node;
}

static void put_dir(const struct printer *p, enum ir_dir dir)
{
	static const char *const reasons[] = {
#define X(id, name, text) text,
		WHY_REASONS(X)
#undef X
	};

	buf_printf(p->out, "\n%s%s of %s%s: ", paint(p, BOLD), ir_dir_name(dir),
		   why_subject(p->w, dir)->text, paint(p, RESET));
	put_verdict(p, why_verdict_of(p->w, dir));
	buf_printf(p->out, " (%s)\n", reasons[why_reason_of(p->w, dir)]);
	put_absent(p, dir);
	vec_each (const struct ir_step, step, &p->w->traces[dir].steps)
		put_step(p, step);
	if (p->w->on_one_node[dir])
		buf_printf(p->out, "  on the same node it would pass whatever policies say; %s\n",
			   is_shared(p->w, dir) ? "several have the address"
						: "the input does not tell where both run "
						  "(nodeName)");
	if (p->w->exists && why_verdict_of(p->w, dir) == FLOW_DENY)
		put_nearest(p, dir);
}

/* ` (shop/cart-1)` behind what does not begin with the endpoint's name. */
static void put_end(const struct printer *p, const struct flow_end *end)
{
	buf_puts(p->out, end->text);
	if (end->ep && strncmp(end->text, end->ep->name, strlen(end->ep->name)) != 0)
		buf_printf(p->out, " (%s)", end->ep->name);
}

static void put_request(const struct ir_request *request, struct buf *out)
{
	buf_puts(out, ", ");
	buf_puts_shown(out, request->method);
	buf_putc(out, ' ');
	buf_puts_shown(out, request_target(request));
}

static void put_summary(const struct printer *p)
{
	if (p->w->given && p->w->answer.verdict == FLOW_DEPENDS)
		buf_printf(p->out, "%sdepends%s on the addresses", paint(p, YELLOW),
			   paint(p, RESET));
	else
		put_verdict(p, why_verdict(p->w));
	buf_putc(p->out, '\n');
}

/* What comes of it with some addresses, or with all. */
static void put_story(const struct printer *p)
{
	if (p->w->given) {
		buf_printf(p->out, "\n%s: ", p->w->given);
		put_verdict(p, (enum flow_verdict)p->w->verdict);
		buf_putc(p->out, '\n');
	}
	put_dir(p, IR_EGRESS);
	put_dir(p, IR_INGRESS);
}

static void put_expected(const struct why *w, struct buf *out)
{
	if (!w->expected)
		return;
	buf_printf(out, "\n%s was expected", flow_verdict_name(*w->expected));
	if (why_verdict(w) == *w->expected)
		buf_puts(out, ", and so it is\n");
	else
		buf_printf(out, ", but the verdict is %s\n", flow_verdict_name(why_verdict(w)));
}

void why_render_text(const struct why *w, const struct sources *sources, bool color,
		     struct buf *out)
{
	struct printer p = {.w = w, .sources = sources, .color = color, .out = out};

	buf_puts(out, paint(&p, BOLD));
	put_end(&p, &w->from);
	buf_puts(out, flow_is_to_replica(&w->flow) ? " -> another replica of " : " -> ");
	put_end(&p, &w->to);
	buf_printf(out, " on %s", w->port.text);
	if (w->port.named && w->exists && !w->none && !w->traces[IR_INGRESS].self)
		buf_printf(out, " (%s/%u)", ir_proto_name(w->port.proto), w->flow.port);
	if (w->request)
		put_request(w->request, out);
	buf_printf(out, "%s: ", paint(&p, RESET));
	put_summary(&p);
	put_story(&p);
	vec_each (const struct why, other, &w->others) {
		p.w = other;
		put_story(&p);
	}
	put_expected(w, out);
	if (unread_count(w->unread))
		buf_putc(out, '\n');
	unread_put_line(w->unread, out);
}
