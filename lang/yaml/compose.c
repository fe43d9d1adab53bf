/* SPDX-License-Identifier: Apache-2.0 */
/* libyaml's events to nodes. The refusals that need no knowledge of fields live here. */
#include <errno.h>
#include <string.h>

#include "lang/base/codes.h"
#include "lang/yaml/build.h"
#include "lang/yaml/merge.h"
#include "lang/yaml/problem.h"
#include "lang/yaml/stream.h"

#define CORE_TAG "tag:yaml.org,2002:"

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

	YAML_REPORT(
		s, loc, CODE_BAD_TYPE,
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
		YAML_REPORT(s, n->loc, CODE_BAD_VALUE, "the text holds a NUL character");
	if (e->data.scalar.tag)
		type_by_tag(s, n, (const char *)e->data.scalar.tag);
	else if (n->quoted)
		n->kind = YAML_STR;
	else
		n->kind = yaml_resolve(n->text, &n->number);
	anchor_close(s, anchor, n);
}

/* --- collections ------------------------------------------------------------------- */

/* libyaml ends a block collection where the next token begins; ours ends with its content. */
static void close_collection(struct yaml_node *n, const yaml_event_t *end, struct loc end_loc,
			     struct loc last)
{
	bool flow = end->start_mark.index != end->end_mark.index;

	n->loc = loc_join(n->loc, flow ? end_loc : last);
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
		int r = yaml_stream_event(s, &e);

		if (r < 0)
			return r;
		if (e.type == YAML_SEQUENCE_END_EVENT)
			break;
		r = yaml_compose(s, &e, depth, &item);
		yaml_event_delete(&e);
		if (r < 0)
			return r;
		vec_push(s->arena, &n->items, item);
		yaml_add_weight(n, item);
		last = item->loc;
	}
	close_collection(n, &e, yaml_event_loc(s, &e), last);
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
		YAML_REPORT(s, key->loc, CODE_BAD_TYPE, "a key must be a plain string, not %s",
			    e->type == YAML_ALIAS_EVENT ? "an alias" : yaml_kind_name(key->kind));
		return NULL;
	}
	if (key->kind == YAML_STR || (key->kind == YAML_BOOL && yaml_is_letter(key->text)))
		return key->text; /* a coordinate; what is a label is looked at there */
	item = YAML_REPORT(s, key->loc, CODE_BAD_TYPE, "a key must be a string, but '%s' is %s",
			   yaml_show(s->arena, key->text), yaml_kind_name(key->kind));
	diag_fix(&s->l->diag, item, key->loc, arena_printf(s->arena, "\"%s\"", key->text),
		 "quote it");
	return NULL;
}

static int compose_map(struct yaml_stream *s, const yaml_event_t *start, unsigned depth,
		       struct yaml_node *n)
{
	struct yaml_merge merge = {0};
	struct loc last = n->loc;
	struct intern keys = {0};
	uint32_t anchor;
	yaml_event_t e;

	anchor_open(s, start->data.mapping_start.anchor, &anchor);
	check_collection_tag(s, n->loc, start->data.mapping_start.tag, YAML_MAP_TAG);
	for (;;) {
		struct yaml_node *key, *value;
		const char *text = NULL;
		int r = yaml_stream_event(s, &e);
		bool alias;

		if (r < 0)
			return r;
		if (e.type == YAML_MAPPING_END_EVENT)
			break;
		r = yaml_compose(s, &e, depth, &key);
		if (r == 0)
			text = key_text(s, &e, key);
		yaml_event_delete(&e);
		if (r < 0 || (r = yaml_stream_event(s, &e)) < 0)
			return r;
		r = yaml_compose(s, &e, depth, &value);
		alias = e.type == YAML_ALIAS_EVENT;
		yaml_event_delete(&e);
		if (r < 0)
			return r;
		yaml_add_weight(n, key);
		yaml_add_weight(n, value);
		last = value->loc;
		if (text && yaml_is_merge_key(key))
			yaml_merge_note(s, n, &merge, key, value, alias);
		else if (text)
			yaml_add_pair(s, n, &keys, (struct yaml_pair){key->loc, text, value});
	}
	yaml_merge(s, n, &keys, &merge);
	close_collection(n, &e, yaml_event_loc(s, &e), last);
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
			YAML_REPORT(s, loc, CODE_UNDEFINED,
				    "no anchor '&%s' stands before this alias",
				    yaml_show(s->arena, name));
		else
			YAML_REPORT(s, loc, CODE_CYCLE, "the anchor '&%s' would contain itself",
				    yaml_show(s->arena, name));
		target = arena_new(s->arena, struct yaml_node);
		*target = (struct yaml_node){.kind = YAML_NULL, .text = "", .loc = loc};
	}
	*out = arena_new(s->arena, struct yaml_node);
	**out = *target;
	(*out)->loc = loc;
	return yaml_charge(s, loc, target->weight);
}

int yaml_compose(struct yaml_stream *s, const yaml_event_t *e, unsigned depth,
		 struct yaml_node **out)
{
	struct loc loc = yaml_event_loc(s, e);
	struct yaml_node *n;

	if (e->type == YAML_ALIAS_EVENT)
		return compose_alias(s, e, loc, out);
	if (yaml_charge(s, loc, 1) < 0)
		return -EINVAL;
	n = *out = arena_new(s->arena, struct yaml_node);
	n->loc = loc;
	n->weight = 1;
	if (e->type == YAML_SCALAR_EVENT) {
		compose_scalar(s, e, n);
		return 0;
	}
	if (depth >= s->l->limits.depth) {
		YAML_REPORT(s, loc, CODE_LIMIT, "YAML values are nested more than %u deep",
			    s->l->limits.depth);
		return -EINVAL;
	}
	n->kind = e->type == YAML_SEQUENCE_START_EVENT ? YAML_SEQ : YAML_MAP;
	return n->kind == YAML_SEQ ? compose_seq(s, e, depth + 1, n)
				   : compose_map(s, e, depth + 1, n);
}
