/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `no-default-deny`: of a namespace where policies isolate some endpoints of the inventory,
 * others are open to everybody, because no policy isolates them. Most often somebody forgot
 * the policy that selects them all. A namespace without any policy is no finding: nobody
 * has begun there.
 */
#include "compiler/classes/by_label.h"
#include "verifier/check/engine/checker.h"

#include <string.h>

enum { HTTP_PORT = 80 };

/* What is known of the endpoints of one namespace. */
struct tally {
	const char *ns;
	size_t n, n_open;
	const struct ir_endpoint *open, *isolated; /* the first of each */
	const struct ir_policy *isolating;
};

/* tcp/80 from an address that is set aside for documentation (RFC 5737, RFC 3849). */
static struct ir_flow stranger(const struct ir_endpoint *ep)
{
	struct ir_flow flow = {
		.dst = ir_end_of(ep, NET_NONE), .proto = IR_PROTO_TCP, .port = HTTP_PORT};

	net_addr_parse(flow.dst.addr.family == NET_V6 ? "2001:db8::1" : "198.51.100.1",
		       &flow.src.addr);
	return flow;
}

/* Whom no policy concerns everybody reaches: the interpreter goes through all of them to say so. */
static bool is_concerned(const struct selecting *by)
{
	vec_each (const struct ir_policy *, policy, &by->policies)
		if ((*policy)->governs[IR_INGRESS] || (*policy)->rules[IR_INGRESS].n)
			return true;
	return false;
}

static void count(struct checker *c, const struct ir_endpoint *ep, const struct selecting *by,
		  struct tally *t)
{
	const struct ir_policy *policy = checker_isolating(by, IR_INGRESS);
	struct ir_flow flow = stranger(ep);

	t->n++;
	if (policy) {
		t->isolated = t->isolated ? t->isolated : ep;
		t->isolating = t->isolating ? t->isolating : policy;
	} else if (!is_concerned(by) ||
		   ir_judge_dir(c->ir, &flow, IR_INGRESS, NULL) == IR_OUTCOME_ALLOW) {
		t->open = t->open ? t->open : ep;
		t->n_open++;
	}
}

static void report(struct checker *c, const struct tally *t)
{
	struct ir_flow flow;
	struct diag_item *item;
	char addr[NET_ADDR_STRLEN];

	if (!t->open || !t->isolated)
		return;
	flow = stranger(t->open);
	item = checker_report(c, CHECK_ID_NO_DEFAULT_DENY, t->isolating->loc,
			      "namespace %s has policies, but %zu of its %zu endpoints %s open to "
			      "everybody: no policy isolates %s",
			      t->ns, t->n_open, t->n, t->n_open == 1 ? "is" : "are",
			      t->n_open == 1 ? "it" : "them");
	checker_note(c, item, t->open->loc,
		     "for example from %s to %s on tcp/%d; a policy without rules that selects the "
		     "whole namespace makes deny the default",
		     net_addr_format(&flow.src.addr, addr), t->open->name, (int)HTTP_PORT);
}

/* Endpoints are sorted by name, so a namespace stands together. */
void check_no_default_deny(struct checker *c)
{
	const struct selecting *selecting = checker_selecting(c);
	struct tally t = {0};

	vec_each (struct ir_endpoint *, ep, &c->ir->endpoints) {
		if (!(*ep)->ns || (*ep)->host)
			continue;
		if (!t.ns || strcmp(t.ns, (*ep)->ns) != 0) {
			report(c, &t);
			t = (struct tally){.ns = (*ep)->ns};
		}
		count(c, *ep, &selecting[(*ep)->id], &t);
	}
	report(c, &t);
}
