/* SPDX-License-Identifier: Apache-2.0 */
/* libyaml's events to nodes. The refusals that need no knowledge of fields live here. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "lang/base/codes.h"
#include "lang/base/intern.h"
#include "lang/lang.h"
#include "lang/yaml/marks.h"
#include "lang/yaml/node.h"
#include "lang/yaml/problem.h"

#define CORE_TAG "tag:yaml.org,2002:"

struct yaml_stream {
	struct lang *l;
	const struct source *src;
	struct arena scratch; /* the line table */
	struct yaml_marks marks;
	yaml_parser_t parser;
	size_t base;        /* the line where the parser was started */
	size_t doc_line;    /* where the current document starts */
	size_t weight;      /* nodes of the file so far, aliases expanded */
	size_t failed_line; /* where the last error stopped the parser */
	bool open, ended, limited;

	/* Of the current document. */
	struct arena *arena;
	struct intern anchors;
	VEC(struct yaml_node *) anchored; /* by anchor; NULL while it is still open */
	bool broken;                      /* something was reported */
};

/* --- nodes ------------------------------------------------------------------------- */

const char *yaml_kind_name(enum yaml_kind k)
{
	static const char *const names[] = {
#define X(name, text) [YAML_##name] = text,
		YAML_KINDS(X)
#undef X
	};

	return names[k];
}

const struct yaml_node *yaml_get(const struct yaml_node *map, const char *key)
{
	if (map->kind != YAML_MAP)
		return NULL;
	vec_each (const struct yaml_pair, p, &map->pairs)
		if (strcmp(p->key, key) == 0)
			return p->value;
	return NULL;
}

/* --- reporting --------------------------------------------------------------------- */

/* Reports in the current document, which is then refused as a whole at its end. */
#define REPORT(s, loc, code, ...)                                                                  \
	((s)->broken = true, diag_error(&(s)->l->diag, (loc), (code), __VA_ARGS__))

static struct loc event_loc(struct yaml_stream *s, const yaml_event_t *e)
{
	return yaml_marks_loc(&s->marks, s->base, e->start_mark, e->end_mark);
}

/* Counts `weight` more nodes at `loc`. Past the limit the whole file is given up, as it is
 * after more errors than anybody is told. */
static int charge(struct yaml_stream *s, struct loc loc, uint32_t weight)
{
	if (s->broken && s->l->diag.errors > DIAG_MAX_ERRORS) {
		s->limited = true;
		return -EINVAL;
	}
	s->weight += weight;
	if (s->weight <= s->l->limits.yaml_nodes)
		return 0;
	REPORT(s, loc, CODE_LIMIT,
	       "the file has more than %zu YAML nodes, each use of an alias counted in full: "
	       "split the file or write fewer aliases",
	       s->l->limits.yaml_nodes);
	s->limited = true;
	return -EINVAL;
}

static int next_event(struct yaml_stream *s, yaml_event_t *e)
{
	if (!yaml_parser_parse(&s->parser, e)) {
		s->broken = true;
		s->failed_line = yaml_report_problem(&s->l->diag, &s->marks, s->base, &s->parser);
		return -EINVAL;
	}
	s->failed_line = s->base + e->start_mark.line;
	return 0;
}

/* --- tags and anchors -------------------------------------------------------------- */

static void anchor_open(struct yaml_stream *s, const yaml_char_t *name, uint32_t *id)
{
	*id = INTERN_NONE;
	if (!name)
		return;
	*id = intern_add(&s->anchors, (const char *)name);
	if (*id == s->anchored.n)
		vec_push(s->arena, &s->anchored, NULL);
	s->anchored.v[*id] = NULL;
}

static void anchor_close(struct yaml_stream *s, uint32_t id, struct yaml_node *n)
{
	if (id != INTERN_NONE)
		s->anchored.v[id] = n;
}

static void report_tag(struct yaml_stream *s, struct loc loc, const char *tag)
{
	size_t core = strlen(CORE_TAG);
	bool is_core = strncmp(tag, CORE_TAG, core) == 0; /* written as !!int */

	REPORT(s, loc, CODE_BAD_TYPE,
	       "the tag '%s%s' has no meaning for this value in a Kubernetes object: remove it",
	       is_core ? "!!" : "", yaml_show(s->arena, is_core ? tag + core : tag));
}

