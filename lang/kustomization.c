/* SPDX-License-Identifier: Apache-2.0 */
/* Kustomizations: which files are patches, and of what. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lang/base/buf.h"
#include "lang/base/codes.h"
#include "lang/base/path.h"
#include "lang/confine.h"
#include "lang/lang.h"
#include "lang/rendered.h"
#include "lang/yaml/k8s/claim.h"
#include "lang/yaml/k8s/readers.h"
#include "lang/yaml/node.h"

static const char *const names[] = {"kustomization.yaml", "kustomization.yml", "Kustomization"};

void kustomizations_init(struct kustomizations *k, struct arena *arena)
{
	*k = (struct kustomizations){.arena = arena};
	intern_init(&k->dirs, arena);
	intern_init(&k->files, arena);
}

bool kustomization_is_file(const char *path)
{
	const char *name = path_base(path);

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

/* The index of this directory's, which is made if need be. */
static size_t at_dir(struct kustomizations *k, const char *dir)
{
	uint32_t id = intern_add(&k->dirs, dir);

	if (id == k->list.n)
		vec_push(k->arena, &k->list,
			 ((struct kustomization){.dir = intern_str(&k->dirs, id)}));
	return id;
}

/* --- what a kustomization names -------------------------------------------------------------- */

/* A kustomization while it is looked at. */
struct look {
	struct lang *l;
	const char *dir;
	struct arena *scratch;
};

static void add_file(struct look *look, const char *name, const char *target)
{
	struct kustomizations *k = &look->l->kustomizations;
	char *path = realpath(arena_printf(look->scratch, "%s/%s", look->dir, name), NULL);

	if (path && intern_add(&k->files, path) == k->named.n)
		vec_push(k->arena, &k->named,
			 ((struct kustomize_patch){.owner = at_dir(k, look->dir),
						   .target = target ? arena_strdup(k->arena, target)
								    : NULL}));
	free(path);
}

static void add_inline(struct look *look, const char *text, const char *target)
{
	struct kustomizations *k = &look->l->kustomizations;
	struct k8s_claimed claimed = k8s_claim_of(text, strlen(text), k->arena);
	size_t at = at_dir(k, look->dir);

	if (claimed.claim == K8S_CLAIM_NOTHING && target)
		claimed = k8s_claim_of_kind(target);
	rendered_add(&k->list.v[at].patches, &claimed, LOC_NONE);
}

static const char *text_of(const struct yaml_node *n)
{
	return n && n->kind == YAML_STR ? n->text : NULL;
}

/* `- path: FILE`, `- patch: TEXT`, or the one or the other as it is. */
static void add_patch(struct look *look, const struct yaml_node *n)
{
	const struct yaml_node *target_node = yaml_get(n, "target");
	const char *target = target_node ? text_of(yaml_get(target_node, "kind")) : NULL;
	const char *path = text_of(yaml_get(n, "path")), *patch = text_of(yaml_get(n, "patch"));
	const char *bare = text_of(n);

	if (bare && strpbrk(bare, "\n:"))
		patch = bare;
	else if (bare)
		path = bare;
	if (path)
		add_file(look, path, target);
	if (patch)
		add_inline(look, patch, target);
}

static void add_patches(struct look *look, const struct yaml_node *root)
{
	static const char *const fields[] = {"patches", "patchesStrategicMerge", "patchesJson6902"};

	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		const struct yaml_node *list = yaml_get(root, fields[i]);

		if (!list || list->kind != YAML_SEQ)
			continue;
		vec_each (struct yaml_node *, item, &list->items)
			add_patch(look, *item);
	}
}

/* In a world of its own: whatever is wrong with the file is told when it is read, or never. */
static void look_at(struct lang *l, const char *dir, const struct buf *text)
{
	struct lang own;
	struct yaml_stream *s;
	struct yaml_node *root;
	struct look look = {.l = l, .dir = dir, .scratch = &own.arena};

	lang_init(&own);
	own.limits = l->limits;
	s = yaml_stream_new(&own, sources_add(&own.sources, dir, buf_str(text), text->n));
	if (yaml_stream_next(s, &own.arena, &root) > 0)
		add_patches(&look, root);
	yaml_stream_free(&s);
	lang_fini(&own);
}

