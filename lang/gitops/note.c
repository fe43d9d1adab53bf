/* SPDX-License-Identifier: Apache-2.0 */
/* What GitOps objects say: where their objects come from, and what becomes of these. */
#include <ctype.h>
#include <string.h>

#include "lang/base/path.h"
#include "lang/gitops/gitops.h"
#include "lang/lang.h"
#include "lang/names.h"
#include "lang/rendered.h"
#include "lang/yaml/k8s/claim.h"
#include "lang/yaml/k8s/policies.h"
#include "lang/yaml/node.h"
#include "lang/yaml/problem.h"

/* An object while it is looked at. */
struct noting {
	struct lang *l;
	struct gitops_object *out;
	struct gitops_source source; /* being made */
};

static const struct yaml_node *get(const struct yaml_node *n, const char *key)
{
	return n ? yaml_get(n, key) : NULL;
}

/* NULL: not written, or no text. */
static const char *text_at(const struct yaml_node *n, const char *key)
{
	const struct yaml_node *v = get(n, key);

	return v && v->kind == YAML_STR && *v->text ? v->text : NULL;
}

static bool is_true(const struct yaml_node *n)
{
	return n && n->kind == YAML_BOOL && n->number;
}

static void add_change(struct noting *g, const char *what, const struct yaml_node *at,
		       enum gitops_affects affects)
{
	vec_push(&g->l->arena, &g->source.changes,
		 ((struct gitops_change){.what = what, .loc = at->loc, .affects = affects}));
}

/* --- namespaces and labels -------------------------------------------------------------------- */

static void add_namespace(struct noting *g, const char *what, const struct yaml_node *n,
			  enum gitops_affects affects)
{
	struct arena *a = &g->l->arena;

	if (!n || n->kind != YAML_STR || !*n->text)
		return;
	add_change(g, what, n, affects);
	g->source.changes.v[g->source.changes.n - 1].ns = arena_strdup(a, n->text);
	if (!k8s_dns_label_fault(n->text))
		intern_add(&g->l->beside.targets, n->text);
}

static void add_labels(struct noting *g, const char *what, const struct yaml_node *n,
		       enum gitops_affects affects)
{
	struct arena *a = &g->l->arena;

	if (!n || n->kind != YAML_MAP || !n->pairs.n)
		return;
	add_change(g, what, n, affects);
	vec_each (const struct yaml_pair, p, &n->pairs)
		if (p->value->kind == YAML_STR)
			vec_push(a, &g->l->beside.added,
				 ((struct ast_label){.loc = p->key_loc,
						     .key = {p->key_loc, arena_strdup(a, p->key)},
						     .value = {p->value->loc,
							       arena_strdup(a, p->value->text)}}));
}

/* --- patches --------------------------------------------------------------------------------- */

/* Kinds are matched as regular expressions. */
static bool is_word(const char *text)
{
	for (; *text; text++)
		if (!isalnum((unsigned char)*text))
			return false;
	return true;
}

/* Whom a patch is for: as its target says, or else as it does itself. */
static struct k8s_claimed claim_of(struct noting *g, const char *target,
				   const struct yaml_node *patch)
{
	const char *kind = patch && patch->kind == YAML_MAP ? text_at(patch, "kind") : NULL;

	if (target)
		return k8s_claim_of_kind(target);
	if (patch && patch->kind == YAML_STR)
		return k8s_claim_of(patch->text, strlen(patch->text), &g->l->arena);
	return k8s_claim_of_kind(kind ? kind : "");
}

static void note_counts(struct noting *g, const struct yaml_node *patch, const char *name)
{
	if (patch && patch->kind == YAML_STR)
		kustomize_note_patch_text(g->l, patch->text, strlen(patch->text), name);
	else if (patch)
		kustomize_note_patch(g->l, patch, name);
}

/* `- {patch: TEXT, target}` or `path` in place of `patch`, or the patch as it is. */
static void add_patch(struct noting *g, const struct yaml_node *n)
{
	const struct yaml_node *target = get(n, "target"), *patch = get(n, "patch");
	const char *kind = text_at(target, "kind"), *path = text_at(n, "path");
	bool named = kind && is_word(kind);
	struct k8s_claimed claimed;

	if (!target && !patch && !path)
		patch = n;
	claimed = claim_of(g, named ? kind : NULL, patch);
	note_counts(g, patch, target ? kustomize_target_name(target, &g->l->arena) : NULL);
	if (k8s_claims_policy(&claimed))
		add_change(g,
			   arena_printf(&g->l->arena, "patch of %s",
					yaml_show(&g->l->arena, claimed.kind)),
			   n, GITOPS_ALWAYS);
	else if ((target || path) && !named)
		add_change(g, "patch", n, GITOPS_EVERY);
	else if (claimed.claim != K8S_CLAIM_NOTHING)
		add_change(g, "patch of workload or namespace", n, GITOPS_NEVER);
}

