/* SPDX-License-Identifier: Apache-2.0 */
/* Kustomizations: which files are patches, and of what; what they change of all that they bring. */
#include <ctype.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lang/base/buf.h"
#include "lang/base/codes.h"
#include "lang/base/path.h"
#include "lang/confine.h"
#include "lang/lang_internal.h"
#include "lang/rendered.h"
#include "lang/touched.h"
#include "lang/yaml/k8s/claim.h"
#include "lang/yaml/k8s/readers.h"
#include "lang/yaml/node.h"

static const char *const names[] = {"kustomization.yaml", "kustomization.yml", "Kustomization"};

void kustomizations_init(struct kustomizations *k, struct arena *arena)
{
	*k = (struct kustomizations){.arena = arena};
	intern_init(&k->dirs, arena);
	intern_init(&k->files, arena);
	intern_init(&k->looked, arena);
	intern_init(&k->above, arena);
}

const char *kustomization_file_name(size_t i)
{
	return i < sizeof(names) / sizeof(*names) ? names[i] : NULL;
}

bool kustomization_is_file(const char *path)
{
	const char *name = path_base(path), *known;

	for (size_t i = 0; (known = kustomization_file_name(i)); i++)
		if (strcmp(name, known) == 0)
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
	bool names_only; /* of patches */
	bool input;
};

static struct kustomization *found(const struct look *look)
{
	struct kustomizations *k = &look->l->kustomizations;
	size_t at = at_dir(k, look->dir);

	return &k->list.v[at];
}

static const char *text_of(const struct yaml_node *n)
{
	return n && n->kind == YAML_STR ? n->text : NULL;
}

/* Whom a patch is for, as it says itself or as the kustomization does: kustomize goes by that. */
static struct k8s_claimed aimed(struct k8s_claimed claimed, const char *target)
{
	struct k8s_claimed other;

	if (!target)
		return claimed;
	other = k8s_claim_of_kind(target);
	return k8s_claims_policy(&other) || claimed.claim == K8S_CLAIM_NOTHING ? other : claimed;
}

static void add_change(struct kustomizations *k, size_t at, struct kustomize_change change)
{
	vec_push(k->arena, &k->list.v[at].changes, change);
}

/* Where a patch is put. */
struct patched {
	size_t owner;
	struct kustomize_patch *file; /* NULL: it has none that is named */
	const char *target;           /* a kind; NULL: as it says itself */
	bool any, several, inventory; /* see struct kustomize_patch */
};

static void add_patch_change(struct lang *l, const struct patched *p,
			     struct kustomize_change change)
{
	if (p->file)
		vec_push(&l->arena, &p->file->changes, change);
	else
		add_change(&l->kustomizations, p->owner, change);
}

/* What cannot be read, as `text` is NULL, may be anything. */
static const struct touched *touched_by(struct lang *l, const struct patched *p, const char *text,
					size_t len)
{
	const char *kind = p->any || p->several ? TOUCHED_ANY : p->target;
	struct touched *t;

	if (text)
		return touched_by_text(l, &l->arena, text, len, kind);
	t = touched_new(&l->arena, kind);
	t->all = true;
	return t;
}

/* One of a policy, a workload or a Namespace, or of what may be any. */
static void count_patch(struct lang *l, const struct patched *p, const struct k8s_claimed *claimed,
			struct kustomize_change change, const char *text, size_t len)
{
	const char *what = claimed->claim == K8S_CLAIM_NOTHING
				   ? NULL
				   : arena_printf(&l->arena, "patch of %s", claimed->kind);

	if (k8s_claims_policy(claimed)) {
		if (p->inventory)
			return;
		unread_add_change(&l->unread, what, change.loc, change.whole, change.named)
			->unseen |= change.unseen;
		return;
	}
	if (!what && !p->any && !p->several)
		return;
	change.what = what && !p->any ? what : "patch";
	change.policies = p->any && !p->inventory;
	change.touched = touched_by(l, p, text, len);
	if (p->any || touched_something(change.touched))
		add_patch_change(l, p, change);
}

