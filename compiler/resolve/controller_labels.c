/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Labels that controllers give to the pods of workloads, beside those of the template. Few have a
 * value that the input says; the others have one that only a cluster knows, or one for each pod.
 * polc takes these to have a value that no selector names, and tells where one is named that may
 * well be theirs.
 */
#include <stdlib.h>
#include <string.h>

#include "compiler/ir/replica.h"
#include "compiler/ir/suppose_labels.h"
#include "compiler/resolve/resolve.h"
#include "lang/base/buf.h"
#include "lang/base/codes.h"

enum value {
	OWN_NAME, /* of the workload */
	ANY,      /* a hash, a uid */
	NUMBER,
	NUMBERED_NAME, /* the workload's, "-" and a number: of a pod, of a Job of a CronJob */
};

enum when { ALWAYS, UNLESS_IT_PICKS, IF_INDEXED };

/* As of Kubernetes 1.28. A ReplicaSet of a Deployment has the hash in its template, another one
 * adds nothing, as a ReplicationController does. */
static const struct controller_label {
	const char *kind, *key;
	enum value value;
	enum when when;
	bool apart; /* as in struct ir_asked_label */
} controller_labels[] = {
	{"Deployment", "pod-template-hash", ANY, ALWAYS, false},
	{"StatefulSet", IR_POD_NAME_KEY, NUMBERED_NAME, ALWAYS, true},
	{"StatefulSet", IR_POD_INDEX_KEY, NUMBER, ALWAYS, true},
	{"StatefulSet", "controller-revision-hash", ANY, ALWAYS, false},
	{"DaemonSet", "controller-revision-hash", ANY, ALWAYS, false},
	{"DaemonSet", "pod-template-generation", NUMBER, ALWAYS, false},
	{"Job", "job-name", OWN_NAME, UNLESS_IT_PICKS, false},
	{"Job", "batch.kubernetes.io/job-name", OWN_NAME, UNLESS_IT_PICKS, false},
	{"Job", "controller-uid", ANY, UNLESS_IT_PICKS, false},
	{"Job", "batch.kubernetes.io/controller-uid", ANY, UNLESS_IT_PICKS, false},
	{"Job", "batch.kubernetes.io/job-completion-index", NUMBER, IF_INDEXED, false},
	{"CronJob", "job-name", NUMBERED_NAME, UNLESS_IT_PICKS, false},
	{"CronJob", "batch.kubernetes.io/job-name", NUMBERED_NAME, UNLESS_IT_PICKS, false},
	{"CronJob", "controller-uid", ANY, UNLESS_IT_PICKS, false},
	{"CronJob", "batch.kubernetes.io/controller-uid", ANY, UNLESS_IT_PICKS, false},
	{"CronJob", "batch.kubernetes.io/job-completion-index", NUMBER, IF_INDEXED, false},
};

enum { N_LABELS = sizeof(controller_labels) / sizeof(*controller_labels) };

/* --- of one workload ---------------------------------------------------------------------- */

static bool applies(const struct controller_label *l, const struct ast_endpoint *in)
{
	return strcmp(l->kind, in->kind) == 0 && !(l->when == UNLESS_IT_PICKS && in->picks_pods) &&
	       !(l->when == IF_INDEXED && !in->indexed);
}

static void add_label(struct resolve *r, struct ir_endpoint *ep, uint32_t key, const char *value)
{
	vec_push(r->arena, &ep->labels,
		 ((struct ir_label){IR_SCOPE_ENDPOINT, key, intern_add(&r->ir->strings, value)}));
}

void resolve_controller_labels(struct resolve *r, const struct ast_endpoint *in,
			       struct ir_endpoint *ep)
{
	for (size_t i = 0; i < N_LABELS; i++) {
		const struct controller_label *l = &controller_labels[i];
		struct ir_asked_label unsaid = {.apart = l->apart};

		if (!applies(l, in))
			continue;
		unsaid.key = intern_add(&r->ir->strings, l->key);
		if (ir_endpoint_label(ep, IR_SCOPE_ENDPOINT, unsaid.key) != INTERN_NONE)
			continue;
		if (l->value == OWN_NAME && !in->generated)
			add_label(r, ep, unsaid.key, in->name.s);
		else
			vec_push(r->arena, &ep->unsaid, unsaid);
	}
}

/* --- what is asked ------------------------------------------------------------------------ */

struct asking {
	struct resolve *r;
	VEC(struct ir_endpoint *) eps; /* that have such labels */
	bool *is_unsaid;               /* by key: one of them has it so */
	struct intern known;           /* "shop/web pod-template-hash=5d9" */
	struct intern workloads, keys; /* that are told */
	struct loc first;              /* what asks first */
	size_t n_replicas;
};

/* As controllers write one: no zeros in front. */
static bool is_number(const char *s)
{
	size_t n = strspn(s, "0123456789");

	return n && !s[n] && (n == 1 || *s != '0');
}

