/* SPDX-License-Identifier: Apache-2.0 */
/* From documents to objects: which reader is for which kind, lists, and what is skipped. */
#define _GNU_SOURCE /* memmem() */
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "lang/base/codes.h"
#include "lang/base/suggest.h"
#include "lang/lang_internal.h"
#include "lang/yaml/fix.h"
#include "lang/yaml/k8s/beside.h"
#include "lang/yaml/k8s/claim.h"
#include "lang/yaml/k8s/meta.h"
#include "lang/yaml/k8s/policies.h"
#include "lang/yaml/k8s/readers.h"
#include "lang/yaml/k8s/settle.h"
#include "lang/yaml/k8s/templates.h"
#include "lang/yaml/k8s/wrapped.h"
#include "lang/yaml/problem.h"

static const struct kind {
	const char *name;
	const char *api; /* the apiVersion to write */
	const char *old; /* a group with the same template, "" for none */
	yaml_object_reader *read;
	bool policy;
} kinds[] = {
	{"NetworkPolicy", "networking.k8s.io/v1", "", k8s_read_network_policy, true},
	{"Namespace", "v1", "", k8s_read_namespace, false},
	{"Node", "v1", "", k8s_read_node, false},
	{"Pod", "v1", "", k8s_read_pod, false},
	{"Deployment", "apps/v1", "extensions", k8s_read_workload, false},
	{"StatefulSet", "apps/v1", "", k8s_read_workload, false},
	{"DaemonSet", "apps/v1", "extensions", k8s_read_workload, false},
	{"ReplicaSet", "apps/v1", "extensions", k8s_read_workload, false},
	{"ReplicationController", "v1", "", k8s_read_workload, false},
	{"Job", "batch/v1", "", k8s_read_workload, false},
	{"CronJob", "batch/v1", "", k8s_read_cron_job, false},
};

/* The kind and apiVersion of an object, or what its list implies. */
struct identity {
	const char *kind, *api;
	struct loc kind_loc, api_loc;
};

static int read_object(struct yaml_ctx *c, const struct yaml_node *n, const struct kind *implied);

/* --- skipping -------------------------------------------------------------------------- */

/* No policy has a field `items`, so whatever has one is a list, misspelt or not. */
static size_t count_objects(const struct yaml_node *n, const char *kind)
{
	const struct yaml_node *items = yaml_get(n, "items");

	if (items && items->kind == YAML_SEQ)
		return items->items.n;
	return k8s_names_list(kind) ? 0 : 1;
}

/* `meant` is of one object. */
static void report_misspelt(struct yaml_ctx *c, const struct yaml_node *n,
			    const struct identity *id, const char *what, const char *meant)
{
	const struct yaml_node *items = yaml_get(n, "items");
	bool list = k8s_names_list(id->kind) || (items && items->kind == YAML_SEQ);
	const char *kind = yaml_show(c->scratch, id->kind), *api = yaml_show(c->scratch, id->api);
	const char *text = arena_printf(&c->l->arena, "%s%s", meant, list ? "List" : "");
	struct diag_item *item = diag_warning(&c->l->diag, id->kind_loc, CODE_SKIPPED,
					      "Kubernetes has no kind '%s' (%s), so this %s is "
					      "not read: did you mean '%s'?",
					      kind, api, what, text);

	yaml_fix_word(c, item, id->kind_loc, id->kind, text, true);
}

static void report_unread(struct yaml_ctx *c, const struct identity *id, const char *kind,
			  const char *api)
{
	const char *alike = yaml_tell_once(c, arena_printf(c->scratch, "unread %s %s", api, kind));

	if (alike)
		diag_warning(&c->l->diag, id->kind_loc, CODE_SKIPPED,
			     "policies of kind '%s' (%s) are not read in this version: "
			     "what they allow and deny does not count",
			     kind, api)
			->alike = alike;
}

