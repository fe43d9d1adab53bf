/* SPDX-License-Identifier: Apache-2.0 */
#include "lang/yaml/merge.h"

#include <string.h>

#include "lang/base/codes.h"
#include "lang/yaml/build.h"
#include "lang/yaml/problem.h"

bool yaml_is_merge_key(const struct yaml_node *key)
{
	return key->kind == YAML_STR && !key->quoted && strcmp(key->text, "<<") == 0;
}

/* An alias of a list is refused by the others, too. */
static bool can_merge(const struct yaml_node *value, bool alias)
{
	if (value->kind == YAML_MAP)
		return true;
	if (value->kind != YAML_SEQ || alias)
		return false;
	vec_each (struct yaml_node *, item, &value->items)
		if ((*item)->kind != YAML_MAP)
			return false;
	return true;
}

void yaml_merge_note(struct yaml_stream *s, const struct yaml_node *n, struct yaml_merge *m,
		     const struct yaml_node *key, const struct yaml_node *value, bool alias)
{
	if (m->from) {
		diag_note(&s->l->diag,
			  YAML_REPORT(s, key->loc, CODE_DUPLICATE,
				      "the merge key '<<' is given twice: write one, with a list "
				      "of what it merges"),
			  m->loc, "first given here");
		return;
	}
	if (!can_merge(value, alias)) {
		YAML_REPORT(s, value->loc, CODE_BAD_TYPE,
			    "the merge key '<<' needs an object, an alias of one, or a list of "
			    "these");
		return;
	}
	*m = (struct yaml_merge){.from = value, .loc = key->loc, .before = n->pairs.n};
}

/* Whether the field or the merge counts depends on who reads it. */
static void report_order(struct yaml_stream *s, const struct yaml_merge *m,
			 const struct yaml_pair *own)
{
	const char *key = yaml_show(s->arena, own->key);

	diag_note(&s->l->diag,
		  YAML_REPORT(s, own->key_loc, CODE_DUPLICATE,
			      "'%s' stands before the merge key '<<', which has it, too: kubectl "
			      "takes the merged value, other programs take this one: write '<<' "
			      "first",
			      key),
		  m->loc, "this merges '%s'", key);
}

static void merge_map(struct yaml_stream *s, struct yaml_node *n, struct intern *keys,
		      const struct yaml_merge *m, const struct yaml_node *from)
{
	vec_each (const struct yaml_pair, p, &from->pairs) {
		size_t i = yaml_find_pair(s, n, keys, p->key);

		if (i == n->pairs.n)
			vec_push(s->arena, &n->pairs, *p);
		else if (i < m->before)
			report_order(s, m, &n->pairs.v[i]);
	}
}

void yaml_merge(struct yaml_stream *s, struct yaml_node *n, struct intern *keys,
		const struct yaml_merge *m)
{
	if (!m->from)
		return;
	if (m->from->kind == YAML_MAP) {
		merge_map(s, n, keys, m, m->from);
		return;
	}
	vec_each (struct yaml_node *, item, &m->from->items)
		merge_map(s, n, keys, m, *item);
}
