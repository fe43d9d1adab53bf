/* SPDX-License-Identifier: Apache-2.0 */
#include "lang/base/unread.h"

#include <string.h>

#include "lang/base/buf.h"
#include "lang/base/diag_value.h"

void unread_init(struct unread *u, struct arena *arena, const struct sources *sources)
{
	*u = (struct unread){.arena = arena, .sources = sources};
	intern_init(&u->keys, arena);
}

static uint64_t hash_text(const struct sources *sources, struct loc loc)
{
	const struct source *src = sources_get(sources, loc.file);
	const char *begin, *end;

	if (!src || !loc.line)
		return 0;
	begin = source_line_start(src, loc.line) + loc.col - 1;
	end = loc.end_line ? source_line_start(src, loc.end_line) + loc.end_col - 1 : begin;
	if (end > src->text + src->len)
		end = src->text + src->len;
	return end > begin ? hash_bytes(begin, (size_t)(end - begin)) : 0;
}

/* `whole` and `other` are texts that say what it is; either may be LOC_NONE. */
static struct unread_kind *add(struct unread *u, struct unread_kind of, struct loc whole,
			       struct loc other)
{
	uint32_t id =
		intern_add(&u->keys, arena_printf(u->arena, "%d %s %s", of.sort, of.api, of.kind));

	if (id == u->kinds.n)
		vec_push(u->arena, &u->kinds,
			 ((struct unread_kind){.sort = of.sort,
					       .kind = arena_strdup(u->arena, of.kind),
					       .api = arena_strdup(u->arena, of.api),
					       .first = of.first}));
	u->kinds.v[id].count += of.count;
	/* A sum, as another order of files is no change. */
	u->kinds.v[id].texts += hash_text(u->sources, whole) + hash_text(u->sources, other);
	return &u->kinds.v[id];
}

struct unread_kind *unread_add(struct unread *u, enum unread_sort sort, const char *kind,
			       const char *api, size_t count, struct loc loc, struct loc whole)
{
	return add(u,
		   (struct unread_kind){
			   .sort = sort, .kind = kind, .api = api, .count = count, .first = loc},
		   whole, LOC_NONE);
}

#define KUSTOMIZE_API "kustomize.config.k8s.io/v1beta1"

struct unread_kind *unread_add_change(struct unread *u, const char *what, struct loc loc,
				      struct loc whole, struct loc named)
{
	return add(u,
		   (struct unread_kind){.sort = UNREAD_CHANGE,
					.kind = what,
					.api = KUSTOMIZE_API,
					.count = 1,
					.first = loc},
		   whole, named);
}

struct unread_kind *unread_add_source(struct unread *u, const char *what, struct loc loc,
				      struct loc whole)
{
	return unread_add(u, UNREAD_SOURCE, what, KUSTOMIZE_API, 1, loc, whole);
}

void unread_add_variant(struct unread *u, const char *kind, size_t count, struct loc loc,
			struct loc whole, struct loc other)
{
	add(u,
	    (struct unread_kind){.sort = UNREAD_VARIANT,
				 .kind = kind,
				 .api = "networking.k8s.io/v1",
				 .count = count,
				 .first = loc},
	    whole, other);
}

static size_t count_sort(const struct unread *u, enum unread_sort sort)
{
	size_t count = 0;

	if (!u)
		return 0;
	vec_each (const struct unread_kind, k, &u->kinds)
		count += k->sort == sort ? k->count : 0;
	return count;
}

size_t unread_count(const struct unread *u)
{
	size_t count = 0;

	if (!u)
		return 0;
	vec_each (const struct unread_kind, k, &u->kinds)
		count += k->count;
	return count;
}

size_t unread_count_policies(const struct unread *u)
{
	return unread_count(u) - count_sort(u, UNREAD_OBJECT);
}

void unread_select(const struct unread *u, bool inventory, struct unread *out)
{
	unread_init(out, u->arena, u->sources);
	for (size_t i = 0; i < u->kinds.n; i++) {
		if ((u->kinds.v[i].sort == UNREAD_OBJECT) != inventory)
			continue;
		intern_add(&out->keys, intern_str(&u->keys, (uint32_t)i));
		vec_push(out->arena, &out->kinds, u->kinds.v[i]);
	}
}

bool unread_same(const struct unread *a, const struct unread *b)
{
	size_t n = a ? a->kinds.n : 0;

	if (n != (b ? b->kinds.n : 0))
		return false;
	for (size_t i = 0; i < n; i++) {
		const struct unread_kind *k = &a->kinds.v[i], *other;
		uint32_t id = intern_find(&b->keys, intern_str(&a->keys, (uint32_t)i));

		if (id == INTERN_NONE)
			return false;
		other = &b->kinds.v[id];
		if (k->count != other->count || k->texts != other->texts)
			return false;
	}
	return true;
}

bool unread_has_unseen(const struct unread *u)
{
	if (u)
		vec_each (const struct unread_kind, k, &u->kinds)
			if (k->unseen)
				return true;
	return false;
}