/* `NetworkPolicylist` */
static bool is_misspelt_list(const struct identity *id)
{
	return k8s_names_list(id->kind) && k8s_is_kubernetes_api(id->api) &&
	       strcmp(id->kind + strlen(id->kind) - 4, "List") != 0;
}

/* Policies of an inventory are no gap. */
static void tell_unread_of_inventory(struct yaml_ctx *c, const struct identity *id,
				     const char *kind)
{
	const char *alike = yaml_tell_once(c, arena_printf(c->scratch, "of inventory %s", kind));

	if (alike)
		diag_info(&c->l->diag, id->kind_loc, CODE_SKIPPED,
			  "policies of an inventory do not count, and those of kind '%s' are not "
			  "read in this version",
			  kind)
			->alike = alike;
}

/* What nobody reads. */
struct unknown {
	size_t count;           /* of objects */
	const char *single;     /* the kind of one */
	const char *kind, *api; /* that, and the apiVersion, fit to be shown */
};

/* What an unread policy denies or allows is not seen: it is counted, and worth a warning. */
static bool count_unread(struct yaml_ctx *c, const struct yaml_node *n, const struct identity *id,
			 const struct unknown *u)
{
	const char *meant;

	if (!k8s_is_unread_policy(u->single, id->api, &meant))
		return false;
	if (c->role == LANG_INVENTORY) {
		tell_unread_of_inventory(c, id, u->kind);
		return true;
	}
	if (!meant && is_misspelt_list(id))
		meant = u->single;
	unread_add(&c->l->unread, UNREAD_POLICY, u->kind, u->api, u->count, id->kind_loc, n->loc);
	if (meant)
		report_misspelt(c, n, id, "policy", meant);
	else
		report_unread(c, id, u->kind, u->api);
	return true;
}

/* A kind of the table that is no policy, and that a kind which Kubernetes does not know may be
 * meant for. */
static const char *misspelt_endpoint(const char *kind, const char *api)
{
	enum { SLIP = 2 };
	struct suggest near;

	if (!k8s_is_kubernetes_api(api))
		return NULL;
	suggest_init(&near, kind);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (!kinds[i].policy)
			suggest_offer(&near, kinds[i].name);
	return near.distance <= SLIP ? near.best : NULL;
}

static void count_object(struct yaml_ctx *c, const struct yaml_node *n, const struct identity *id,
			 const struct unknown *u)
{
	unread_add(&c->l->unread, UNREAD_OBJECT, u->kind, u->api, u->count, id->kind_loc, n->loc);
	k8s_keep_unread(c, n, u->kind);
}

static bool count_unread_endpoint(struct yaml_ctx *c, const struct yaml_node *n,
				  const struct identity *id, const struct unknown *u)
{
	const char *meant = misspelt_endpoint(u->single, id->api);

	if (!meant && !k8s_holds_pod_template(n, u->single, id->api))
		return false;
	count_object(c, n, id, u);
	if (meant)
		report_misspelt(c, n, id, "object", meant);
	return true;
}

/* False: nothing is lost with it. */
static bool count_unknown(struct yaml_ctx *c, const struct yaml_node *n, const struct identity *id,
			  const struct unknown *u)
{
	bool wrapped;

	if (!u->count)
		return false;
	if (count_unread(c, n, id, u))
		return true;
	wrapped = k8s_count_wrapped(c, n, u->kind, u->api);
	return count_unread_endpoint(c, n, id, u) || wrapped;
}

static int skip_unknown(struct yaml_ctx *c, const struct yaml_node *n, const struct identity *id)
{
	struct unknown u = {.count = count_objects(n, id->kind),
			    .single = k8s_single_of(id->kind, c->scratch),
			    .api = yaml_show(c->scratch, id->api)};

	u.kind = yaml_show(c->scratch, u.single);
	if (!count_unknown(c, n, id, &u))
		skipped_add_kind(&c->l->skipped, yaml_show(c->scratch, id->kind), u.api, 1,
				 id->kind_loc);
	return 0;
}