static void check_collection_tag(struct yaml_stream *s, struct loc loc, const yaml_char_t *tag,
				 const char *core)
{
	const char *t = (const char *)tag;

	if (t && strcmp(t, "!") != 0 && strcmp(t, core) != 0)
		report_tag(s, loc, t);
}

/* --- scalars ----------------------------------------------------------------------- */

/* `!!str 80` is a string; `!!int 80` must look like one. */
static void type_by_tag(struct yaml_stream *s, struct yaml_node *n, const char *tag)
{
	static const struct {
		const char *tag;
		enum yaml_kind kind;
	} tags[] = {
		{CORE_TAG "null", YAML_NULL},
		{CORE_TAG "bool", YAML_BOOL},
		{CORE_TAG "int", YAML_INT},
		{CORE_TAG "float", YAML_FLOAT},
	};
	enum yaml_kind kind = yaml_resolve(n->text, &n->number);

	n->kind = YAML_STR;
	n->quoted = true;
	if (strcmp(tag, "!") == 0 || strcmp(tag, CORE_TAG "str") == 0)
		return;
	for (size_t i = 0; i < sizeof(tags) / sizeof(*tags); i++) {
		if (strcmp(tag, tags[i].tag) != 0 || kind != tags[i].kind)
			continue;
		n->kind = kind;
		n->quoted = false;
		return;
	}
	report_tag(s, n->loc, tag);
}

static void compose_scalar(struct yaml_stream *s, const yaml_event_t *e, struct yaml_node *n)
{
	const char *value = (const char *)e->data.scalar.value;
	uint32_t anchor;

	anchor_open(s, e->data.scalar.anchor, &anchor);
	n->text = arena_strndup(s->arena, value, e->data.scalar.length);
	n->quoted = e->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
	if (strlen(n->text) != e->data.scalar.length)
		REPORT(s, n->loc, CODE_BAD_VALUE, "the text holds a NUL character");
	if (e->data.scalar.tag)
		type_by_tag(s, n, (const char *)e->data.scalar.tag);
	else if (n->quoted)
		n->kind = YAML_STR;
	else
		n->kind = yaml_resolve(n->text, &n->number);
	anchor_close(s, anchor, n);
}

/* --- collections ------------------------------------------------------------------- */

static int compose(struct yaml_stream *s, const yaml_event_t *e, unsigned depth,
		   struct yaml_node **out);

/* libyaml ends a block collection where the next token begins; ours ends with its content. */
static void close_collection(struct yaml_node *n, const yaml_event_t *end, struct loc end_loc,
			     struct loc last)
{
	bool flow = end->start_mark.index != end->end_mark.index;

	n->loc = loc_join(n->loc, flow ? end_loc : last);
}

static void add_weight(struct yaml_node *n, const struct yaml_node *child)
{
	if (__builtin_add_overflow(n->weight, child->weight, &n->weight))
		n->weight = UINT32_MAX;
}

static int compose_seq(struct yaml_stream *s, const yaml_event_t *start, unsigned depth,
		       struct yaml_node *n)
{
	struct loc last = n->loc;
	uint32_t anchor;
	yaml_event_t e;

	anchor_open(s, start->data.sequence_start.anchor, &anchor);
	check_collection_tag(s, n->loc, start->data.sequence_start.tag, YAML_SEQ_TAG);
	for (;;) {
		struct yaml_node *item;
		int r = next_event(s, &e);

		if (r < 0)
			return r;
		if (e.type == YAML_SEQUENCE_END_EVENT)
			break;
		r = compose(s, &e, depth, &item);
		yaml_event_delete(&e);
		if (r < 0)
			return r;
		vec_push(s->arena, &n->items, item);
		add_weight(n, item);
		last = item->loc;
	}
	close_collection(n, &e, event_loc(s, &e), last);
	yaml_event_delete(&e);
	anchor_close(s, anchor, n);
	return 0;
}

/* The text of a key, NULL (reported) for what cannot be one. */
static const char *key_text(struct yaml_stream *s, const yaml_event_t *e,
			    const struct yaml_node *key)
{
	struct diag_item *item;

	if (e->type == YAML_ALIAS_EVENT || key->kind > YAML_STR) {
		REPORT(s, key->loc, CODE_BAD_TYPE, "a key must be a plain string, not %s",
		       e->type == YAML_ALIAS_EVENT ? "an alias" : yaml_kind_name(key->kind));
		return NULL;
	}
	if (key->kind == YAML_STR && !key->quoted && strcmp(key->text, "<<") == 0) {
		REPORT(s, key->loc, CODE_NOT_SUPPORTED,
		       "the merge key '<<' is not read: write the merged fields out");
		return NULL;
	}
	if (key->kind == YAML_STR)
		return key->text;
	item = REPORT(s, key->loc, CODE_BAD_TYPE, "a key must be a string, but '%s' is %s",
		      yaml_show(s->arena, key->text), yaml_kind_name(key->kind));
	diag_fix(&s->l->diag, item, key->loc, arena_printf(s->arena, "\"%s\"", key->text),
		 "quote it");
	return NULL;
}