static void add_patches(struct noting *g, const struct yaml_node *n)
{
	static const char *const fields[] = {"patches", "patchesStrategicMerge", "patchesJson6902"};

	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		const struct yaml_node *list = get(n, fields[i]);

		if (list && list->kind == YAML_SEQ)
			vec_each (struct yaml_node *, item, &list->items)
				add_patch(g, *item);
	}
}

/* What both have of kustomize. */
static void add_kustomize(struct noting *g, const struct yaml_node *n)
{
	static const struct {
		const char *field;
		enum gitops_affects affects;
		bool unseen;
	} fields[] = {
		{"namePrefix", GITOPS_NAMES, false},
		{"nameSuffix", GITOPS_NAMES, false},
		{"components", GITOPS_EVERY, true},
	};

	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		const struct yaml_node *value = get(n, fields[i].field);

		if (!yaml_says_something(value))
			continue;
		add_change(g, fields[i].field, value, fields[i].affects);
		g->source.changes.v[g->source.changes.n - 1].unseen = fields[i].unseen;
	}
	add_patches(g, n);
}

/* --- where it comes from ---------------------------------------------------------------------- */

/* The part that nothing else fills in; it ends with a directory. */
static size_t filled_in_at(const char *path)
{
	size_t n = 0;

	while (path[n] && path[n] != '*' && strncmp(path + n, "{{", 2) != 0 &&
	       strncmp(path + n, "${", 2) != 0)
		n++;
	while (path[n] && n && path[n - 1] != '/')
		n--;
	return n;
}

/* Without what leads nowhere. */
static const char *plain_path(struct arena *a, const char *text, size_t n)
{
	const char *end = text + n;

	while (text < end &&
	       (*text == '/' || (*text == '.' && (text + 1 == end || text[1] == '/'))))
		text++;
	while (end > text && end[-1] == '/')
		end--;
	return arena_strndup(a, text, (size_t)(end - text));
}

/* `https://example.com/org/repo.git`: `repo`. */
static const char *repository_name(struct arena *a, const char *url)
{
	static const char suffix[] = ".git";
	size_t n = url ? strlen(url) : 0, m = strlen(suffix);

	while (n && url[n - 1] == '/')
		n--;
	if (n > m && memcmp(url + n - m, suffix, m) == 0)
		n -= m;
	return n ? path_base(arena_strndup(a, url, n)) : NULL;
}

static void begin_source(struct noting *g, const struct yaml_node *whole)
{
	const struct yaml_node *at = get(whole, "path");
	const char *path = text_at(whole, "path");
	struct arena *a = &g->l->arena;

	path = path ? path : ".";
	g->source = (struct gitops_source){
		.path = plain_path(a, path, filled_in_at(path)),
		.text = yaml_show(a, path),
		.loc = at ? at->loc : whole->loc,
		.whole = whole->loc,
	};
}

/* Some directories of this path, and not the path itself. */
static bool is_filled_in(const struct yaml_node *source)
{
	const char *path = text_at(source, "path");

	return path && path[filled_in_at(path)];
}

static void end_source(struct noting *g)
{
	vec_push(&g->l->arena, &g->out->sources, g->source);
}

/* --- Flux ------------------------------------------------------------------------------------- */

/* What `flux bootstrap` calls the repository that it puts its own objects into. */
#define FLUX_OWN "flux-system"

static void note_flux(struct noting *g, const struct yaml_node *spec)
{
	const struct yaml_node *from = get(spec, "sourceRef");
	const char *kind = text_at(from, "kind"), *name = text_at(from, "name");

	begin_source(g, spec);
	if (kind && name && strcmp(kind, "GitRepository") == 0) {
		g->source.repository = arena_strdup(&g->l->arena, name);
		g->source.own = strcmp(name, FLUX_OWN) == 0;
	}
	add_namespace(g, "targetNamespace", get(spec, "targetNamespace"), GITOPS_OTHERS);
	add_labels(g, "commonMetadata", get(get(spec, "commonMetadata"), "labels"),
		   GITOPS_OWN_LABELS);
	add_kustomize(g, spec);
	end_source(g);
}

/* --- Argo CD ---------------------------------------------------------------------------------- */

static void add_common_labels(struct noting *g, const struct yaml_node *n)
{
	bool own = is_true(get(n, "labelWithoutSelector")) &&
		   !is_true(get(n, "labelIncludeTemplates"));

	add_labels(g, "commonLabels", get(n, "commonLabels"),
		   own ? GITOPS_OWN_LABELS : GITOPS_EVERY);
}

