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

bool unread_add(struct unread *u, enum unread_what what, const char *kind, const char *api,
		size_t count, struct loc loc, struct loc whole)
{
	uint32_t id = intern_add(&u->keys, arena_printf(u->arena, "%s %s", api, kind));
	bool first = id == u->kinds.n;

	if (first)
		vec_push(u->arena, &u->kinds,
			 ((struct unread_kind){.what = what,
					       .kind = arena_strdup(u->arena, kind),
					       .api = arena_strdup(u->arena, api),
					       .first = loc}));
	u->kinds.v[id].count += count;
	/* A sum, as another order of files is no change. */
	u->kinds.v[id].texts += hash_text(u->sources, whole);
	return first;
}

size_t unread_count(const struct unread *u)
{
	size_t count = 0;

	for (int what = 0; what < UNREAD_N; what++)
		count += unread_count_of(u, (enum unread_what)what);
	return count;
}

size_t unread_count_of(const struct unread *u, enum unread_what what)
{
	size_t count = 0;

	if (!u)
		return 0;
	vec_each (const struct unread_kind, k, &u->kinds)
		count += k->what == what ? k->count : 0;
	return count;
}

void unread_select(const struct unread *u, enum unread_what what, struct unread *out)
{
	unread_init(out, u->arena, u->sources);
	for (size_t i = 0; i < u->kinds.n; i++) {
		if (u->kinds.v[i].what != what)
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

/* --- text ------------------------------------------------------------------------------------ */

/* More kinds than a line has room for; JSON has them all. */
enum { MAX_SHOWN = 12 };

/* Several groups have a kind of this name, or the one that is read has it. */
static bool is_ambiguous(const struct unread *u, const struct unread_kind *k)
{
	if (strcmp(k->kind, "NetworkPolicy") == 0)
		return true;
	vec_each (const struct unread_kind, other, &u->kinds) {
		if (other != k && strcmp(other->kind, k->kind) == 0)
			return true;
	}
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

/* What to call all of a sort, one and many. */
static const char *const *words_of(const struct unread *u, enum unread_what what)
{
	static const struct {
		const char *kind; /* NULL: any other */
		const char *words[2];
	} rows[] = {
		{"Namespace", {"namespace is", "namespaces are"}},
		{"Node", {"node is", "nodes are"}},
		{NULL, {"workload is", "workloads are"}},
	};
	static const char *const policies[] = {"policy is", "policies are"};
	static const char *const mixed[] = {"object of the inventory is",
					    "objects of the inventory are"};
	const char *const *words = NULL;

	if (what == UNREAD_POLICY)
		return policies;
	vec_each (const struct unread_kind, k, &u->kinds) {
		size_t row = 0;

		if (k->what != what)
			continue;
		while (rows[row].kind && strcmp(rows[row].kind, k->kind) != 0)
			row++;
		if (words && words != rows[row].words)
			return mixed;
		words = rows[row].words;
	}
	return words ? words : mixed;
}

static void put_what(const struct unread *u, enum unread_what what, struct buf *out)
{
	size_t count = unread_count_of(u, what), shown = 0, more = 0;

	buf_printf(out, "%zu %s not read (", count, words_of(u, what)[count != 1]);
	vec_each (const struct unread_kind, k, &u->kinds) {
		if (k->what != what)
			continue;
		if (shown == MAX_SHOWN) {
			more++;
			continue;
		}
		buf_puts(out, shown++ ? ", " : "");
		put_kind(u, k, out);
	}
	if (more)
		buf_printf(out, " and %zu more kinds", more);
	buf_putc(out, ')');
}

void unread_put_text(const struct unread *u, struct buf *out)
{
	const char *separator = "";

	for (int what = 0; what < UNREAD_N; what++) {
		if (!unread_count_of(u, (enum unread_what)what))
			continue;
		buf_puts(out, separator);
		put_what(u, (enum unread_what)what, out);
		separator = "; ";
	}
	if (!*separator)
		buf_puts(out, "0 policies are not read");
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

	json_object_set_new(out, "kind", diag_value_text(k->kind));
	json_object_set_new(out, "apiVersion", diag_value_text(k->api));
	json_object_set_new(out, "count", json_integer((json_int_t)k->count));
	if (k->what == UNREAD_OBJECT)
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
