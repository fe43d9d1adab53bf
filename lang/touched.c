/* SPDX-License-Identifier: Apache-2.0 */
#include "lang/touched.h"

#include <string.h>

#include "lang/gitops/gitops.h"
#include "lang/lang.h"
#include "lang/rendered.h"
#include "lang/selecting.h"
#include "lang/yaml/node.h"

struct touched *touched_new(struct arena *arena, const char *kind)
{
	struct touched *t = arena_new(arena, struct touched);

	t->arena = arena;
	t->kind = kind && *kind ? arena_strdup(arena, kind) : NULL;
	return t;
}

/* --- places --------------------------------------------------------------------------------- */

enum place { LABELS, PORTS, HOST, NAME, HOME };

static const struct {
	const char *path; /* in a Pod or in a template */
	enum place place;
	bool object; /* only of the object itself */
} places[] = {
	{"/metadata/labels", LABELS, false},
	{"/spec/containers/*/ports", PORTS, false},
	{"/spec/initContainers/*/ports", PORTS, false},
	{"/spec/hostNetwork", HOST, false},
	{"/spec/nodeName", HOST, false},
	{"/metadata/name", NAME, true},
	{"/metadata/namespace", HOME, true},
};

/* Where pods are described in each kind. */
static const struct {
	const char *kind, *prefix; /* NULL: of every other */
} templates[] = {
	{"Namespace", ""},
	{"Pod", ""},
	{"CronJob", "/spec/jobTemplate/spec/template"},
	{NULL, "/spec/template"},
};

enum { N_TEMPLATES = sizeof(templates) / sizeof(*templates) };

struct spot {
	struct touched *t;
	enum place place;
	bool template;
};

static void touch_name(struct touched *t, struct touched_names *names, const char *name)
{
	vec_push(t->arena, &names->list, arena_strdup(t->arena, name));
}

static struct touched_names *names_of(const struct spot *s)
{
	struct touched *t = s->t;

	if (s->place == PORTS)
		return &t->ports;
	return s->template ? &t->pods : &t->own;
}

/* All of what stands there. */
static void touch(const struct spot *s)
{
	switch (s->place) {
	case LABELS:
	case PORTS:
		names_of(s)->all = true;
		break;
	case HOST:
		s->t->host = true;
		break;
	case NAME:
		s->t->name = true;
		break;
	case HOME:
		s->t->moves = true;
		break;
	}
}

static const char *text_of(const struct yaml_node *n)
{
	return n && n->kind == YAML_STR ? n->text : NULL;
}

/* A port of no name is none that a policy names. */
static void touch_port(const struct spot *s, const struct yaml_node *port)
{
	const char *name = text_of(yaml_get(port, "name"));

	if (yaml_get(port, "$patch") || port->kind != YAML_MAP)
		touch(s);
	else if (name)
		touch_name(s->t, &s->t->ports, name);
}

static void touch_labels(const struct spot *s, const struct yaml_node *labels)
{
	if (yaml_get(labels, "$patch"))
		touch(s);
	vec_each (const struct yaml_pair, p, &labels->pairs)
		touch_name(s->t, names_of(s), p->key);
}

/* What is merged with it. */
static void touch_with(const struct spot *s, const struct yaml_node *value)
{
	if (s->place == LABELS && value->kind == YAML_MAP)
		touch_labels(s, value);
	else if (s->place == PORTS && value->kind == YAML_SEQ)
		vec_each (struct yaml_node *, port, &value->items)
			touch_port(s, *port);
	else
		touch(s);
}

/* --- merges ----------------------------------------------------------------------------------- */

static void merge(const struct spot *s, const struct yaml_node *n, const char *path);

static void merge_each(const struct spot *s, const struct yaml_node *n, const char *path)
{
	if (n->kind != YAML_SEQ)
		touch(s);
	else
		vec_each (struct yaml_node *, item, &n->items)
			merge(s, *item, path);
}

/* `path` leads on from here. One that ends before, in something that is no map, is taken away. */
static void merge(const struct spot *s, const struct yaml_node *n, const char *path)
{
	size_t len;

	if (!*path) {
		touch_with(s, n);
		return;
	}
	if (yaml_get(n, "$patch")) {
		touch(s);
		return;
	}
	len = strcspn(++path, "/");
	if (*path == '*') {
		merge_each(s, n, path + len);
		return;
	}
	if (n->kind != YAML_MAP) {
		touch(s);
		return;
	}
	n = yaml_get(n, arena_strndup(s->t->arena, path, len));
	if (n)
		merge(s, n, path + len);
}

