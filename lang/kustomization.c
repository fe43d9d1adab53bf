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

/* One of a policy, or of what may be `any`. */
static void count_patch(struct lang *l, size_t owner, const struct k8s_claimed *claimed, bool any,
			struct kustomize_change change)
{
	if (k8s_claims_policy(claimed))
		unread_add_change(&l->unread, arena_printf(&l->arena, "patch of %s", claimed->kind),
				  change.loc, change.whole, change.named)
			->unseen |= change.unseen;
	else if (any)
		add_change(&l->kustomizations, owner, change);
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

static void add_file(struct look *look, const char *name, const struct kustomize_patch *of)
{
	struct kustomizations *k = &look->l->kustomizations;
	const char *path = path_join(k->arena, look->dir, name), *real = path_real(k->arena, path);
	uint32_t id = intern_add(&k->files, real ? real : path);

	if (id == k->named.n) {
		vec_push(k->arena, &k->named, *of);
		k->named.v[id].path = path;
		k->named.v[id].owner = at_dir(k, look->dir);
	}
	if (!same_text(k->named.v[id].object, of->object))
		k->named.v[id].object = KUSTOMIZE_ANY;
	k->named.v[id].counts |= of->counts;
}

static void add_inline(struct look *look, const char *text, const struct kustomize_patch *of)
{
	struct lang *l = look->l;
	struct k8s_claimed claimed = aimed(k8s_claim_of(text, strlen(text), &l->arena), of->target);
	struct kustomize_change change = {.what = "patch", .loc = of->loc, .whole = of->loc};
	size_t at = at_dir(&l->kustomizations, look->dir);

	if (look->names_only)
		return;
	kustomize_note_patch_text(l, text, strlen(text), of->object);
	rendered_add(&l->kustomizations.list.v[at].patches, &claimed, of->loc);
	if (!look->input)
		return;
	count_patch(l, at, &claimed, of->any, change);
	count_gitops_patch(l, at, gitops_patched_text(l, text, strlen(text), of->target), change);
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
	struct kustomize_patch of = {.counts = look->input && !look->names_only, .loc = n->loc};

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

/* Labels that are not put into selectors and templates choose no pods. */
static bool chooses_pods(const struct yaml_node *labels)
{
	static const char *const fields[] = {"includeSelectors", "includeTemplates"};
	const struct yaml_node *flag;

	if (labels->kind != YAML_SEQ)
		return false;
	vec_each (struct yaml_node *, item, &labels->items) {
		for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
			flag = yaml_get(*item, fields[i]);
			if (flag && flag->kind == YAML_BOOL && flag->number)
				return true;
		}
		if (yaml_says_something(yaml_get(*item, "fields")))
			return true;
	}
	return false;
}

static const char *namespace_of(struct arena *a, const char *field, const struct yaml_node *n)
{
	bool moves = strcmp(field, "namespace") == 0 && n->kind == YAML_STR;

	return moves ? arena_strdup(a, n->text) : NULL;
}

static void add_transformers(struct look *look, const struct yaml_node *root)
{
	static const struct {
		const char *field;
		bool (*matters)(const struct yaml_node *n);
		bool names_files, names, pods;
	} fields[] = {
		{.field = "namespace", .matters = yaml_says_something, .pods = true},
		{.field = "namePrefix", .matters = yaml_says_something, .names = true},
		{.field = "nameSuffix", .matters = yaml_says_something, .names = true},
		{.field = "commonLabels", .matters = yaml_says_something, .pods = true},
		{.field = "labels", .matters = chooses_pods, .pods = true},
		{.field = "components", .matters = yaml_says_something, .names_files = true},
		{.field = "replacements", .matters = yaml_says_something, .names_files = true},
		{.field = "vars", .matters = yaml_says_something},
		{.field = "transformers", .matters = yaml_says_something, .names_files = true},
		{.field = "configurations", .matters = yaml_says_something, .names_files = true},
	};
	struct kustomizations *k = &look->l->kustomizations;

	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		const struct yaml_node *n = yaml_get(root, fields[i].field);

		if (!n || !fields[i].matters(n))
			continue;
		add_change(k, at_dir(k, look->dir),
			   (struct kustomize_change){
				   .what = fields[i].field,
				   .loc = n->loc,
				   .whole = n->loc,
				   .unseen = fields[i].names_files,
				   .names = fields[i].names,
				   .pods = fields[i].pods,
				   .ns = namespace_of(k->arena, fields[i].field, n)});
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
	if (!look->input)
		return;
	add_transformers(look, root);
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

static void take_patch(struct lang *l, uint32_t file, const struct kustomize_patch *patch,
		       size_t owner, bool input)
{
	const struct loc named = patch ? patch->loc : LOC_NONE;
	const struct source *src = sources_get(&l->sources, file);
	struct kustomizations *k = &l->kustomizations;
	struct k8s_documents docs;
	struct k8s_claimed claimed;

	kustomize_note_patch_text(l, src->text, src->len, patch ? patch->object : NULL);
	k8s_documents_init(&docs, &l->sources, file, &l->arena);
	while (k8s_documents_next(&docs, &claimed)) {
		struct kustomize_change change = {
			.what = "patch", .loc = docs.loc, .whole = docs.whole, .named = named};

		claimed = aimed(claimed, patch ? patch->target : NULL);
		rendered_add(&k->list.v[owner].patches, &claimed, docs.loc);
		if (!input)
			continue;
		count_patch(l, owner, &claimed, patch && patch->any, change);
		count_gitops_patch(l, owner,
				   gitops_patched_text(l, docs.text, (size_t)(docs.at - docs.text),
						       patch ? patch->target : NULL),
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
	take_patch(l, file, patch, patch ? patch->owner : beside(l, name), role == LANG_INPUT);
}

void kustomization_add_patch(struct lang *l, uint32_t file, enum lang_role role, struct loc loc,
			     struct loc whole, const struct k8s_claimed *claimed)
{
	size_t at = beside(l, sources_get(&l->sources, file)->name);

	rendered_add(&l->kustomizations.list.v[at].patches, claimed, loc);
	if (role == LANG_INPUT)
		count_patch(l, at, claimed, false,
			    (struct kustomize_change){
				    .what = "patch", .loc = loc, .whole = whole, .unseen = false});
}

void kustomization_seek_patch(struct lang *l, const struct kustomize_patch *patch)
{
	_cleanup_buf_ struct buf text = {0};
	struct k8s_claimed claimed = {0};
	int fd = confine_open_silently(l, patch->path), err = fd < 0 ? fd : 0;

	if (fd >= 0)
		err = confine_read(l, fd, &text);
	if (!err) {
		take_patch(l, add_aside(l, patch->path, &text), patch, patch->owner, true);
		return;
	}
	claimed = aimed(claimed, patch->target);
	count_patch(
		l, patch->owner, &claimed, !patch->target,
		(struct kustomize_change){
			.what = "patch", .loc = patch->loc, .whole = patch->loc, .unseen = true});
}
