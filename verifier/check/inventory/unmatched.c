/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/check/inventory/unmatched.h"

#include <string.h>

#include "lang/base/buf.h"
#include "lang/base/suggest.h"

/* The reason takes a look at every endpoint; whoever has that many findings has no inventory. */
enum { MAX_EXPLAINED = 100 };

/* --- requirements ------------------------------------------------------------------------- */

static bool meets_all(const struct ir_selector *sel, enum ir_scope scope,
		      const struct ir_endpoint *ep)
{
	vec_each (const struct ir_req, req, &sel->reqs)
		if (req->scope == scope && !ir_req_matches(req, ep))
			return false;
	return true;
}

/* Does it look in the endpoint's namespace? */
static bool looks_at(const struct ir_selector *sel, const struct ir_endpoint *ep)
{
	return meets_all(sel, IR_SCOPE_NAMESPACE, ep);
}

/* And the endpoint's own labels, wherever it is? */
static bool has_labels(const struct ir_selector *sel, const struct ir_endpoint *ep)
{
	return meets_all(sel, IR_SCOPE_ENDPOINT, ep);
}

/* A policy of everybody in a namespace would be met everywhere. */
static bool asks_for_labels(const struct ir_selector *sel)
{
	vec_each (const struct ir_req, req, &sel->reqs)
		if (req->scope == IR_SCOPE_ENDPOINT && (req->op == IR_IN || req->op == IR_EXISTS))
			return true;
	return false;
}

static const struct ir_req *find_req(const struct ir_selector *sel, bool by_name,
				     const struct ir *ir)
{
	uint32_t key = intern_find(&ir->strings, IR_NS_NAME_KEY);

	vec_each (const struct ir_req, req, &sel->reqs)
		if (req->scope == IR_SCOPE_NAMESPACE && (req->key == key) == by_name)
			return req;
	return NULL;
}

/* The namespace that it looks in; NULL: it names none, or several. */
static const char *single_namespace(const struct ir *ir, const struct ir_selector *sel)
{
	const struct ir_req *req = find_req(sel, true, ir);

	if (!req || req->op != IR_IN || req->values.n != 1)
		return NULL;
	return intern_str(&ir->strings, req->values.v[0]);
}

/* --- how things are written ----------------------------------------------------------------- */

static bool is_kubernetes(const struct unmatched *u)
{
	return strcmp(u->policy->kind, "NetworkPolicy") == 0;
}

/* `app=web` as kubectl has it, `app = web` as in .pol. */
static void put_label(const struct ir *ir, const struct unmatched *u, uint32_t key, uint32_t value,
		      struct buf *out)
{
	buf_printf(out, is_kubernetes(u) ? "%s=%s" : "%s = %s", intern_str(&ir->strings, key),
		   intern_str(&ir->strings, value));
}

static void put_req(const struct ir *ir, const struct unmatched *u, const struct ir_req *req,
		    struct buf *out)
{
	const char *sep = "";

	if (req->op == IR_IN && req->values.n == 1) {
		put_label(ir, u, req->key, req->values.v[0], out);
		return;
	}
	buf_printf(out, "%s%s", req->op == IR_ABSENT ? "!" : "",
		   intern_str(&ir->strings, req->key));
	if (req->op == IR_EXISTS || req->op == IR_ABSENT)
		return;
	buf_puts(out, req->op == IR_IN ? " in (" : is_kubernetes(u) ? " notin (" : " not in (");
	vec_each (const uint32_t, value, &req->values) {
		buf_printf(out, "%s%s", sep, intern_str(&ir->strings, *value));
		sep = ", ";
	}
	buf_putc(out, ')');
}

static const char *place_text(struct checker *c, const struct unmatched *u)
{
	const char *ns = single_namespace(c->ir, u->sel);

	if (ns)
		return arena_printf(c->arena, "in namespace %s", ns);
	return find_req(u->sel, true, c->ir) || find_req(u->sel, false, c->ir)
		       ? "in the namespaces that it names"
		       : "of the inventory";
}

/* --- labels --------------------------------------------------------------------------------- */

/* The requirement that none of the endpoints there meets, with the values that they have. */
static const struct ir_req *failing_req(const struct by_label *by_label,
					const struct ir_selector *sel, struct suggest *near)
{
	const struct intern *strings = &by_label->ir->strings;

	vec_each (const struct ir_req, req, &sel->reqs) {
		bool met = false;

		*near = (struct suggest){0};
		if (req->op == IR_IN)
			suggest_init(near, intern_str(strings, req->values.v[0]));
		vec_each (const struct ir_endpoint *, ep, &by_label->all.eps) {
			if (!looks_at(sel, *ep))
				continue;
			met = met || ir_req_matches(req, *ep);
			vec_each (const struct ir_label, label, &(*ep)->labels)
				if (near->word && label->scope == req->scope &&
				    label->key == req->key)
					suggest_offer(near, intern_str(strings, label->value));
		}
		if (!met)
			return req;
	}
	return NULL;
}