void kustomization_look(struct lang *l, const char *dir)
{
	_cleanup_buf_ struct buf text = {0};
	int fd = -1, err;
	size_t at;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names) && fd < 0; i++)
		fd = confine_open_silently(l, arena_printf(&l->arena, "%s/%s", dir, names[i]));
	if (fd < 0)
		return;
	at = at_dir(&l->kustomizations, dir);
	l->kustomizations.list.v[at].there = true;
	err = buf_read_fd(&text, fd, l->limits.file_bytes);
	close(fd);
	if (!err)
		look_at(l, dir, &text);
}

bool kustomization_names(const struct lang *l, const char *canonical)
{
	return intern_find(&l->kustomizations.files, canonical) != INTERN_NONE;
}

/* --- patches --------------------------------------------------------------------------------- */

/* NULL: no kustomization names this file. */
static const struct kustomize_patch *patch_of(const struct lang *l, const char *name)
{
	const struct kustomizations *k = &l->kustomizations;
	char *canonical = realpath(name, NULL);
	uint32_t id = canonical ? intern_find(&k->files, canonical) : INTERN_NONE;

	free(canonical);
	return id == INTERN_NONE ? NULL : &k->named.v[id];
}

static struct kustomization *beside(struct lang *l, const char *name)
{
	struct kustomizations *k = &l->kustomizations;
	size_t at = at_dir(k, path_dir(&l->arena, name));

	return &k->list.v[at];
}

void kustomization_read_patch(struct lang *l, uint32_t file)
{
	const char *name = sources_get(&l->sources, file)->name;
	const struct kustomize_patch *patch = patch_of(l, name);
	struct kustomization *k;
	struct k8s_documents docs;
	struct k8s_claimed claimed;

	/* Else it went away while it was read. */
	k = patch ? &l->kustomizations.list.v[patch->owner] : beside(l, name);
	k8s_documents_init(&docs, &l->sources, file, &l->arena);
	while (k8s_documents_next(&docs, &claimed)) {
		if (claimed.claim == K8S_CLAIM_NOTHING && patch && patch->target)
			claimed = k8s_claim_of_kind(patch->target);
		rendered_add(&k->patches, &claimed, docs.loc);
	}
}

void kustomization_add_patch(struct lang *l, uint32_t file, struct loc loc,
			     const struct k8s_claimed *claimed)
{
	rendered_add(&beside(l, sources_get(&l->sources, file)->name)->patches, claimed, loc);
}

static bool is_worth_telling(const struct kustomization *k)
{
	return k->patches.policies || k->patches.endpoints;
}

/* Policies are looked for where they are; of a workload the patch says little. */
static void tell_one(struct lang *l, const struct kustomization *k)
{
	const struct rendered *p = &k->patches;
	_cleanup_buf_ struct buf what = {0};
	struct diag_item *item;

	rendered_put(p, &what);
	item = (p->policies ? diag_warning : diag_info)(
		&l->diag, p->policies ? p->first : LOC_NONE, CODE_SKIPPED,
		"the kustomize patches in '%s' are not applied: %s", k->dir, buf_str(&what));
	diag_note(&l->diag, item, LOC_NONE,
		  "what comes of them is read with: polc check --kustomize %s",
		  k->there ? k->dir : "DIRECTORY");
}

enum { MAX_TOLD = 3 };

static void tell_together(struct lang *l, size_t n, size_t endpoints)
{
	struct diag_item *item;

	item = diag_info(&l->diag, LOC_NONE, CODE_SKIPPED,
			 "the kustomize patches in %zu directories are not applied: %zu workloads "
			 "and namespaces; -v lists them",
			 n, endpoints);
	diag_note(&l->diag, item, LOC_NONE,
		  "what comes of them is read with: polc check --kustomize DIRECTORY");
}

/* Kustomizations that patch no policy are told together where they are many. */
void kustomizations_tell(struct lang *l)
{
	const struct kustomizations *ks = &l->kustomizations;
	size_t n = 0, endpoints = 0;
	bool many;

	vec_each (const struct kustomization, k, &ks->list) {
		if (!is_worth_telling(k) || k->patches.policies)
			continue;
		n++;
		endpoints += k->patches.endpoints;
	}
	many = n > MAX_TOLD && !l->list_skipped;
	if (many)
		tell_together(l, n, endpoints);
	vec_each (const struct kustomization, k, &ks->list)
		if (is_worth_telling(k) && (k->patches.policies || !many))
			tell_one(l, k);
}
