/* SPDX-License-Identifier: Apache-2.0 */
/* Whether there are policies among what a kustomization brings: by what the files claim, as their
 * changes have only to be missed or not. */
#include <string.h>
#include <sys/stat.h>

#include "lang/base/buf.h"
#include "lang/base/path.h"
#include "lang/confine.h"
#include "lang/rendered.h"
#include "lang/yaml/k8s/claim.h"
#include "lang/yaml/node.h"

void kustomize_reach_init(struct kustomize_reach *r, struct lang *l)
{
	*r = (struct kustomize_reach){.l = l};
	intern_init(&r->paths, &l->arena);
}

void kustomize_world_init(struct lang *own, const struct lang *l, const char *name,
			  const char *text, size_t len)
{
	lang_init(own);
	own->limits = l->limits;
	sources_add(&own->sources, name, text, len);
}

bool kustomization_visit(struct lang *l, const char *dir, kustomization_fn *visit, void *arg)
{
	_cleanup_buf_ struct buf text = {0};
	struct yaml_stream *s;
	struct yaml_node *root;
	struct lang own;
	const char *path;
	int fd = kustomization_open(l, dir, &path);

	if (fd < 0 || confine_read(l, fd, &text) < 0)
		return false;
	kustomize_world_init(&own, l, path, buf_str(&text), text.n);
	s = yaml_stream_new(&own, 0);
	if (yaml_stream_next(s, &own.arena, &root) > 0)
		visit(arg, dir, root);
	yaml_stream_free(&s);
	lang_fini(&own);
	return true;
}

static bool counts(const struct kustomize_reach *r, const struct k8s_claimed *claimed)
{
	if (k8s_claims_policy(claimed))
		return true;
	return r->names && claimed->claim != K8S_CLAIM_NOTHING &&
	       strcmp(claimed->kind, "StatefulSet") == 0;
}

static bool file_has_policy(struct kustomize_reach *r, const char *path)
{
	_cleanup_buf_ struct buf text = {0};
	struct k8s_documents docs;
	struct k8s_claimed claimed;
	struct lang own;
	bool found = false;
	int fd = confine_open_silently(r->l, path);

	if (fd < 0 || confine_read(r->l, fd, &text) < 0)
		return true;
	kustomize_world_init(&own, r->l, path, buf_str(&text), text.n);
	k8s_documents_init(&docs, &own.sources, 0, &own.arena);
	while (!found && k8s_documents_next(&docs, &claimed))
		found = counts(r, &claimed);
	lang_fini(&own);
	return found;
}

static bool path_has_policy(struct kustomize_reach *r, const char *dir, const char *name);

static bool brings_more(const struct yaml_node *root)
{
	return yaml_get(root, "helmCharts") || yaml_get(root, "helmChartInflationGenerator") ||
	       yaml_get(root, "generators");
}

static bool names_policy(struct kustomize_reach *r, const char *dir, const struct yaml_node *root)
{
	static const char *const fields[] = {"resources", "bases", "components"};

	if (r->outside && brings_more(root))
		return true;
	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		const struct yaml_node *list = yaml_get(root, fields[i]);

		if (!list || list->kind != YAML_SEQ)
			continue;
		vec_each (struct yaml_node *, item, &list->items)
			if ((*item)->kind == YAML_STR && path_has_policy(r, dir, (*item)->text))
				return true;
	}
	return false;
}

struct naming {
	struct kustomize_reach *reach;
	bool found;
};

static void look_for_policy(void *arg, const char *dir, const struct yaml_node *root)
{
	struct naming *naming = arg;

	naming->found = names_policy(naming->reach, dir, root);
}

static bool dir_has_policy(struct kustomize_reach *r, const char *dir)
{
	struct naming naming = {.reach = r};

	return !kustomization_visit(r->l, dir, look_for_policy, &naming) || naming.found;
}

/* Each is looked into once; one that leads back to itself brings nothing more. */
static bool has_policy(struct kustomize_reach *r, const char *real)
{
	uint32_t id = intern_add(&r->paths, real);
	struct stat st;
	bool found;

	if (id < r->found.n)
		return r->found.v[id];
	vec_push(&r->l->arena, &r->found, false);
	found = stat(real, &st) < 0 ||
		(S_ISDIR(st.st_mode) ? dir_has_policy : file_has_policy)(r, real);
	r->found.v[id] = found;
	return found;
}

/* What is not there may be anything, but for what lies in the net, which is counted by itself where
 * the input names it. */
static bool path_has_policy(struct kustomize_reach *r, const char *dir, const char *name)
{
	struct arena *a = &r->l->arena;
	const char *path = *name == '/' ? name : path_join(a, dir, name);
	const char *real = path_real(a, path);

	return real ? has_policy(r, real) : r->outside || !kustomize_is_remote(name);
}

bool kustomize_reaches_policy(struct kustomize_reach *r, const char *path)
{
	const char *real = path_real(&r->l->arena, path);

	return real && has_policy(r, real);
}