/* Somebody with the labels, in whatever namespace. */
static const struct ir_endpoint *labelled_anywhere(const struct by_label *by_label,
						   const struct ir_selector *sel)
{
	vec_each (const struct ir_endpoint *, ep, &by_label->all.eps)
		if ((*ep)->ns && has_labels(sel, *ep))
			return *ep;
	return NULL;
}

/* Somebody of another namespace, whom a policy without one may have meant. */
static const struct ir_endpoint *meant_elsewhere(const struct by_label *by_label,
						 const struct unmatched *u)
{
	if (!u->subject || !u->policy->ns.name || u->policy->ns.written || !asks_for_labels(u->sel))
		return NULL;
	return labelled_anywhere(by_label, u->sel);
}

static void note_elsewhere(struct checker *c, struct diag_item *item, const struct ir_endpoint *ep)
{
	if (ep)
		checker_note(c, item, ep->loc,
			     "the policy is written without a namespace, and %s meets its selector "
			     "in namespace %s: write 'namespace: %s' if that is meant",
			     ep->name, ep->ns, ep->ns);
}

static void note_nearest(struct checker *c, struct diag_item *item, const struct unmatched *u,
			 const struct ir_req *req, const struct suggest *near)
{
	_cleanup_buf_ struct buf b = {0};

	if (!near->best)
		return;
	put_label(c->ir, u, req->key, intern_find(&c->ir->strings, near->best), &b);
	checker_note(c, item, req->loc, "nearest: %s", buf_str(&b));
}

/* A workload where the selector looks that has the label itself, which its pods do not have. */
static const struct ir_object_label *on_object(const struct ir *ir, const struct unmatched *u,
					       const struct ir_req *req)
{
	const char *ns = single_namespace(ir, u->sel);

	if (req->scope != IR_SCOPE_ENDPOINT || (req->op != IR_IN && req->op != IR_EXISTS))
		return NULL;
	vec_each (const struct ir_object_label, label, &ir->beside.object_labels) {
		const struct ir_label as_label = {
			.scope = IR_SCOPE_ENDPOINT, .key = label->key, .value = label->value};
		const struct ir_endpoint as_endpoint = {
			.labels = {.v = (struct ir_label *)&as_label, .n = 1, .cap = 1}};

		if (ns && label->ns && !strcmp(ns, label->ns) && ir_req_matches(req, &as_endpoint))
			return label;
	}
	return NULL;
}

static void note_object(struct checker *c, struct diag_item *item, const struct ir_object_label *on)
{
	if (on)
		checker_note(c, item, on->loc,
			     "the %s %s/%s has it, but not its pods, which are what a policy "
			     "selects: write it in the labels of the pod template",
			     on->kind, on->ns, on->name);
}

/* Of a peer: somebody who would be met if the peer looked in another namespace. */
static const struct ir_endpoint *
peer_elsewhere(const struct checker *c, const struct by_label *by_label, const struct unmatched *u)
{
	if (u->subject || !single_namespace(c->ir, u->sel) || !asks_for_labels(u->sel))
		return NULL;
	return labelled_anywhere(by_label, u->sel);
}

static void note_peer_elsewhere(struct checker *c, struct diag_item *item,
				const struct unmatched *u, const struct ir_endpoint *ep)
{
	if (ep && is_kubernetes(u))
		checker_note(c, item, ep->loc,
			     "%s has the labels, in namespace %s: add a namespaceSelector with "
			     "%s: %s to the peer if that is meant",
			     ep->name, ep->ns, IR_NS_NAME_KEY, ep->ns);
	else if (ep)
		checker_note(c, item, ep->loc, "%s has the labels, in namespace %s", ep->name,
			     ep->ns);
}