enum { FEW_KEYS = 16 };

/* The index of an equal earlier key, or the number of pairs. Large mappings hash. */
static size_t find_pair(struct yaml_stream *s, const struct yaml_node *n, struct intern *keys,
			const char *key)
{
	if (n->pairs.n < FEW_KEYS) {
		size_t i = 0;

		while (i < n->pairs.n && strcmp(n->pairs.v[i].key, key) != 0)
			i++;
		return i;
	}
	if (n->pairs.n == FEW_KEYS && !keys->arena) {
		intern_init(keys, s->arena);
		vec_each (const struct yaml_pair, p, &n->pairs)
			intern_add(keys, p->key);
	}
	return intern_add(keys, key);
}

static void add_pair(struct yaml_stream *s, struct yaml_node *n, struct intern *keys,
		     struct yaml_pair pair)
{
	size_t i = find_pair(s, n, keys, pair.key);

	if (i == n->pairs.n) {
		vec_push(s->arena, &n->pairs, pair);
		return;
	}
	diag_note(&s->l->diag,
		  REPORT(s, pair.key_loc, CODE_DUPLICATE,
			 "the key '%s' is given twice: only one of its values can count",
			 yaml_show(s->arena, pair.key)),
		  n->pairs.v[i].key_loc, "first given here");
}

static int compose_map(struct yaml_stream *s, const yaml_event_t *start, unsigned depth,
		       struct yaml_node *n)
{
	struct loc last = n->loc;
	struct intern keys = {0};
	uint32_t anchor;
	yaml_event_t e;

	anchor_open(s, start->data.mapping_start.anchor, &anchor);
	check_collection_tag(s, n->loc, start->data.mapping_start.tag, YAML_MAP_TAG);
	for (;;) {
		struct yaml_node *key, *value;
		const char *text = NULL;
		int r = next_event(s, &e);

		if (r < 0)
			return r;
		if (e.type == YAML_MAPPING_END_EVENT)
			break;
		r = compose(s, &e, depth, &key);
		if (r == 0)
			text = key_text(s, &e, key);
		yaml_event_delete(&e);
		if (r < 0 || (r = next_event(s, &e)) < 0)
			return r;
		r = compose(s, &e, depth, &value);
		yaml_event_delete(&e);
		if (r < 0)
			return r;
		add_weight(n, key);
		add_weight(n, value);
		last = value->loc;
		if (text)
			add_pair(s, n, &keys, (struct yaml_pair){key->loc, text, value});
	}
	close_collection(n, &e, event_loc(s, &e), last);
	yaml_event_delete(&e);
	anchor_close(s, anchor, n);
	return 0;
}

/* --- any node ---------------------------------------------------------------------- */

static int compose_alias(struct yaml_stream *s, const yaml_event_t *e, struct loc loc,
			 struct yaml_node **out)
{
	const char *name = (const char *)e->data.alias.anchor;
	uint32_t id = intern_find(&s->anchors, name);
	struct yaml_node *target = id == INTERN_NONE ? NULL : s->anchored.v[id];

	if (!target) {
		if (id == INTERN_NONE)
			REPORT(s, loc, CODE_UNDEFINED, "no anchor '&%s' stands before this alias",
			       yaml_show(s->arena, name));
		else
			REPORT(s, loc, CODE_CYCLE, "the anchor '&%s' would contain itself",
			       yaml_show(s->arena, name));
		target = arena_new(s->arena, struct yaml_node);
		*target = (struct yaml_node){.kind = YAML_NULL, .text = "", .loc = loc};
	}
	*out = arena_new(s->arena, struct yaml_node);
	**out = *target;
	(*out)->loc = loc;
	return charge(s, loc, target->weight);
}

static int compose(struct yaml_stream *s, const yaml_event_t *e, unsigned depth,
		   struct yaml_node **out)
{
	struct loc loc = event_loc(s, e);
	struct yaml_node *n;