/* --- text ------------------------------------------------------------------------------------ */

/* More kinds than a line has room for; JSON has them all. */
enum { MAX_SHOWN = 12 };

static const struct {
	const char *json, *one, *many;
} sorts[] = {
#define X(name, json, one, many) [UNREAD_##name] = {json, one, many},
	UNREAD_SORTS(X)
#undef X
};

const char *unread_matter(const struct unread_kind *k)
{
	return sorts[k->sort].many;
}

/* Several groups or versions have a kind of this name, or the one that is read has it. */
static bool is_ambiguous(const struct unread *u, const struct unread_kind *k)
{
	if (k->sort == UNREAD_POLICY && strcmp(k->kind, "NetworkPolicy") == 0)
		return true;
	vec_each (const struct unread_kind, other, &u->kinds)
		if (other != k && other->sort == k->sort && strcmp(other->kind, k->kind) == 0)
			return true;
	return false;
}

static void put_kind(const struct unread *u, const struct unread_kind *k, struct buf *out)
{
	if (*k->api && is_ambiguous(u, k)) {
		buf_add_shown(out, k->api, strlen(k->api));
		buf_putc(out, ' ');
	}
	buf_add_shown(out, k->kind, strlen(k->kind));
	buf_printf(out, " %zu", k->count);
}

/* What is the matter with all of a sort, of one and of many; if they are of one kind, in its word.
 */
struct matter {
	const char *one, *many;
};

static struct matter matter_of(const struct unread *u, enum unread_sort sort)
{
	static const struct {
		const char *kind; /* NULL: any other */
		struct matter matter;
	} rows[] = {
		{"Namespace", {"namespace is not read", "namespaces are not read"}},
		{"Node", {"node is not read", "nodes are not read"}},
		{NULL, {"workload is not read", "workloads are not read"}},
	};
	const struct matter any = {sorts[sort].one, sorts[sort].many}, *all = NULL;

	if (sort != UNREAD_OBJECT)
		return any;
	vec_each (const struct unread_kind, k, &u->kinds) {
		size_t row = 0;

		if (k->sort != sort)
			continue;
		while (rows[row].kind && strcmp(rows[row].kind, k->kind) != 0)
			row++;
		if (all && all != &rows[row].matter)
			return any;
		all = &rows[row].matter;
	}
	return all ? *all : any;
}

static void put_sort(const struct unread *u, enum unread_sort sort, size_t count, struct buf *out)
{
	const struct matter matter = matter_of(u, sort);
	size_t shown = 0;

	buf_printf(out, "%zu %s", count, count == 1 ? matter.one : matter.many);
	vec_each (const struct unread_kind, k, &u->kinds) {
		if (k->sort != sort || shown++ >= MAX_SHOWN)
			continue;
		buf_puts(out, shown > 1 ? ", " : " (");
		put_kind(u, k, out);
	}
	if (shown > MAX_SHOWN)
		buf_printf(out, " and %zu more kinds", shown - MAX_SHOWN);
	if (shown)
		buf_putc(out, ')');
}

void unread_put_text(const struct unread *u, struct buf *out)
{
	const char *sep = "";

	for (size_t sort = 0; sort < sizeof(sorts) / sizeof(*sorts); sort++) {
		size_t count = count_sort(u, sort);

		if (!count)
			continue;
		buf_puts(out, sep);
		put_sort(u, sort, count, out);
		sep = "; ";
	}
	if (!*sep)
		put_sort(u, UNREAD_POLICY, 0, out);
}

void unread_put_line(const struct unread *u, struct buf *out)
{
	if (!unread_count(u))
		return;
	buf_puts(out, "incomplete: ");
	unread_put_text(u, out);
	buf_putc(out, '\n');
}

/* --- JSON ------------------------------------------------------------------------------------ */

static json_t *kind_json(const struct unread *u, const struct unread_kind *k)
{
	const struct source *src = sources_get(u->sources, k->first.file);
	json_t *out = json_object();

	json_object_set_new(out, "why", json_string(sorts[k->sort].json));
	json_object_set_new(out, "kind", diag_value_text(k->kind));
	json_object_set_new(out, "apiVersion", diag_value_text(k->api));
	json_object_set_new(out, "count", json_integer((json_int_t)k->count));
	if (k->sort == UNREAD_OBJECT)
		json_object_set_new(out, "inventory", json_true());
	if (src && k->first.line) {
		json_object_set_new(out, "file", diag_value_text(src->name));
		json_object_set_new(out, "line", json_integer(k->first.line));
	}
	return out;
}

json_t *unread_json(const struct unread *u)
{
	json_t *out = json_array();

	if (!u)
		return out;
	vec_each (const struct unread_kind, k, &u->kinds)
		json_array_append_new(out, kind_json(u, k));
	return out;
}

void unread_set_json(const struct unread *u, json_t *object)
{
	if (unread_count(u))
		json_object_set_new(object, "incomplete", unread_json(u));
}
