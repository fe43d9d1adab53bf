/* SPDX-License-Identifier: Apache-2.0 */
/* What GitOps objects say: where their objects come from, and what becomes of these. */
#include <string.h>

#include "lang/base/path.h"
#include "lang/gitops/note.h"
#include "lang/names.h"
#include "lang/yaml/k8s/policies.h"
#include "lang/yaml/problem.h"

const char *gitops_text(const struct yaml_node *n, const char *key)
{
	const struct yaml_node *v = gitops_get(n, key);

	return v && v->kind == YAML_STR && *v->text ? v->text : NULL;
}

bool gitops_is_true(const struct yaml_node *n)
{
	return n && n->kind == YAML_BOOL && n->number;
}

struct gitops_change *gitops_add_change(struct noting *g, const char *what,
					const struct yaml_node *at, enum gitops_affects affects)
{
	vec_push(&g->l->arena, &g->source.changes,
		 ((struct gitops_change){.what = what, .loc = at->loc, .affects = affects}));
	return &g->source.changes.v[g->source.changes.n - 1];
}

/* --- namespaces and labels -------------------------------------------------------------------- */

void gitops_add_namespace(struct noting *g, const char *what, const struct yaml_node *n,
			  enum gitops_affects affects)
{
	struct arena *a = &g->l->arena;

	if (!n || n->kind != YAML_STR || !*n->text)
		return;
	gitops_add_change(g, what, n, affects)->ns = arena_strdup(a, n->text);
	if (!k8s_dns_label_fault(n->text))
		intern_add(&g->l->beside.targets, n->text);
}

static struct ast_label label_of(struct arena *a, const struct yaml_pair *p)
{
	return (struct ast_label){.loc = p->key_loc,
				  .key = {p->key_loc, arena_strdup(a, p->key)},
				  .value = {p->value->loc, arena_strdup(a, p->value->text)}};
}

void gitops_add_managed_labels(struct noting *g, const char *what, const struct yaml_node *n,
			       const char *ns)
{
	struct gitops_change change = {.what = what, .affects = GITOPS_MANAGED, .ns = ns};
	struct arena *a = &g->l->arena;

	if (!n || n->kind != YAML_MAP || !n->pairs.n)
		return;
	change.loc = n->loc;
	vec_each (const struct yaml_pair, p, &n->pairs)
		if (p->value->kind == YAML_STR)
			vec_push(a, &change.labels, label_of(a, p));
	vec_push(a, &g->out->changes, change);
}

void gitops_add_labels(struct noting *g, const char *what, const struct yaml_node *n,
		       enum gitops_affects affects)
{
	struct arena *a = &g->l->arena;

	if (!n || n->kind != YAML_MAP || !n->pairs.n)
		return;
	gitops_add_change(g, what, n, affects);
	vec_each (const struct yaml_pair, p, &n->pairs)
		if (p->value->kind == YAML_STR)
			vec_push(a, &g->l->beside.added, label_of(a, p));
}

/* --- where it comes from ---------------------------------------------------------------------- */

/* The part that nothing else fills in; it ends with a directory. */
size_t gitops_filled_in_at(const char *path)
{
	size_t n = 0;

	while (path[n] && path[n] != '*' && strncmp(path + n, "{{", 2) != 0 &&
	       strncmp(path + n, "${", 2) != 0)
		n++;
	while (path[n] && n && path[n - 1] != '/')
		n--;
	return n;
}

const char *gitops_plain_path(struct arena *a, const char *path)
{
	const char *end = path + gitops_filled_in_at(path);

	while (path < end &&
	       (*path == '/' || (*path == '.' && (path + 1 == end || path[1] == '/'))))
		path++;
	while (end > path && end[-1] == '/')
		end--;
	return arena_strndup(a, path, (size_t)(end - path));
}

void gitops_begin_source(struct noting *g, const struct yaml_node *whole)
{
	const struct yaml_node *at = gitops_get(whole, "path");
	const char *path = gitops_text(whole, "path");
	struct arena *a = &g->l->arena;

	path = path ? path : ".";
	g->source = (struct gitops_source){
		.path = gitops_plain_path(a, path),
		.text = yaml_show(a, path),
		.loc = at ? at->loc : whole->loc,
		.whole = whole->loc,
	};
}

void gitops_end_source(struct noting *g)
{
	vec_push(&g->l->arena, &g->out->sources, g->source);
}

/* --- which ------------------------------------------------------------------------------------ */

static const struct reader {
	const char *group, *kind;
	const char *api; /* they are counted together, whatever their version */
	void (*note)(struct noting *g, const struct yaml_node *spec);
} readers[] = {
	{"kustomize.toolkit.fluxcd.io", "Kustomization", "kustomize.toolkit.fluxcd.io/v1",
	 gitops_note_flux},
	{"argoproj.io", "Application", "argoproj.io/v1alpha1", gitops_note_argo},
	{"argoproj.io", "ApplicationSet", "argoproj.io/v1alpha1", gitops_note_argo_set},
};

/* Of a cluster: what it brings is there, too. */
static bool is_live(const struct yaml_node *object)
{
	return gitops_text(gitops_get(object, "metadata"), "uid");
}

/* `api` is NULL where only the kind is said. */
static const struct reader *find_reader(const char *kind, const char *api)
{
	for (size_t i = 0; i < sizeof(readers) / sizeof(*readers); i++)
		if (strcmp(kind, readers[i].kind) == 0 &&
		    (!api || k8s_is_in_group(api, readers[i].group)))
			return &readers[i];
	return NULL;
}

const char *gitops_kind(const char *kind, const char *api)
{
	const struct reader *reader = find_reader(kind, api);

	return reader ? reader->kind : NULL;
}

static bool is_source(const char *kind, const char *api)
{
	return k8s_is_in_group(api, "source.toolkit.fluxcd.io") && flux_is_source(kind);
}

bool gitops_notes(const char *kind, const char *api)
{
	return find_reader(kind, api) || is_source(kind, api);
}

void gitops_note(struct lang *l, uint32_t file, const struct yaml_node *object, const char *kind,
		 const char *api)
{
	const struct reader *reader = find_reader(kind, api);
	const struct yaml_node *meta = gitops_get(object, "metadata"),
			       *spec = gitops_get(object, "spec");
	const char *ns = gitops_text(meta, "namespace"), *name = gitops_text(meta, "name");
	struct arena *a = &l->arena;
	struct gitops_object out;
	struct noting g = {.l = l, .out = &out};

	if (is_source(kind, api))
		flux_note_source(l, object, kind);
	if (!reader || !spec || spec->kind != YAML_MAP || is_live(object))
		return;
	out = (struct gitops_object){.kind = reader->kind,
				     .api = reader->api,
				     .ns = yaml_show(a, ns ? ns : "default"),
				     .name = yaml_show(a, name ? name : ""),
				     .file = file};
	reader->note(&g, spec);
	if (out.sources.n || out.changes.n)
		vec_push(a, &l->gitops.list, out);
}
