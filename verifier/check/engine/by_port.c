/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/check/engine/by_port.h"

#include "compiler/ir/port.h"
#include "lang/base/arena.h"

enum { BLOCK = 64, N_BLOCKS = 65536 / BLOCK, MAX_BLOCKS = 32 };

static bool has(const uint16_t *blocks, size_t n, uint32_t block)
{
	for (size_t i = 0; i < n; i++)
		if (blocks[i] == block)
			return true;
	return false;
}

/* The blocks of the rule's ports, each once; false: there are too many. */
static bool blocks_of(const struct ir_rule *rule, uint16_t out[static MAX_BLOCKS], size_t *n)
{
	*n = 0;
	vec_each (const struct ir_port, port, &rule->ports) {
		struct ir_port_aspects a = ir_port_aspects(port);

		for (uint32_t b = a.lo / BLOCK; !a.nothing && b <= a.hi / BLOCK; b++) {
			if (has(out, *n, b))
				continue;
			if (*n == MAX_BLOCKS)
				return false;
			out[(*n)++] = (uint16_t)b;
		}
	}
	return rule->ports.n > 0;
}

void rule_lists_add(struct rule_lists *lists, const struct rule_list *list, struct arena *arena)
{
	vec_push(arena, lists, list);
	lists->n_rules += list->n;
}

void by_port_init(struct by_port *x, const struct rule_list *rules, struct arena *arena)
{
	uint16_t blocks[MAX_BLOCKS];
	size_t n;

	*x = (struct by_port){.blocks = arena_array(arena, struct rule_list, N_BLOCKS)};
	vec_each (const struct ir_rule *, rule, rules) {
		if (!blocks_of(*rule, blocks, &n)) {
			vec_push(arena, &x->wide, *rule);
			continue;
		}
		for (size_t i = 0; i < n; i++)
			vec_push(arena, &x->blocks[blocks[i]], *rule);
	}
}

bool by_port_lists(const struct by_port *x, const struct ir_rule *rule, struct arena *arena,
		   struct rule_lists *out)
{
	uint16_t blocks[MAX_BLOCKS];
	size_t n;

	if (!blocks_of(rule, blocks, &n))
		return false;
	for (size_t i = 0; i < n; i++)
		if (x->blocks[blocks[i]].n)
			rule_lists_add(out, &x->blocks[blocks[i]], arena);
	rule_lists_add(out, &x->wide, arena);
	return true;
}
