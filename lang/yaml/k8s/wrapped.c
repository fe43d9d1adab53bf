/* SPDX-License-Identifier: Apache-2.0 */
#include "lang/yaml/k8s/wrapped.h"

#include <string.h>

#include "lang/base/codes.h"
#include "lang/yaml/k8s/policies.h"
#include "lang/yaml/k8s/readers.h"
#include "lang/yaml/problem.h"

/* An object with others inside, while it is searched. */
struct wrapper {
	struct yaml_ctx *c;
	const char *kind, *api;
	size_t found;
};

/* --- telling --------------------------------------------------------------------------------- */

static const struct {
	const char *group, *kind, *command;
} unpackers[] = {
	{"template.openshift.io", "Template", "oc process -f FILE --local -o yaml | polc check -"},
};

static bool is_of(const struct wrapper *w, const char *group, const char *kind)
{
	return strcmp(w->kind, kind) == 0 && k8s_is_in_group(w->api, group);
}

/* Gatekeeper has templates, constraints and mutations, each about objects of others. */
static bool is_of_gatekeeper(const struct wrapper *w)
{
	static const char suffix[] = ".gatekeeper.sh";
	size_t n = k8s_group_len(w->api), len = strlen(suffix);

	return n > len && memcmp(w->api + n - len, suffix, len) == 0;
}

static void tell(struct wrapper *w, struct loc loc)
{
	const char *alike =
		yaml_tell_once(w->c, arena_printf(w->c->scratch, "in %s %s", w->api, w->kind));
	struct diag_item *item;

	if (!alike)
		return;
	item = diag_warning(&w->c->l->diag, loc, CODE_SKIPPED,
			    "policies inside of objects of kind '%s' (%s) are not read: what they "
			    "allow and deny does not count",
			    w->kind, w->api);
	item->alike = alike;
	for (size_t i = 0; i < sizeof(unpackers) / sizeof(*unpackers); i++)
		if (is_of(w, unpackers[i].group, unpackers[i].kind))
			diag_note(&w->c->l->diag, item, LOC_NONE,
				  "what comes of them is read with: %s", unpackers[i].command);
}

/* By parameters. */
static bool is_filled_in(const struct wrapper *w)
{
	return is_of(w, "template.openshift.io", "Template") ||
	       k8s_is_in_group(w->api, "argoproj.io");
}

static void count(struct wrapper *w, const char *kind, const char *api, struct loc loc,
		  const struct yaml_node *whole)
{
	struct arena *a = w->c->scratch;

	unread_add(&w->c->l->unread, UNREAD_POLICY,
		   arena_printf(a, "%s in %s", yaml_show(a, kind), w->kind), yaml_show(a, api), 1,
		   loc, whole->loc)
		->unseen |= is_filled_in(w) || yaml_get(whole, "clone") || yaml_get(whole, "kinds");
	w->found++;
	tell(w, loc);
}

/* --- policies that say what they are --------------------------------------------------------- */

static const struct yaml_node *text_at(const struct yaml_node *n, const char *field)
{
	const struct yaml_node *v = yaml_get(n, field);

	return v && v->kind == YAML_STR ? v : NULL;
}

static bool is_policy_kind(const char *kind, const char *api)
{
	const char *meant;

	return k8s_reads(kind) == K8S_READS_POLICY || k8s_is_unread_policy(kind, api, &meant);
}

/* What only names policies says nothing of what they are to be: `spec`, or as Kyverno has it,
 * `data` or `clone`. */
static bool is_made(const struct yaml_node *n)
{
	static const char *const fields[] = {"spec", "data", "clone"};

	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		const struct yaml_node *v = yaml_get(n, fields[i]);

		if (v && v->kind == YAML_MAP)
			return true;
	}
	return false;
}

static bool count_policy(struct wrapper *w, const struct yaml_node *n)
{
	const struct yaml_node *kind = text_at(n, "kind"), *api = text_at(n, "apiVersion");

	if (!kind || !api || !is_made(n) || !is_policy_kind(kind->text, api->text))
		return false;
	count(w, kind->text, api->text, kind->loc, n);
	return true;
}