void unmatched_report_labels(struct checker *c, const struct by_label *by_label,
			     const struct unmatched *u)
{
	_cleanup_buf_ struct buf b = {0};
	const struct ir_req *req;
	struct diag_item *item;
	struct suggest near;

	if (c->findings[CHECK_ID_EMPTY_SELECTOR_MATCH] >= MAX_EXPLAINED) {
		checker_report(c, CHECK_ID_EMPTY_SELECTOR_MATCH, u->loc,
			       "%s: no endpoint of the inventory meets the selector today",
			       u->what);
		return;
	}
	req = failing_req(by_label, u->sel, &near);
	if (!req) {
		item = checker_report(c, CHECK_ID_EMPTY_SELECTOR_MATCH, u->loc,
				      "%s: each of the labels that it asks for is on some endpoint "
				      "%s, but all are on none",
				      u->what, place_text(c, u));
	} else {
		put_req(c->ir, u, req, &b);
		item = checker_report(c, CHECK_ID_EMPTY_SELECTOR_MATCH, u->loc,
				      "%s: no endpoint %s %s %s", u->what, place_text(c, u),
				      req->op == IR_IN && req->values.n == 1 ? "has the label"
									     : "meets",
				      buf_str(&b));
		note_nearest(c, item, u, req, &near);
		note_object(c, item, on_object(c->ir, u, req));
	}
	note_elsewhere(c, item, meant_elsewhere(by_label, u));
	note_peer_elsewhere(c, item, u, peer_elsewhere(c, by_label, u));
}

/* --- a namespace by its name ------------------------------------------------------------------ */

/* By something that is no policy. */
static bool is_proven(const struct ir *ir, const char *ns)
{
	uint32_t name = intern_find(&ir->strings, ns);

	vec_each (const struct ir_namespace, known, &ir->beside.namespaces)
		if (known->name == name && known->proof != IR_NS_OF_POLICY)
			return true;
	return false;
}

/* An endpoint that the selector would meet if the namespace were spelt as that of the endpoint. */
static const struct ir_endpoint *meant_nearby(const struct by_label *by_label,
					      const struct unmatched *u, const char *ns)
{
	const struct ir_endpoint *found = NULL;
	struct suggest near;

	suggest_init(&near, ns);
	vec_each (const struct ir_endpoint *, ep, &by_label->all.eps)
		if ((*ep)->ns)
			suggest_offer(&near, (*ep)->ns);
	vec_each (const struct ir_endpoint *, ep, &by_label->all.eps)
		if (!found && near.best && (*ep)->ns && !strcmp((*ep)->ns, near.best) &&
		    has_labels(u->sel, *ep))
			found = *ep;
	return found;
}

static bool has_endpoint(const struct ir *ir, const char *ns)
{
	vec_each (struct ir_endpoint *, ep, &ir->endpoints)
		if ((*ep)->ns && !strcmp((*ep)->ns, ns))
			return true;
	return false;
}

static bool has_namespaces(const struct ir *ir)
{
	vec_each (struct ir_endpoint *, ep, &ir->endpoints)
		if ((*ep)->ns)
			return true;
	return false;
}

bool unmatched_is_target(const struct ir *ir, const char *ns)
{
	uint32_t name = ns ? intern_find(&ir->strings, ns) : INTERN_NONE;

	vec_each (const struct ir_namespace, known, &ir->beside.namespaces)
		if (known->name == name && known->proof == IR_NS_TARGET)
			return true;
	return false;
}

/* Nothing points at a slip, and its pods may be of another repository: once a namespace. */
static void report_deserted(struct checker *c, const struct unmatched *u, const char *ns)
{
	if (intern_find(u->deserted, ns) != INTERN_NONE || !has_namespaces(c->ir) ||
	    unmatched_is_target(c->ir, ns))
		return;
	intern_add(u->deserted, ns);
	checker_report(c, CHECK_ID_EMPTY_SELECTOR_MATCH, u->loc,
		       "%s: no endpoint of the input is in namespace %s%s (further policies there "
		       "are not mentioned)",
		       u->what, ns,
		       u->policy->ns.name && !u->policy->ns.written
			       ? ", where a policy without one is put"
			       : "");
}

static void report_name(struct checker *c, const struct by_label *by_label,
			const struct unmatched *u, const char *ns)
{
	const struct ir_endpoint *elsewhere = meant_elsewhere(by_label, u), *nearby = NULL;
	struct diag_item *item;

	if (has_endpoint(c->ir, ns))
		return;
	if (!elsewhere && !is_proven(c->ir, ns))
		nearby = meant_nearby(by_label, u, ns);
	if (!c->ir->beside.complete && !elsewhere && !nearby) {
		report_deserted(c, u, ns);
		return;
	}
	item = checker_report(c, CHECK_ID_EMPTY_SELECTOR_MATCH, u->loc,
			      "%s: the inventory has no endpoint in namespace %s", u->what, ns);
	note_elsewhere(c, item, elsewhere);
	if (nearby)
		checker_note(c, item, nearby->loc, "did you mean '%s'? There, %s meets it",
			     nearby->ns, nearby->name);
}