/* What follows the name of the workload; NULL: it is another one. */
static const char *behind_name(const char *s, const struct ir_endpoint *ep)
{
	const char *name = strrchr(ep->name, '/');
	size_t n;

	if (ep->generated)
		name = ep->generated;
	else
		name = name ? name + 1 : ep->name;
	n = strlen(name);
	return strncmp(s, name, n) == 0 && s[n] ? s + n : NULL;
}

static bool is_numbered(const char *s, const struct ir_endpoint *ep)
{
	const char *rest = behind_name(s, ep);

	if (rest && ep->generated)
		rest = strrchr(rest, '-');
	return rest && *rest == '-' && is_number(rest + 1);
}

static enum value kind_of_value(const struct ir_endpoint *ep, const char *key)
{
	for (size_t i = 0; i < N_LABELS; i++)
		if (strcmp(controller_labels[i].kind, ep->kind) == 0 &&
		    strcmp(controller_labels[i].key, key) == 0)
			return controller_labels[i].value;
	return ANY;
}

/* What the input has by itself: a ReplicaSet of the Deployment, a pod of the StatefulSet, ... */
static void put_known(const struct ir *ir, const struct ir_endpoint *owner, uint32_t key,
		      uint32_t value, struct buf *out)
{
	buf_printf(out, "%s %s=%s", owner->name, intern_str(&ir->strings, key),
		   intern_str(&ir->strings, value));
}

static bool is_known(const struct asking *a, const struct ir_endpoint *ep, uint32_t key,
		     uint32_t value)
{
	_cleanup_buf_ struct buf b = {0};

	if (!a->known.strings.n)
		return false;
	put_known(a->r->ir, ep, key, value, &b);
	return intern_find(&a->known, buf_str(&b)) != INTERN_NONE;
}

static bool is_of_kind(const struct ir_endpoint *ep, const char *key, const char *value)
{
	switch (kind_of_value(ep, key)) {
	case OWN_NAME:
		return behind_name(value, ep) != NULL;
	case NUMBER:
		return is_number(value);
	case NUMBERED_NAME:
		return is_numbered(value, ep);
	default:
		return true;
	}
}

static bool may_have(const struct asking *a, const struct ir_endpoint *ep, uint32_t key,
		     uint32_t value)
{
	const struct intern *strings = &a->r->ir->strings;

	return is_of_kind(ep, intern_str(strings, key), intern_str(strings, value)) &&
	       !is_known(a, ep, key, value);
}

static struct ir_asked_label *find_unsaid(const struct ir_endpoint *ep, const struct ir_req *req)
{
	return req->scope == IR_SCOPE_ENDPOINT ? ir_find_unsaid(ep, req->key) : NULL;
}

static bool may_take(const struct asking *a, const struct ir_req *req, const struct ir_endpoint *ep)
{
	if (!find_unsaid(ep, req))
		return ir_req_matches(req, ep) ||
		       (req->scope == IR_SCOPE_NAMESPACE &&
			ir_unsaid_namespace(a->r->ir, ep) != INTERN_NONE);
	if (req->op != IR_IN)
		return req->op != IR_ABSENT;
	vec_each (const uint32_t, value, &req->values)
		if (may_have(a, ep, req->key, *value))
			return true;
	return false;
}

static bool may_mean(const struct asking *a, const struct ir_selector *sel,
		     const struct ir_endpoint *ep)
{
	vec_each (const struct ir_req, req, &sel->reqs)
		if (!may_take(a, req, ep))
			return false;
	return true;
}

static void ask_value(struct asking *a, const struct ir_req *req, struct ir_endpoint *ep,
		      struct ir_asked_label *label, uint32_t value)
{
	if (label->values.n > IR_MAX_ASKED_VALUES || !may_have(a, ep, label->key, value))
		return;
	if (!a->first.line)
		a->first = req->loc;
	intern_add(&a->workloads, ep->workload ? ep->name : ep->owner->name);
	intern_add(&a->keys, intern_str(&a->r->ir->strings, label->key));
	resolve_ask_value(a->r, label, value);
}

/* The label is there, whatever its value is. */
static void show(struct asking *a, struct ir_endpoint *ep, uint32_t key)
{
	if (ir_endpoint_label(ep, IR_SCOPE_ENDPOINT, key) != INTERN_NONE)
		return;
	add_label(a->r, ep, key, IR_ANOTHER_VALUE);
	ir_endpoint_sort_labels(ep);
}

static void ask(struct asking *a, const struct ir_selector *sel, struct ir_endpoint *ep)
{
	bool means = may_mean(a, sel, ep);

	vec_each (const struct ir_req, req, &sel->reqs) {
		struct ir_asked_label *label = find_unsaid(ep, req);

		if (!label)
			continue;
		show(a, ep, label->key);
		vec_each (const uint32_t, value, &req->values)
			if (means)
				ask_value(a, req, ep, label, *value);
	}
}

static bool asks(const struct asking *a, const struct ir_selector *sel)
{
	vec_each (const struct ir_req, req, &sel->reqs)
		if (req->scope == IR_SCOPE_ENDPOINT && a->is_unsaid[req->key])
			return true;
	return false;
}