/* --- operations ------------------------------------------------------------------------------- */

/* The last part of a path is a place in a list, where something is put in. */
static bool puts_in(const char *op, const char *path)
{
	const char *last = strrchr(path, '/');

	return strcmp(op, "add") == 0 && last &&
	       (strcmp(last, "/-") == 0 || (last[1] && !last[1 + strspn(last + 1, "0123456789")]));
}

/* `app.kubernetes.io~1name` */
static const char *unescape(struct arena *a, const char *part)
{
	char *out = arena_strdup(a, part), *to = out;

	for (const char *p = out; *p; p++) {
		char c = *p;

		if (c == '~' && (p[1] == '0' || p[1] == '1'))
			c = *++p == '0' ? '~' : '/';
		*to++ = c;
	}
	*to = '\0';
	return out;
}

/* Further down than the place itself. */
static void touch_below(const struct spot *s, const char *rest, const struct yaml_node *put)
{
	if (s->place == LABELS && *rest != '*')
		touch_name(s->t, names_of(s),
			   unescape(s->t->arena,
				    arena_strndup(s->t->arena, rest, strcspn(rest, "/"))));
	else if (s->place == PORTS && put && !strchr(rest, '/'))
		touch_port(s, put);
	else
		touch(s);
}

/* `put`: what is put into a list at `path`; NULL: the operation does something else there. In the
 * fields of replacements `*` is all that there is. */
static void operate(const struct spot *s, const char *place, const char *path,
		    const struct yaml_node *put)
{
	while (*place && *path) {
		size_t n = strcspn(++place, "/"), m = strcspn(++path, "/");

		if (*place != '*' && *path != '*' && (n != m || strncmp(place, path, n) != 0))
			return;
		place += n;
		path += m;
	}
	if (*path)
		touch_below(s, path + 1, put);
	else if (put)
		merge(s, put, place);
	else
		touch(s);
}

/* --- each ------------------------------------------------------------------------------------- */

typedef void place_fn(const struct spot *s, const char *path, const void *arg);

static void in_template(struct touched *t, const char *prefix, place_fn *fn, const void *arg)
{
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++)
		if (!places[i].object)
			fn(&(struct spot){t, places[i].place, *prefix},
			   arena_printf(t->arena, "%s%s", prefix, places[i].path), arg);
}

static void in_templates(struct touched *t, place_fn *fn, const void *arg)
{
	for (size_t i = 0; i < N_TEMPLATES; i++) {
		const char *kind = templates[i].kind;

		if (t->kind && kind && strcmp(kind, t->kind) != 0)
			continue;
		in_template(t, templates[i].prefix, fn, arg);
		if (t->kind)
			break;
	}
}

static void in_object(struct touched *t, place_fn *fn, const void *arg)
{
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++)
		if (places[i].object)
			fn(&(struct spot){t, places[i].place, false}, places[i].path, arg);
}

static void merge_at(const struct spot *s, const char *path, const void *patch)
{
	merge(s, patch, path);
}

struct operation {
	const char *path;
	const struct yaml_node *put;
};

static void operate_at(const struct spot *s, const char *path, const void *operation)
{
	const struct operation *o = operation;

	operate(s, path, o->path, o->put);
}

static void operate_everywhere(struct touched *t, const char *path, const struct yaml_node *put)
{
	const struct operation o = {path, put};

	in_templates(t, operate_at, &o);
	in_object(t, operate_at, &o);
}

static void touched_by_operation(struct touched *t, const struct yaml_node *n)
{
	const char *op = text_of(yaml_get(n, "op")), *path = text_of(yaml_get(n, "path"));
	const char *from = text_of(yaml_get(n, "from"));

	if (!op || !path || (*path && *path != '/')) {
		t->all = true;
		return;
	}
	if (strcmp(op, "test") == 0)
		return;
	operate_everywhere(t, path, puts_in(op, path) ? yaml_get(n, "value") : NULL);
	if (from && strcmp(op, "move") == 0)
		operate_everywhere(t, from, NULL);
}

void touched_by_patch(struct touched *t, const struct yaml_node *patch)
{
	if (patch->kind == YAML_MAP) {
		in_templates(t, merge_at, patch);
	} else if (patch->kind == YAML_SEQ) {
		vec_each (struct yaml_node *, item, &patch->items)
			touched_by_operation(t, *item);
	} else {
		t->all |= patch->kind != YAML_NULL;
	}
}