static int skip_policy(struct yaml_ctx *c, const struct identity *id)
{
	const char *alike = yaml_tell_once(c, "policies of an inventory");

	if (alike)
		diag_info(&c->l->diag, id->kind_loc, CODE_SKIPPED,
			  "policies of an inventory do not count: "
			  "name the file as input to have them read")
			->alike = alike;
	return 0;
}

static int skip_foreign(struct yaml_ctx *c, const struct yaml_node *n)
{
	if (k8s_skip_kustomization(c, yaml_start(n)))
		k8s_keep_beside(c, n, "Kustomization", "");
	else
		skipped_add_foreign(&c->l->skipped, yaml_start(n));
	return 0;
}

/* --- which reader ---------------------------------------------------------------------- */

static const struct kind *find_kind(const char *name, size_t n)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (strlen(kinds[i].name) == n && memcmp(kinds[i].name, name, n) == 0)
			return &kinds[i];
	return NULL;
}

enum k8s_reads k8s_reads(const char *kind)
{
	const struct kind *k = find_kind(kind, strlen(kind));

	if (!k)
		return K8S_READS_NOTHING;
	return k->policy ? K8S_READS_POLICY : K8S_READS_ENDPOINT;
}

static bool same_group(const char *api, const char *other)
{
	size_t n = k8s_group_len(api);

	return n == k8s_group_len(other) && memcmp(api, other, n) == 0;
}

/* Pods look the same in all versions of a workload's group. A policy's version is exact. */
static bool accepts(const struct kind *k, const char *api)
{
	size_t n = k8s_group_len(api);

	if (k->policy || !k8s_group_len(k->api))
		return strcmp(api, k->api) == 0;
	return same_group(api, k->api) || (n && strlen(k->old) == n && !memcmp(api, k->old, n));
}

/* Another version of a policy may mean other things; a Pod is a Pod. */
static int report_api(struct yaml_ctx *c, const struct identity *id, const struct kind *k)
{
	const char *api = yaml_show(c->scratch, id->api);
	const char *alike =
		k->policy ? NULL
			  : yaml_tell_once(c, arena_printf(c->scratch, "%s %s", api, k->name));
	struct diag_item *item;

	if (!k->policy && !alike)
		return 0;
	if (k->policy)
		item = diag_error(&c->l->diag, id->api_loc, CODE_BAD_VALUE,
				  "a %s of apiVersion '%s' is not read: write '%s'", k->name, api,
				  k->api);
	else
		item = diag_warning(&c->l->diag, id->api_loc, CODE_BAD_VALUE,
				    "Kubernetes would refuse a %s of apiVersion '%s': write '%s'",
				    k->name, api, k->api);
	item->alike = alike;
	yaml_fix_word(c, item, id->api_loc, id->api, k->api, true);
	return k->policy ? -EINVAL : 0;
}

/* --- lists ----------------------------------------------------------------------------- */

static int read_list(struct yaml_ctx *c, const struct yaml_node *n, const struct kind *implied)
{
	const struct yaml_node *items = yaml_get(n, "items");
	int r = 0;

	c->field = "items";
	if (!items || items->kind == YAML_NULL)
		return 0;
	if (items->kind != YAML_SEQ)
		return yaml_wrong_type(c, items, "a list");
	vec_each (struct yaml_node *, item, &items->items)
		if (read_object(c, *item, implied) < 0)
			r = -EINVAL;
	return r;
}

/* The kind of what nobody reads, but notes. */
static const struct kind *kind_of_gitops(struct yaml_ctx *c, const char *name, const char *api)
{
	struct kind *out;

	if (!gitops_notes(name, api))
		return NULL;
	out = arena_new(c->scratch, struct kind);
	*out = (struct kind){.name = name, .api = api};
	return out;
}