/* Kyverno copies what is there: `kinds: [networking.k8s.io/v1/NetworkPolicy]`. */
static void count_clones(struct wrapper *w, const struct yaml_node *clones)
{
	const struct yaml_node *kinds = yaml_get(clones, "kinds");

	if (!kinds || kinds->kind != YAML_SEQ)
		return;
	vec_each (struct yaml_node *, item, &kinds->items) {
		const char *slash = (*item)->kind == YAML_STR ? strrchr((*item)->text, '/') : NULL;
		const char *api;

		if (!slash)
			continue;
		api = arena_strndup(w->c->scratch, (*item)->text, (size_t)(slash - (*item)->text));
		if (is_policy_kind(slash + 1, api))
			count(w, slash + 1, api, (*item)->loc, clones);
	}
}

/* What judges or changes objects brings none, whatever it names. */
static bool is_about_others(const struct wrapper *w, const char *field)
{
	static const char *const fields[] = {"match",  "exclude",      "preconditions",
					     "mutate", "verifyImages", "validate"};

	/* These count as changes, see gitops_note(). */
	if (strcmp(field, "patchesStrategicMerge") == 0)
		return is_of(w, "kustomize.toolkit.fluxcd.io", "Kustomization");
	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++)
		if (strcmp(field, fields[i]) == 0)
			return k8s_is_in_group(w->api, "kyverno.io");
	return false;
}

static void search(struct wrapper *w, const struct yaml_node *n)
{
	if (n->kind == YAML_SEQ)
		vec_each (struct yaml_node *, item, &n->items)
			search(w, *item);
	if (n->kind != YAML_MAP || count_policy(w, n))
		return;
	vec_each (const struct yaml_pair, p, &n->pairs) {
		if (strcmp(p->key, "cloneList") == 0 && k8s_is_in_group(w->api, "kyverno.io"))
			count_clones(w, p->value);
		else if (!is_about_others(w, p->key))
			search(w, p->value);
	}
}

/* --- specs of policies, by the place where they stand ---------------------------------------- */

static const struct place {
	const char *group, *kind;
	const char *path[2];
	const char *policy, *api;
} places[] = {
	{"capsule.clastix.io",
	 "Tenant",
	 {"spec", "networkPolicies"},
	 "NetworkPolicy",
	 "networking.k8s.io/v1"},
};

/* A list, or as later versions have it, an object with one. */
static void count_specs(struct wrapper *w, const struct yaml_node *n, const struct place *at)
{
	const struct yaml_node *list = n;

	for (size_t i = 0; list && i < sizeof(at->path) / sizeof(*at->path); i++)
		list = yaml_get(list, at->path[i]);
	if (list && list->kind == YAML_MAP)
		list = yaml_get(list, "items");
	if (!list || list->kind != YAML_SEQ)
		return;
	vec_each (struct yaml_node *, item, &list->items)
		count(w, at->policy, at->api, yaml_start(*item), *item);
}

static void search_places(struct wrapper *w, const struct yaml_node *n)
{
	const struct yaml_node *items = yaml_get(n, "items");

	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		if (!is_of(w, places[i].group, places[i].kind))
			continue;
		if (items && items->kind == YAML_SEQ)
			vec_each (struct yaml_node *, item, &items->items)
				count_specs(w, *item, &places[i]);
		else
			count_specs(w, n, &places[i]);
	}
}

bool k8s_count_wrapped(struct yaml_ctx *c, const struct yaml_node *object, const char *kind,
		       const char *api)
{
	struct wrapper w = {c, kind, api, 0};

	if (c->role == LANG_INVENTORY || is_of_gatekeeper(&w))
		return false;
	vec_each (const struct yaml_pair, p, &object->pairs)
		search(&w, p->value);
	search_places(&w, object);
	return w.found > 0;
}