/* One that only lends its files to others brings nothing, and a chart is a release of Helm. */
static bool brings_nothing(const struct yaml_node *n)
{
	return text_at(n, "chart") || (text_at(n, "ref") && !text_at(n, "path"));
}

static void note_argo_source(struct noting *g, const struct yaml_node *n,
			     const struct yaml_node *spec)
{
	const struct yaml_node *kustomize = get(n, "kustomize"), *directory = get(n, "directory");
	const struct yaml_node *home = get(get(spec, "destination"), "namespace");

	if (!n || n->kind != YAML_MAP || brings_nothing(n))
		return;
	begin_source(g, n);
	g->source.repository = repository_name(&g->l->arena, text_at(n, "repoURL"));
	g->source.flat = !is_true(get(directory, "recurse")) && !is_filled_in(n);
	g->source.made = get(n, "plugin") || yaml_says_something(get(directory, "jsonnet"));
	add_namespace(g, "namespace", get(kustomize, "namespace"), GITOPS_OTHERS);
	if (!g->source.changes.n)
		add_namespace(g, "namespace", home, GITOPS_HOMELESS);
	if (kustomize) {
		add_common_labels(g, kustomize);
		add_kustomize(g, kustomize);
		kustomize_note_counts(g->l, kustomize);
	}
	end_source(g);
}

static void note_argo(struct noting *g, const struct yaml_node *spec)
{
	const struct yaml_node *list = get(spec, "sources");

	if (list && list->kind == YAML_SEQ && list->items.n)
		vec_each (struct yaml_node *, item, &list->items)
			note_argo_source(g, *item, spec);
	else
		note_argo_source(g, get(spec, "source"), spec);
	note_argo_source(g, get(get(spec, "sourceHydrator"), "drySource"), spec);
}

/* The text of a patch may be a template, too, so it is no more than looked into. */
static void note_argo_set(struct noting *g, const struct yaml_node *spec)
{
	static const char *const words[] = {"source", "kustomize", "namespace"};
	const struct yaml_node *patch = get(spec, "templatePatch");
	bool matters = false;

	note_argo(g, get(get(spec, "template"), "spec"));
	for (size_t i = 0; patch && patch->kind == YAML_STR && i < sizeof(words) / sizeof(*words);
	     i++)
		matters |= strstr(patch->text, words[i]) != NULL;
	if (matters && g->out->sources.n)
		vec_push(&g->l->arena, &g->out->sources.v[0].changes,
			 ((struct gitops_change){.what = "templatePatch",
						 .loc = patch->loc,
						 .affects = GITOPS_EVERY}));
}

/* --- which ------------------------------------------------------------------------------------ */

static const struct reader {
	const char *group, *kind;
	const char *api; /* they are counted together, whatever their version */
	void (*note)(struct noting *g, const struct yaml_node *spec);
} readers[] = {
	{"kustomize.toolkit.fluxcd.io", "Kustomization", "kustomize.toolkit.fluxcd.io/v1",
	 note_flux},
	{"argoproj.io", "Application", "argoproj.io/v1alpha1", note_argo},
	{"argoproj.io", "ApplicationSet", "argoproj.io/v1alpha1", note_argo_set},
};

/* Of a cluster: what it brings is there, too. */
static bool is_live(const struct yaml_node *object)
{
	return text_at(get(object, "metadata"), "uid");
}

static const struct reader *find_reader(const char *kind, const char *api)
{
	for (size_t i = 0; i < sizeof(readers) / sizeof(*readers); i++)
		if (strcmp(kind, readers[i].kind) == 0 && k8s_is_in_group(api, readers[i].group))
			return &readers[i];
	return NULL;
}

void gitops_note(struct lang *l, uint32_t file, const struct yaml_node *object, const char *kind,
		 const char *api)
{
	const struct reader *reader = find_reader(kind, api);
	const struct yaml_node *meta = get(object, "metadata"), *spec = get(object, "spec");
	const char *ns = text_at(meta, "namespace"), *name = text_at(meta, "name");
	struct arena *a = &l->arena;
	struct gitops_object out;
	struct noting g = {.l = l, .out = &out};

	if (!reader || !spec || spec->kind != YAML_MAP || is_live(object))
		return;
	out = (struct gitops_object){.kind = reader->kind,
				     .api = reader->api,
				     .ns = yaml_show(a, ns ? ns : "default"),
				     .name = yaml_show(a, name ? name : ""),
				     .file = file};
	reader->note(&g, spec);
	if (out.sources.n)
		vec_push(a, &l->gitops.list, out);
}