static void look_at(void *to, const struct ir_selector *sel)
{
	struct asking *a = to;

	if (!asks(a, sel))
		return;
	vec_each (struct ir_endpoint *, ep, &a->eps)
		ask(a, sel, *ep);
}

/* --- pods that are named ------------------------------------------------------------------- */

/* Of more than these nothing but the note is told. */
static void name_replica(struct asking *a, struct ir_endpoint *set, const struct ir_req *req,
			 uint32_t value)
{
	enum { MAX_OF_ONE = 256, MAX_OF_ALL = 4096, MAX_DIGITS = 9 };
	const struct intern *strings = &a->r->ir->strings;
	const char *text = intern_str(strings, value), *dash = strrchr(text, '-');
	const char *digits = dash ? dash + 1 : text;
	uint32_t number;

	if (!is_of_kind(set, intern_str(strings, req->key), text) || strlen(digits) > MAX_DIGITS)
		return;
	number = (uint32_t)strtoul(digits, NULL, 10);
	if (ir_has_replica(set, number) || set->replicas.n == MAX_OF_ONE ||
	    a->n_replicas == MAX_OF_ALL)
		return;
	vec_push(a->r->arena, &set->replicas, number);
	a->n_replicas++;
}

static void look_for_replicas(void *to, const struct ir_selector *sel)
{
	struct asking *a = to;

	if (!asks(a, sel))
		return;
	vec_each (struct ir_endpoint *, set, &a->eps) {
		if ((*set)->generated || !may_mean(a, sel, *set))
			continue;
		vec_each (const struct ir_req, req, &sel->reqs) {
			const struct ir_asked_label *label = find_unsaid(*set, req);

			for (size_t i = 0; label && label->apart && i < req->values.n; i++)
				name_replica(a, *set, req, req->values.v[i]);
		}
	}
}

/* --- all of them -------------------------------------------------------------------------- */

static void find_workloads(struct asking *a)
{
	struct ir *ir = a->r->ir;

	a->eps.n = 0;
	a->is_unsaid = arena_array(a->r->arena, bool, ir->strings.strings.n + 1);
	vec_each (struct ir_endpoint *, ep, &ir->endpoints) {
		if ((*ep)->host || !(*ep)->unsaid.n)
			continue;
		vec_push(a->r->arena, &a->eps, *ep);
		vec_each (const struct ir_asked_label, label, &(*ep)->unsaid)
			a->is_unsaid[label->key] = true;
	}
}

/* Of one pod others may have the same, unless each has another one. */
static void find_known(struct asking *a)
{
	const struct ir *ir = a->r->ir;

	vec_each (struct ir_endpoint *, ep, &ir->endpoints) {
		const struct ir_endpoint *owner = (*ep)->owner;

		for (size_t i = 0; owner && i < owner->unsaid.n; i++) {
			const struct ir_asked_label *label = &owner->unsaid.v[i];
			uint32_t value = ir_endpoint_label(*ep, IR_SCOPE_ENDPOINT, label->key);
			_cleanup_buf_ struct buf b = {0};

			if (value == INTERN_NONE || !((*ep)->workload || label->apart))
				continue;
			put_known(ir, owner, label->key, value, &b);
			intern_add(&a->known, buf_str(&b));
		}
	}
}

static void put_names(const struct intern *names, struct buf *out)
{
	for (size_t i = 0; i < names->strings.n; i++)
		resolve_put_name(i, names->strings.v[i], out);
}

/* For programs. */
static void keep(const struct asking *a)
{
	struct ir *ir = a->r->ir;

	vec_each (const char *, name, &a->workloads.strings)
		vec_push(ir->arena, &ir->beside.unsaid_of, *name);
	vec_each (const char *, key, &a->keys.strings)
		vec_push(ir->arena, &ir->beside.unsaid, intern_find(&ir->strings, *key));
}

static void tell(const struct asking *a)
{
	_cleanup_buf_ struct buf names = {0}, keys = {0};
	size_t n = a->workloads.strings.n;
	struct diag_item *item;

	put_names(&a->workloads, &names);
	put_names(&a->keys, &keys);
	item = diag_info(a->r->diag, a->first, CODE_POD_LABELS,
			 "controllers give the pods of %zu workload%s (%s) labels whose values "
			 "the input does not say (%s): answers take these to be none that "
			 "selectors ask for",
			 n, n == 1 ? "" : "s", buf_str(&names), buf_str(&keys));
	diag_note(a->r->diag, item, LOC_NONE,
		  "select pods by labels of their template, which are known");
}

void resolve_unsaid_labels(struct resolve *r)
{
	struct asking a = {.r = r};

	intern_init(&a.known, r->arena);
	intern_init(&a.workloads, r->arena);
	intern_init(&a.keys, r->arena);
	find_workloads(&a);
	if (!a.eps.n)
		return;
	resolve_each_selector(r->ir, look_for_replicas, &a);
	if (a.n_replicas) {
		ir_add_replicas(r->ir);
		find_workloads(&a);
	}
	find_known(&a);
	resolve_each_selector(r->ir, look_at, &a);
	if (!a.workloads.strings.n)
		return;
	keep(&a);
	tell(&a);
}
