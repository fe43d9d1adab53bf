/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Labels of namespaces that nobody says. A namespace that is there by its endpoints alone may have
 * any in a cluster; polc takes it to have none but its name, which is told where a selector that
 * may mean it asks for another one.
 */
#include "compiler/resolve/resolve.h"
#include "lang/base/buf.h"
#include "lang/base/codes.h"

/* What a name is, by its number among the strings. */
enum standing { OTHER, DECLARED, UNLABELLED, MEANT };

struct asking {
	struct resolve *r;
	uint32_t name_key;
	uint8_t *standing;   /* enum standing */
	VEC(uint32_t) names; /* UNLABELLED or MEANT */
	size_t meant;
	struct hash keys; /* index into beside.asked */
	struct loc first; /* what asks first */
};

/* --- namespaces without an object --------------------------------------------------------- */

static void find_namespaces(struct asking *a)
{
	struct ir *ir = a->r->ir;

	a->standing = arena_array(a->r->arena, uint8_t, ir->strings.strings.n + 1);
	vec_each (const struct ir_namespace, ns, &ir->beside.namespaces)
		if (ns->proof == IR_NS_DECLARED)
			a->standing[ns->name] = DECLARED;
	vec_each (struct ir_endpoint *, ep, &ir->endpoints) {
		uint32_t name = (*ep)->ns && !(*ep)->host ? intern_find(&ir->strings, (*ep)->ns)
							  : INTERN_NONE;

		if (name == INTERN_NONE || a->standing[name] != OTHER)
			continue;
		a->standing[name] = UNLABELLED;
		vec_push(a->r->arena, &a->names, name);
	}
}

/* --- what is asked ------------------------------------------------------------------------ */

static bool may_mean(const struct asking *a, const struct ir_selector *sel, uint32_t name)
{
	vec_each (const struct ir_req, req, &sel->reqs)
		if (req->scope == IR_SCOPE_NAMESPACE && req->key == a->name_key &&
		    !ir_req_takes(req, name))
			return false;
	return true;
}

static bool mean(struct asking *a, const struct ir_selector *sel, uint32_t name)
{
	if (a->standing[name] < UNLABELLED || !may_mean(a, sel, name))
		return false;
	a->meant += a->standing[name] == UNLABELLED;
	a->standing[name] = MEANT;
	return true;
}

/* Does it mean one of them? Names are most often one or all. */
static bool mean_all(struct asking *a, const struct ir_selector *sel)
{
	bool any = false;

	vec_each (const struct ir_req, req, &sel->reqs) {
		if (req->scope != IR_SCOPE_NAMESPACE || req->key != a->name_key || req->op != IR_IN)
			continue;
		vec_each (const uint32_t, value, &req->values)
			any |= mean(a, sel, *value);
		return any;
	}
	vec_each (const uint32_t, name, &a->names) {
		if (any && a->meant == a->names.n)
			return true;
		any |= mean(a, sel, *name);
	}
	return any;
}

struct key_of {
	const struct ir *ir;
	uint32_t key;
};

static bool is_key(const void *key, uint32_t item)
{
	const struct key_of *of = key;

	return of->ir->beside.asked.v[item].key == of->key;
}

static struct ir_asked_label *asked(struct asking *a, uint32_t key)
{
	struct ir *ir = a->r->ir;
	const struct key_of of = {ir, key};
	const struct hash_key k = {hash_bytes(&key, sizeof(key)), is_key, &of};
	uint32_t id = hash_put(&a->keys, a->r->arena, &k);

	if (id == ir->beside.asked.n)
		vec_push(a->r->arena, &ir->beside.asked, ((struct ir_asked_label){.key = key}));
	return &ir->beside.asked.v[id];
}

static void ask(struct asking *a, const struct ir_req *req)
{
	struct ir_asked_label *label = asked(a, req->key);

	if (!a->first.line)
		a->first = req->loc;
	vec_each (const uint32_t, value, &req->values)
		resolve_ask_value(a->r, label, *value);
	if (req->op == IR_EXISTS || req->op == IR_ABSENT)
		resolve_ask_value(a->r, label, intern_add(&a->r->ir->strings, IR_ANOTHER_VALUE));
}

static void look_at(void *to, const struct ir_selector *sel)
{
	struct asking *a = to;
	bool asks = false;

	vec_each (const struct ir_req, req, &sel->reqs)
		asks |= req->scope == IR_SCOPE_NAMESPACE && req->key != a->name_key;
	if (!asks || !mean_all(a, sel))
		return;
	vec_each (const struct ir_req, req, &sel->reqs)
		if (req->scope == IR_SCOPE_NAMESPACE && req->key != a->name_key)
			ask(a, req);
}

/* --- what is told --------------------------------------------------------------------------- */

static void tell(const struct asking *a)
{
	const struct ir *ir = a->r->ir;
	size_t n = ir->beside.unlabelled.n;
	_cleanup_buf_ struct buf names = {0}, keys = {0};
	struct diag_item *item;

	for (size_t i = 0; i < n; i++)
		resolve_put_name(i, intern_str(&ir->strings, ir->beside.unlabelled.v[i]), &names);
	for (size_t i = 0; i < ir->beside.asked.n; i++)
		resolve_put_name(i, intern_str(&ir->strings, ir->beside.asked.v[i].key), &keys);
	item = diag_info(a->r->diag, a->first, CODE_NS_LABELS,
			 "no Namespace object says the labels of %zu namespace%s (%s): answers "
			 "take %s not to have those that selectors ask for (%s)",
			 n, n == 1 ? "" : "s", buf_str(&names), n == 1 ? "it" : "them",
			 buf_str(&keys));
	diag_note(a->r->diag, item, LOC_NONE,
		  "read the Namespaces, too, or an inventory that has them (-i)");
}

void resolve_ns_labels(struct resolve *r)
{
	struct asking a = {.r = r, .name_key = intern_add(&r->ir->strings, IR_NS_NAME_KEY)};

	find_namespaces(&a);
	if (!a.names.n)
		return;
	resolve_each_selector(r->ir, look_at, &a);
	vec_each (const uint32_t, name, &a.names)
		if (a.standing[*name] == MEANT)
			vec_push(r->arena, &r->ir->beside.unlabelled, *name);
	if (a.meant)
		tell(&a);
}