/* One of a GitOps object, that has to do with what this brings or changes. */
static void count_gitops_patch(struct lang *l, size_t owner, const char *kind,
			       struct kustomize_change change)
{
	if (!kind)
		return;
	rendered_add_gitops(&l->kustomizations.list.v[owner].patches, change.loc);
	unread_add_change(&l->unread, arena_printf(&l->arena, "patch of %s", kind), change.loc,
			  change.whole, change.named)
		->unseen |= change.unseen;
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

/* One more than that it has. */
static void add_target(struct kustomize_patch *patch, const char *kind)
{
	const struct k8s_claimed claimed = k8s_claim_of_kind(kind ? kind : "");

	patch->several = true;
	patch->any |= k8s_claims_policy(&claimed);
}

static void add_file(struct look *look, const char *name, const struct kustomize_patch *of)
{
	struct kustomizations *k = &look->l->kustomizations;
	const char *path = path_join(k->arena, look->dir, name), *real = path_real(k->arena, path);
	uint32_t id = intern_add(&k->files, real ? real : path);
	size_t owner = at_dir(k, look->dir);
	struct kustomize_patch *had;

	if (id == k->named.n) {
		vec_push(k->arena, &k->named, *of);
		k->named.v[id].path = path;
	}
	had = &k->named.v[id];
	if (!had->owners.n || (!look->names_only && had->owners.v[had->owners.n - 1] != owner))
		vec_push(k->arena, &had->owners, owner);
	if (!same_text(had->object, of->object))
		had->object = KUSTOMIZE_ANY;
	had->counts |= of->counts;
	had->inventory &= of->inventory;
	had->any |= of->any;
	if (!same_text(had->target, of->target))
		add_target(had, of->target);
}

static void add_inline(struct look *look, const char *text, const struct kustomize_patch *of)
{
	struct lang *l = look->l;
	struct k8s_claimed claimed = aimed(k8s_claim_of(text, strlen(text), &l->arena), of->target);
	struct kustomize_change change = {.loc = of->loc, .whole = of->loc};
	size_t at = at_dir(&l->kustomizations, look->dir);
	const struct patched patched = {
		.owner = at, .target = of->target, .any = of->any, .inventory = of->inventory};

	if (look->names_only)
		return;
	kustomize_note_patch_text(l, text, strlen(text), of->object);
	rendered_add(&l->kustomizations.list.v[at].patches, &claimed, of->loc);
	count_patch(l, &patched, &claimed, change, text, strlen(text));
	if (look->input)
		count_gitops_patch(l, at, gitops_patched_text(l, text, strlen(text), of->target),
				   change);
}

/* Kinds are matched as regular expressions. */
static bool is_kind(const char *text)
{
	for (; *text; text++)
		if (!isalnum((unsigned char)*text))
			return false;
	return true;
}

/* `- path: FILE`, `- patch: TEXT`, or the one or the other as it is. */
static void add_patch(struct look *look, const struct yaml_node *n)
{
	const struct yaml_node *target = yaml_get(n, "target");
	const char *kind = target ? text_of(yaml_get(target, "kind")) : NULL;
	const char *path = text_of(yaml_get(n, "path")), *patch = text_of(yaml_get(n, "patch"));
	const char *bare = text_of(n);
	struct kustomize_patch of = {
		.counts = !look->names_only, .inventory = !look->input, .loc = n->loc};

	if (kind && is_kind(kind))
		of.target = arena_strdup(&look->l->arena, kind);
	of.any = target && !of.target;
	if (target)
		of.object = kustomize_target_name(target, &look->l->arena);
	if (bare && strpbrk(bare, "\n:"))
		patch = bare;
	else if (bare)
		path = bare;
	if (path)
		add_file(look, path, &of);
	if (patch)
		add_inline(look, patch, &of);
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

/* --- what it changes of everything ------------------------------------------------------------ */

static void add_transformers(struct look *look, const struct yaml_node *root)
{
	struct kustomizations *k = &look->l->kustomizations;
	struct kustomize_changes changes = {.l = look->l, .dir = look->dir};

	kustomize_find_changes(&changes, root);
	vec_each (struct kustomize_change, change, &changes.list) {
		change->policies &= look->input;
		change->names &= look->input;
		add_change(k, at_dir(k, look->dir), *change);
	}
}

static void take(struct look *look, const struct yaml_node *root)
{
	const char *kind = text_of(yaml_get(root, "kind"));

	found(look)->is_component = kind && strcmp(kind, "Component") == 0;
	add_patches(look, root);
	if (look->names_only)
		return;
	kustomize_note_counts(look->l, root);
	add_transformers(look, root);
	if (look->input)
		kustomize_add_sources(look->l, found(look), root);
}

static uint32_t add_aside(struct lang *l, const char *path, const struct buf *text)
{
	uint32_t file = lang_add_source(l, path, buf_str(text), text->n, LANG_YAML);

	l->sources.list.v[file].aside = true;
	return file;
}

/* In a world of its own: whatever is wrong with the file is told when it is read, or never. */
static void look_at(struct look *look, const char *path, const struct buf *text)
{
	uint32_t file = add_aside(look->l, path, text);
	struct lang own;
	struct yaml_stream *s;
	struct yaml_node *root;

	lang_init(&own);
	own.limits = look->l->limits;
	own.sources.list = look->l->sources.list;
	s = yaml_stream_new(&own, file);
	if (yaml_stream_next(s, &own.arena, &root) > 0)
		take(look, root);
	yaml_stream_free(&s);
	lang_fini(&own);
}

int kustomization_open(struct lang *l, const char *dir, const char **path)
{
	int fd = -1;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names) && fd < 0; i++) {
		*path = path_join(&l->arena, dir, names[i]);
		fd = confine_open_silently(l, *path);
	}
	return fd;
}