/* Several documents may be for several kinds. */
static void read_patches(struct touched *t, struct yaml_stream *s, struct arena *scratch, bool told)
{
	struct yaml_node *root;
	int got;

	for (size_t n = 0; (got = yaml_stream_next(s, scratch, &root)) != 0; n++) {
		const char *kind = got > 0 ? text_of(yaml_get(root, "kind")) : NULL;

		if (!told)
			t->kind = kind && !n ? arena_strdup(t->arena, kind) : NULL;
		t->all |= got < 0;
		if (got > 0)
			touched_by_patch(t, root);
	}
}

struct touched *touched_by_text(const struct lang *l, struct arena *arena, const char *text,
				size_t len, const char *kind)
{
	struct touched *t = touched_new(arena, kind);
	struct yaml_stream *s;
	struct lang own;

	kustomize_world_init(&own, l, "patch", text, len);
	s = yaml_stream_new(&own, 0);
	read_patches(t, s, &own.arena, kind);
	yaml_stream_free(&s);
	lang_fini(&own);
	return t;
}

/* Parts end at dots, but for those in brackets and behind a backslash. */
void touched_by_field(struct touched *t, const char *field)
{
	char *path = arena_alloc(t->arena, 2 * strlen(field) + 2), *to = path;
	bool inside = false;

	*to++ = '/';
	for (; *field; field++) {
		if (*field == '\\' && field[1])
			field++;
		else if (*field == '.' && !inside) {
			*to++ = '/';
			continue;
		}
		inside = *field == '[' || (inside && *field != ']');
		if (*field == '/') {
			*to++ = '~';
			*to++ = '1';
		} else {
			*to++ = *field;
		}
	}
	*to = '\0';
	operate_everywhere(t, path, NULL);
}

void touched_by_labels(struct touched *t, const struct yaml_node *labels, bool in_pods)
{
	touch_with(&(struct spot){t, LABELS, false}, labels);
	if (in_pods)
		touch_with(&(struct spot){t, LABELS, true}, labels);
}

/* --- does it matter? ---------------------------------------------------------------------------
 */

static bool is_some(const struct touched_names *names)
{
	return names->all || names->list.n;
}

bool touched_something(const struct touched *t)
{
	return t->all || t->host || t->name || t->moves || is_some(&t->own) || is_some(&t->pods) ||
	       is_some(&t->ports);
}

static bool are_known(const struct touched_names *names, const struct intern *by)
{
	if (names->all)
		return by->strings.n > 0;
	vec_each (const char *, name, &names->list)
		if (intern_find(by, *name) != INTERN_NONE)
			return true;
	return false;
}

static bool moves(const struct touched *t, const struct selecting *by, const struct ast_item *item)
{
	const struct ast_name *home = gitops_home_of(item);

	return t->moves && (!t->ns || strcmp(home->s, t->ns) != 0) &&
	       selecting_tells_apart(by, home->s, t->ns);
}

static bool counts_for_pods(const struct touched *t, const struct selecting *by,
			    const struct ast_endpoint *ep)
{
	if (t->name && strcmp(ep->kind, "StatefulSet") == 0 && by->pods.strings.n)
		return true;
	return ((t->all || t->host) && by->policies) ||
	       are_known(ep->workload ? &t->pods : &t->own, &by->pods) ||
	       are_known(&t->ports, &by->ports);
}

static bool counts_for_namespace(const struct touched *t, const struct selecting *by,
				 const char *name)
{
	return (t->all && by->policies) || are_known(&t->own, &by->namespaces) ||
	       (t->name && selecting_tells_apart(by, name, NULL));
}

static bool is_for(const struct touched *t, const char *kind)
{
	return !t->kind || strcmp(t->kind, kind) == 0;
}

bool touched_counts(const struct touched *t, const struct selecting *by,
		    const struct ast_item *item)
{
	switch (item->kind) {
	case AST_ITEM_ENDPOINT:
		return is_for(t, item->endpoint->kind) &&
		       (counts_for_pods(t, by, item->endpoint) || moves(t, by, item));
	case AST_ITEM_NAMESPACE:
		return is_for(t, "Namespace") &&
		       (counts_for_namespace(t, by, item->ns->name.s) || moves(t, by, item));
	default:
		return false;
	}
}
