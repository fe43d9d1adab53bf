/* SPDX-License-Identifier: Apache-2.0 */
/* What Kustomizations of Flux say, and the sources that these name. */
#include <string.h>

#include "lang/gitops/note.h"

/* What `flux bootstrap` calls the repository that it puts its own objects into. */
#define FLUX_OWN "flux-system"

static const char *key_of(struct arena *a, const char *kind, const char *ns, const char *name)
{
	return arena_printf(a, "%s %s/%s", kind, ns ? ns : "", name);
}

void gitops_note_flux(struct noting *g, const struct yaml_node *spec)
{
	const struct yaml_node *from = gitops_get(spec, "sourceRef");
	const char *kind = gitops_text(from, "kind"), *name = gitops_text(from, "name");
	const char *ns = gitops_text(from, "namespace");
	struct arena *a = &g->l->arena;

	gitops_begin_source(g, spec);
	if (kind && name) {
		g->source.name = arena_strdup(a, name);
		g->source.key = key_of(a, kind, ns ? ns : g->out->ns, name);
		g->source.bare_key = key_of(a, kind, NULL, name);
		g->source.artifact = strcmp(kind, "GitRepository") != 0;
		g->source.own = strcmp(name, FLUX_OWN) == 0;
	}
	gitops_add_namespace(g, "targetNamespace", gitops_get(spec, "targetNamespace"),
			     GITOPS_OTHERS);
	gitops_add_labels(g, "commonMetadata",
			  gitops_get(gitops_get(spec, "commonMetadata"), "labels"),
			  GITOPS_OWN_LABELS);
	gitops_add_kustomize(g, spec);
	gitops_end_source(g);
}

bool flux_is_source(const char *kind)
{
	static const char *const kinds[] = {"GitRepository", "OCIRepository", "Bucket"};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (strcmp(kind, kinds[i]) == 0)
			return true;
	return false;
}

/* One that is given twice with two URLs is of neither. */
static void add_url(struct gitops *gitops, struct arena *a, const char *key, const char *url)
{
	uint32_t id = intern_add(&gitops->origins, key);
	const char **had;

	if (id == gitops->urls.n) {
		vec_push(a, &gitops->urls, url);
		return;
	}
	had = &gitops->urls.v[id];
	if (*had && strcmp(*had, url) != 0)
		*had = NULL;
}

void flux_note_source(struct lang *l, const struct yaml_node *object, const char *kind)
{
	const struct yaml_node *meta = gitops_get(object, "metadata");
	const char *name = gitops_text(meta, "name"), *ns = gitops_text(meta, "namespace");
	const char *url = gitops_text(gitops_get(object, "spec"), "url");
	struct arena *a = &l->arena;

	if (!name || !url)
		return;
	url = arena_strdup(a, url);
	add_url(&l->gitops, a, key_of(a, kind, ns, name), url);
	if (strcmp(kind, "GitRepository") == 0 && strcmp(name, FLUX_OWN) == 0)
		vec_push(a, &l->gitops.own, url);
}
