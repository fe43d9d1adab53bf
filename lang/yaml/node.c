/* SPDX-License-Identifier: Apache-2.0 */
#include "lang/yaml/node.h"

#include <string.h>

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

bool yaml_says_something(const struct yaml_node *n)
{
	switch (n ? n->kind : YAML_NULL) {
	case YAML_STR:
		return *n->text;
	case YAML_SEQ:
		return n->items.n;
	case YAML_MAP:
		return n->pairs.n;
	default:
		return false;
	}
}