	if (e->type == YAML_ALIAS_EVENT)
		return compose_alias(s, e, loc, out);
	if (charge(s, loc, 1) < 0)
		return -EINVAL;
	n = *out = arena_new(s->arena, struct yaml_node);
	n->loc = loc;
	n->weight = 1;
	if (e->type == YAML_SCALAR_EVENT) {
		compose_scalar(s, e, n);
		return 0;
	}
	if (depth >= s->l->limits.depth) {
		REPORT(s, loc, CODE_LIMIT, "YAML values are nested more than %u deep",
		       s->l->limits.depth);
		return -EINVAL;
	}
	n->kind = e->type == YAML_SEQUENCE_START_EVENT ? YAML_SEQ : YAML_MAP;
	return n->kind == YAML_SEQ ? compose_seq(s, e, depth + 1, n)
				   : compose_map(s, e, depth + 1, n);
}

/* --- documents --------------------------------------------------------------------- */

static void parser_start(struct yaml_stream *s, size_t line)
{
	size_t start = yaml_marks_line(&s->marks, line)->start;

	if (!yaml_parser_initialize(&s->parser))
		abort();
	yaml_parser_set_encoding(&s->parser, YAML_UTF8_ENCODING); /* the line starts behind a BOM */
	yaml_parser_set_input_string(&s->parser, (const unsigned char *)s->src->text + start,
				     s->src->len - start);
	s->base = s->doc_line = line;
	s->open = true;
}

static void parser_stop(struct yaml_stream *s)
{
	if (s->open)
		yaml_parser_delete(&s->parser);
	s->open = false;
}

static bool is_separator(const char *p)
{
	return strncmp(p, "---", 3) == 0 && strchr(" \t\r\n", p[3]);
}

/* After an error the next line behind it that begins with "---" starts a new document. Each
 * document starts on a later line than the one before, so this ends. */
static void resume(struct yaml_stream *s)
{
	size_t from = s->failed_line > s->doc_line ? s->failed_line : s->doc_line + 1;
	struct yaml_line line = *yaml_marks_line(&s->marks, from);
	bool more = line.index == from;

	parser_stop(s);
	while (more && !is_separator(s->src->text + line.start))
		more = yaml_line_next(&line, s->src);
	if (more)
		parser_start(s, line.index);
	else
		s->ended = true;
}

struct yaml_stream *yaml_stream_new(struct lang *l, uint32_t file)
{
	struct yaml_stream *s = calloc(1, sizeof(*s));

	if (!s)
		abort();
	s->l = l;
	s->src = sources_get(&l->sources, file);
	arena_init(&s->scratch);
	yaml_marks_init(&s->marks, &s->scratch, s->src, file);
	parser_start(s, 0);
	return s;
}

void yaml_stream_free(struct yaml_stream **sp)
{
	struct yaml_stream *s = *sp;

	if (!s)
		return;
	parser_stop(s);
	arena_fini(&s->scratch);
	free(s);
	*sp = NULL;
}

/* The root of the document whose start event was just read, and its end event. */
static int read_document(struct yaml_stream *s, struct yaml_node **out)
{
	yaml_event_t e;
	int r = next_event(s, &e);

	if (r < 0)
		return r;
	r = compose(s, &e, 0, out);
	yaml_event_delete(&e);
	if (r < 0)
		return r;
	r = next_event(s, &e);
	if (r == 0)
		yaml_event_delete(&e);
	return r;
}

int yaml_stream_next(struct yaml_stream *s, struct arena *arena, struct yaml_node **out)
{
	yaml_event_type_t type;
	yaml_event_t e;
	int r = 0;

	*out = NULL;
	s->arena = arena;
	s->broken = false;
	s->anchored.n = s->anchored.cap = 0;
	intern_init(&s->anchors, arena);
	while (!s->ended) {
		r = next_event(s, &e);
		if (r < 0)
			break;
		type = e.type;
		s->doc_line = s->base + e.start_mark.line;
		yaml_event_delete(&e);
		if (type == YAML_STREAM_END_EVENT)
			s->ended = true;
		if (type != YAML_DOCUMENT_START_EVENT)
			continue;
		r = read_document(s, out);
		break;
	}
	if (s->limited)
		s->ended = true;
	else if (r < 0 && s->l->diag.errors > DIAG_MAX_ERRORS)
		s->ended = true;
	else if (r < 0)
		resume(s);
	if (s->broken)
		return -EINVAL;
	return *out ? 1 : 0;
}