/* What lies above is outside of what is named, so no link is followed for it. */
static int open_above(struct lang *l, const char *dir, const char **path)
{
	struct stat st;
	int fd;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		*path = path_join(&l->arena, dir, names[i]);
		fd = open(*path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW | O_NONBLOCK);
		if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
			return fd;
		if (fd >= 0)
			close(fd);
	}
	return -1;
}

static void look_into(struct look *look)
{
	struct lang *l = look->l;
	_cleanup_buf_ struct buf text = {0};
	const char *path;
	int fd = (look->names_only ? open_above : kustomization_open)(l, look->dir, &path), err;

	if (fd < 0)
		return;
	found(look)->there = true;
	err = confine_read(l, fd, &text);
	if (!err)
		look_at(look, path, &text);
}

void kustomization_look(struct lang *l, const char *dir, enum lang_role role)
{
	struct look look = {.l = l, .dir = dir, .input = role == LANG_INPUT};
	struct intern *looked = &l->kustomizations.looked;
	const char *real = path_real(&l->arena, dir);

	if (!real || intern_find(looked, real) != INTERN_NONE)
		return;
	intern_add(looked, real);
	look_into(&look);
}

/* False: it has had it, and with it all above. */
static bool take_turn(struct intern *had, const char *dir)
{
	return intern_find(had, dir) == INTERN_NONE && intern_add(had, dir) != INTERN_NONE;
}

void kustomization_look_above(struct lang *l, const char *path, bool is_directory)
{
	struct arena *a = &l->arena;
	const char *dir = path_real(a, is_directory ? path : path_dir(a, path));
	const char *here = path_real(a, "."), *root = dir ? path_repository(a, dir) : NULL;
	bool turn = !is_directory; /* the directory itself has its own */

	while (dir && (!turn || take_turn(&l->kustomizations.above, dir))) {
		struct look look = {
			.l = l, .dir = here ? path_from(a, here, dir) : dir, .names_only = true};

		if (turn && intern_find(&l->kustomizations.looked, dir) == INTERN_NONE)
			look_into(&look);
		turn = true;
		dir = root && strcmp(dir, root) == 0 ? NULL : path_parent(a, dir);
	}
}

