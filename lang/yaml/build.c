/* SPDX-License-Identifier: Apache-2.0 */
#include "lang/yaml/build.h"

#include <errno.h>
#include <string.h>

#include "lang/base/codes.h"
#include "lang/yaml/problem.h"

int yaml_charge(struct yaml_stream *s, struct loc loc, uint32_t weight)
{
	if (s->broken && s->l->diag.unkept)
		return -EINVAL;
	s->weight += weight;
	if (s->weight <= s->l->limits.yaml_nodes)
		return 0;
	YAML_REPORT(s, loc, CODE_LIMIT,
		    "the file has more than %zu YAML nodes, each use of an alias counted in full: "
		    "split the file or write fewer aliases",
		    s->l->limits.yaml_nodes);
	s->limited = true;
	return -EINVAL;
}

void yaml_add_weight(struct yaml_node *n, const struct yaml_node *child)
{
	if (__builtin_add_overflow(n->weight, child->weight, &n->weight))
		n->weight = UINT32_MAX;
}

enum { FEW_KEYS = 16 };

/* Large mappings hash. */
size_t yaml_find_pair(struct yaml_stream *s, const struct yaml_node *n, struct intern *keys,
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

void yaml_add_pair(struct yaml_stream *s, struct yaml_node *n, struct intern *keys,
		   struct yaml_pair pair)
{
	size_t i = yaml_find_pair(s, n, keys, pair.key);

	if (i == n->pairs.n) {
		vec_push(s->arena, &n->pairs, pair);
		return;
	}
	diag_note(&s->l->diag,
		  YAML_REPORT(s, pair.key_loc, CODE_DUPLICATE,
			      "the key '%s' is given twice: only one of its values can count",
			      yaml_show(s->arena, pair.key)),
		  n->pairs.v[i].key_loc, "first given here");
}