static bool is_known(const struct ir *ir, const char *ns)
{
	uint32_t name = intern_find(&ir->strings, ns);

	vec_each (const struct ir_namespace, known, &ir->beside.namespaces)
		if (known->name == name)
			return true;
	return false;
}

static const struct ir_namespace *declared_nearby(const struct ir *ir, const char *ns)
{
	const struct ir_namespace *found = NULL;
	struct suggest near;

	suggest_init(&near, ns);
	vec_each (const struct ir_namespace, known, &ir->beside.namespaces) {
		const char *before = near.best;

		if (known->proof != IR_NS_DECLARED)
			continue;
		suggest_offer(&near, intern_str(&ir->strings, known->name));
		if (near.best != before)
			found = known;
	}
	return found;
}

/* Of an inventory that is complete, a peer's name of a namespace is of unknown-namespace. */
static void report_peer_name(struct checker *c, const struct unmatched *u, const char *ns)
{
	const struct ir_namespace *nearby;
	struct diag_item *item;

	if (c->ir->beside.complete || is_known(c->ir, ns) || has_endpoint(c->ir, ns))
		return;
	nearby = declared_nearby(c->ir, ns);
	if (!nearby)
		return;
	item = checker_report(c, CHECK_ID_EMPTY_SELECTOR_MATCH, u->loc,
			      "%s: nothing in the input is in namespace %s", u->what, ns);
	checker_note(c, item, nearby->loc, "did you mean '%s'?",
		     intern_str(&c->ir->strings, nearby->name));
}

/* --- namespaces by their labels -----------------------------------------------------------------
 */

/* An object of that name says the labels of a namespace; `as_endpoint` has nothing else. */
static bool is_met_by(const struct ir_selector *sel, const struct ir_namespace *ns)
{
	const struct ir_endpoint as_endpoint = {.labels = {.v = ns->labels.v, .n = ns->labels.n}};

	return looks_at(sel, &as_endpoint);
}

/* A namespace that a requirement calls by its name, but with a label that it does not have. */
static const struct ir_namespace *meant_by_name(const struct ir *ir, const struct ir_selector *sel,
						const struct ir_req **by)
{
	uint32_t key = intern_find(&ir->strings, IR_NS_NAME_KEY);

	vec_each (const struct ir_req, req, &sel->reqs) {
		if (req->scope != IR_SCOPE_NAMESPACE || req->key == key || req->op != IR_IN)
			continue;
		*by = req;
		vec_each (const uint32_t, value, &req->values)
			vec_each (const struct ir_namespace, ns, &ir->beside.namespaces)
				if (ns->proof == IR_NS_DECLARED && ns->name == *value)
					return ns;
	}
	return NULL;
}

static bool has_declared(const struct ir *ir, const struct ir_selector *sel, bool that_meets)
{
	vec_each (const struct ir_namespace, ns, &ir->beside.namespaces)
		if (ns->proof == IR_NS_DECLARED && (!that_meets || is_met_by(sel, ns)))
			return true;
	return false;
}

static void report_ns_labels(struct checker *c, const struct unmatched *u)
{
	const struct ir_req *by = find_req(u->sel, false, c->ir);
	const struct ir_namespace *meant = meant_by_name(c->ir, u->sel, &by);
	_cleanup_buf_ struct buf b = {0};
	struct diag_item *item;

	if (has_declared(c->ir, u->sel, true) ||
	    (!meant && (!c->ir->beside.complete || !has_declared(c->ir, u->sel, false))))
		return;
	put_req(c->ir, u, by, &b);
	item = checker_report(c, CHECK_ID_EMPTY_SELECTOR_MATCH, u->loc,
			      "%s: no namespace that is declared meets its namespace selector, %s",
			      u->what, buf_str(&b));
	if (meant)
		checker_note(c, item, meant->loc,
			     "namespace %s does not have this label; by its name it is selected "
			     "with %s: %s",
			     intern_str(&c->ir->strings, meant->name), IR_NS_NAME_KEY,
			     intern_str(&c->ir->strings, meant->name));
}

void unmatched_report_namespace(struct checker *c, const struct by_label *by_label,
				const struct unmatched *u)
{
	const char *ns = single_namespace(c->ir, u->sel);

	if (ns && u->subject)
		report_name(c, by_label, u, ns);
	else if (ns)
		report_peer_name(c, u, ns);
	else if (!ns && find_req(u->sel, false, c->ir))
		report_ns_labels(c, u);
}