bool kustomization_names(const struct lang *l, const char *canonical)
{
	return intern_find(&l->kustomizations.files, canonical) != INTERN_NONE;
}

/* --- patches --------------------------------------------------------------------------------- */

/* NULL: no kustomization names this file. */
static struct kustomize_patch *patch_of(struct lang *l, const char *name)
{
	struct kustomizations *k = &l->kustomizations;
	const char *real = path_real(&l->arena, name);
	uint32_t id = real ? intern_find(&k->files, real) : INTERN_NONE;

	return id == INTERN_NONE ? NULL : &k->named.v[id];
}

/* Of the kustomization beside this file. */
static size_t beside(struct lang *l, const char *name)
{
	return at_dir(&l->kustomizations, path_dir(&l->arena, name));
}

static void take_patch(struct lang *l, uint32_t file, struct kustomize_patch *patch, size_t owner,
		       bool input)
{
	const struct patched patched = {.owner = owner,
					.file = patch,
					.target = patch ? patch->target : NULL,
					.any = patch && patch->any,
					.inventory = !input,
					.several = patch && patch->several};
	const struct loc named = patch ? patch->loc : LOC_NONE;
	const struct source *src = sources_get(&l->sources, file);
	struct kustomizations *k = &l->kustomizations;
	struct k8s_documents docs;
	struct k8s_claimed claimed;

	kustomize_note_patch_text(l, src->text, src->len, patch ? patch->object : NULL);
	k8s_documents_init(&docs, &l->sources, file, &l->arena);
	while (k8s_documents_next(&docs, &claimed)) {
		struct kustomize_change change = {
			.loc = docs.loc, .whole = docs.whole, .named = named};
		size_t len = (size_t)(docs.at - docs.text);

		claimed = aimed(claimed, patched.target);
		rendered_add(&k->list.v[owner].patches, &claimed, docs.loc);
		count_patch(l, &patched, &claimed, change, docs.text, len);
		if (input)
			count_gitops_patch(l, owner,
					   gitops_patched_text(l, docs.text, len, patched.target),
					   change);
	}
}

void kustomization_read_patch(struct lang *l, uint32_t file, enum lang_role role)
{
	const char *name = sources_get(&l->sources, file)->name;
	struct kustomize_patch *patch = patch_of(l, name);

	/* Else it went away while it was read. */
	if (patch)
		patch->read = true;
	take_patch(l, file, patch, patch ? patch->owners.v[0] : beside(l, name),
		   role == LANG_INPUT);
}

void kustomization_add_patch(struct lang *l, uint32_t file, enum lang_role role, struct loc loc,
			     struct loc whole, const struct k8s_claimed *claimed)
{
	size_t at = beside(l, sources_get(&l->sources, file)->name);

	rendered_add(&l->kustomizations.list.v[at].patches, claimed, loc);
	if (role == LANG_INPUT && k8s_claims_policy(claimed))
		count_patch(l, &(struct patched){.owner = at}, claimed,
			    (struct kustomize_change){.loc = loc, .whole = whole}, NULL, 0);
}

void kustomization_seek_patch(struct lang *l, struct kustomize_patch *patch)
{
	const struct patched patched = {.file = patch,
					.target = patch->target,
					.any = !patch->target,
					.inventory = patch->inventory};
	_cleanup_buf_ struct buf text = {0};
	struct k8s_claimed claimed = {0};
	int fd = confine_open_silently(l, patch->path), err = fd < 0 ? fd : 0;

	if (fd >= 0)
		err = confine_read(l, fd, &text);
	if (!err) {
		take_patch(l, add_aside(l, patch->path, &text), patch, patch->owners.v[0],
			   !patch->inventory);
		return;
	}
	claimed = aimed(claimed, patch->target);
	count_patch(
		l, &patched, &claimed,
		(struct kustomize_change){.loc = patch->loc, .whole = patch->loc, .unseen = true},
		NULL, 0);
}