/* `List`, `PodList`, ...: *implied is the kind of items that do not say theirs. */
static bool is_list(struct yaml_ctx *c, const struct identity *id, const struct kind **implied)
{
	size_t n = strlen(id->kind);

	*implied = NULL;
	if (strcmp(id->kind, "List") == 0 && strcmp(id->api, "v1") == 0)
		return true;
	if (n <= 4 || strcmp(id->kind + n - 4, "List") != 0)
		return false;
	*implied = find_kind(id->kind, n - 4);
	if (!*implied)
		*implied = kind_of_gitops(c, arena_strndup(c->scratch, id->kind, n - 4), id->api);
	else if (!accepts(*implied, id->api))
		*implied = NULL;
	return *implied;
}

/* A list that Kubernetes would not know either must not take its policies with it. */
static bool is_wrong_list(const struct yaml_node *n, const struct identity *id)
{
	const struct yaml_node *items = yaml_get(n, "items");
	struct suggest near;

	if (!items || items->kind != YAML_SEQ || !k8s_is_kubernetes_api(id->api))
		return false;
	suggest_init(&near, id->kind);
	suggest_offer(&near, "List");
	return near.best != NULL;
}

static int report_list(struct yaml_ctx *c, const struct identity *id)
{
	struct diag *d = &c->l->diag;
	struct diag_item *item =
		diag_error(d, id->kind_loc, CODE_BAD_VALUE,
			   "Kubernetes has no kind '%s' (%s): a list of objects is kind 'List' of "
			   "apiVersion 'v1'",
			   yaml_show(c->scratch, id->kind), yaml_show(c->scratch, id->api));

	if (strcmp(id->kind, "List") != 0)
		yaml_fix_word(c, item, id->kind_loc, id->kind, "List", true);
	if (strcmp(id->api, "v1") != 0)
		yaml_fix_word(c, item, id->api_loc, id->api, "v1", true);
	return -EINVAL;
}

/* --- objects --------------------------------------------------------------------------- */

static int need_field(struct yaml_ctx *c, const struct yaml_node *n, const char *name)
{
	diag_error(&c->l->diag, yaml_start(n), CODE_MISSING_FIELD,
		   "a Kubernetes object needs the field '%s'", name);
	return -EINVAL;
}

static int identify_part(struct yaml_ctx *c, const struct yaml_node *n, const char *name,
			 const char *implied, const char **out, struct loc *loc)
{
	const struct yaml_node *v = yaml_get(n, name);

	*loc = v ? v->loc : n->loc;
	*out = implied;
	if (!v || v->kind == YAML_NULL)
		return implied ? 0 : need_field(c, n, name);
	c->field = name;
	*out = yaml_text(c, v);
	return *out ? 0 : -EINVAL;
}

static int identify(struct yaml_ctx *c, const struct yaml_node *n, const struct kind *implied,
		    struct identity *id)
{
	int r = identify_part(c, n, "apiVersion", implied ? implied->api : NULL, &id->api,
			      &id->api_loc);

	if (identify_part(c, n, "kind", implied ? implied->name : NULL, &id->kind, &id->kind_loc) <
	    0)
		r = -EINVAL;
	return r;
}

/* Something that means to be an object, however incomplete. */
static bool looks_like_object(const struct yaml_node *n)
{
	return yaml_get(n, "apiVersion") || yaml_get(n, "kind") || yaml_get(n, "metadata") ||
	       yaml_get(n, "spec");
}

static int read_object(struct yaml_ctx *c, const struct yaml_node *n, const struct kind *implied)
{
	const struct kind *k;
	struct identity id;

	c->field = "items";
	if (n->kind != YAML_MAP)
		return yaml_wrong_type(c, n, "an object");
	if (identify(c, n, implied, &id) < 0)
		return -EINVAL;
	if (is_list(c, &id, &implied))
		return read_list(c, n, implied);
	if (is_wrong_list(n, &id))
		return report_list(c, &id);
	k8s_keep_ignore(c, n);
	k = find_kind(id.kind, strlen(id.kind));
	if (!k || !k->policy)
		k8s_keep_beside(c, n, id.kind, id.api);
	if (!k && c->role == LANG_INPUT)
		gitops_note(c->l, c->file->file, n, id.kind, id.api);
	if (!k || (!accepts(k, id.api) && !k8s_is_kubernetes_api(id.api)))
		return skip_unknown(c, n, &id);
	if (k->policy && c->role == LANG_INVENTORY)
		return skip_policy(c, &id);
	if (!accepts(k, id.api) && report_api(c, &id, k) < 0)
		return -EINVAL;
	c->kind = k->name;
	c->strict = false;
	return k->read(c, n);
}

/* --- patches ----------------------------------------------------------------------------- */

static bool has_directive(const struct yaml_node *n)
{
	if (n->kind == YAML_SEQ) {
		vec_each (struct yaml_node *, item, &n->items)
			if (has_directive(*item))
				return true;
	} else if (n->kind == YAML_MAP) {
		vec_each (const struct yaml_pair, p, &n->pairs)
			if (strcmp(p->key, "$patch") == 0 || has_directive(p->value))
				return true;
	}
	return false;
}

/* A strategic merge patch says what it does where an object has no such field. */
static bool is_patch(const struct yaml_ctx *c, const struct yaml_node *n)
{
	return c->may_patch && has_directive(n);
}

static int skip_patch(struct yaml_ctx *c, const struct yaml_node *n)
{
	const struct yaml_node *kind = yaml_get(n, "kind");
	struct k8s_claimed claimed =
		k8s_claim_of_kind(kind && kind->kind == YAML_STR ? kind->text : "");

	kustomize_note_patch(c->l, n, NULL);
	kustomization_add_patch(c->l, c->file->file, c->role, yaml_start(n), n->loc, &claimed);
	return 0;
}

/* --- documents ------------------------------------------------------------------------- */

static int read_root(struct yaml_ctx *c, const struct yaml_node *n)
{
	if (n->kind == YAML_NULL)
		return 0;
	if (n->kind == YAML_MAP && looks_like_object(n))
		return is_patch(c, n) ? skip_patch(c, n) : read_object(c, n, NULL);
	if (n->kind == YAML_MAP)
		return skip_foreign(c, n);
	if (n->kind == YAML_SEQ && n->items.n > 0 && looks_like_object(n->items.v[0])) {
		diag_error(&c->l->diag, n->items.v[0]->loc, CODE_BAD_TYPE,
			   "a document is one object, not a list: separate the objects by '---', "
			   "or write 'kind: List' with them as 'items'");
		return -EINVAL;
	}
	return skip_foreign(c, n);
}

int yaml_read(struct lang *l, struct ast_file *out, enum lang_role role)
{
	const struct source *src = sources_get(&l->sources, out->file);
	bool may_patch = memmem(src->text, src->len, "$patch", strlen("$patch"));
	bool may_be_ytt = memmem(src->text, src->len, "#@", strlen("#@"));
	struct yaml_stream *s = yaml_stream_new(l, out->file);
	const char *within = NULL;
	int got, r = 0;

	do {
		struct arena scratch;
		struct yaml_ctx c = {.l = l,
				     .file = out,
				     .role = role,
				     .scratch = &scratch,
				     .may_patch = may_patch,
				     .within = within};
		struct diag_mark mark = diag_mark(&l->diag);
		struct yaml_node *root = NULL;
		bool rendered;

		arena_init(&scratch);
		diag_draft(&l->diag, &scratch);
		got = yaml_stream_next(s, &scratch, &root);
		rendered = got > 0 && (may_be_ytt || within) && k8s_settle_template(&c, s, root);
		if (!rendered && (got < 0 || (got > 0 && read_root(&c, root) < 0)) &&
		    k8s_settle(&c, s, &mark, got > 0 ? root : NULL) < 0)
			r = -EINVAL;
		within = c.within;
		diag_keep(&l->diag, &mark);
		arena_fini(&scratch);
	} while (got != 0 && !l->diag.unkept);
	yaml_stream_free(&s);
	return r;
}
