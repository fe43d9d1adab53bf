/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The order of tiers. A tier stands before or after its anchor, and the tiers anchored at it
 * stand around it: the order is a walk through the tree of anchors whose root is `default`.
 * Several with the same anchor and side stand in the order of the text. Where that is the order
 * of files, it is an open one.
 */
#include <errno.h>
#include <string.h>

#include "compiler/resolve/resolve.h"
#include "lang/base/codes.h"
#include "lang/base/suggest.h"

#define DEFAULT_TIER "default"

enum { ROOT = 0, NOWHERE = UINT32_MAX };

struct tier_node {
	const struct ast_tier *ast; /* NULL: the root */
	struct ir_tier *tier;
	uint32_t anchor;         /* NOWHERE: the root, or nobody defines it */
	VEC(uint32_t) around[2]; /* by enum ast_tier_place, in the order of the text */
	size_t next;             /* in the walk: before, the tier itself, after */
	uint32_t seen_from;      /* in the search for circles: a node's index + 1 */
	bool placed;
	uint32_t first, n; /* the run of it and all that hang on it, in ir.tiers */
};

/* Nodes have the numbers of resolve.tier_names. */
struct tier_tree {
	VEC(struct tier_node) nodes;
};

struct ir_tier *resolve_find_tier(const struct resolve *r, const char *name)
{
	uint32_t id = intern_find(&r->tier_names, name);

	return id == INTERN_NONE ? NULL : r->named_tiers.v[id];
}

static void add_node(struct resolve *r, struct tier_tree *tree, const struct ast_tier *ast,
		     const char *name, enum ir_action end)
{
	struct tier_node node = {.ast = ast, .anchor = NOWHERE};

	node.tier = arena_new(r->arena, struct ir_tier);
	node.tier->name = name;
	node.tier->end = end;
	if (ast)
		node.tier->loc = ast->loc;
	intern_add(&r->tier_names, name);
	vec_push(r->arena, &r->named_tiers, node.tier);
	vec_push(r->arena, &tree->nodes, node);
}

static int declare(struct resolve *r, struct tier_tree *tree, const struct ast_tier *ast)
{
	uint32_t id = intern_find(&r->tier_names, ast->name.s);
	struct diag_item *d;

	if (id == INTERN_NONE) {
		add_node(r, tree, ast, ast->name.s, ast->end == AST_END_DENY ? IR_DENY : IR_PASS);
		return 0;
	}
	d = diag_error(r->diag, ast->name.loc, CODE_DUPLICATE, "tier '%s' %s", ast->name.s,
		       id == ROOT ? "is built in" : "is defined twice");
	if (id != ROOT)
		diag_note(r->diag, d, tree->nodes.v[id].ast->name.loc, "the first definition");
	return -EINVAL;
}

static int collect(struct resolve *r, struct tier_tree *tree)
{
	int err = 0;

	vec_each (struct ast_file *, file, &r->lang->files) {
		vec_each (const struct ast_item, item, &(*file)->items) {
			if (item->kind == AST_ITEM_TIER && !(*file)->inventory_only)
				err |= declare(r, tree, item->tier);
		}
	}
	return err;
}

static int undefined_anchor(struct resolve *r, const struct ast_name *anchor)
{
	struct diag_item *d = diag_error(r->diag, anchor->loc, CODE_UNDEFINED,
					 "no tier is called '%s'", anchor->s);
	struct suggest near;

	suggest_init(&near, anchor->s);
	vec_each (const char *, name, &r->tier_names.strings)
		suggest_offer(&near, *name);
	if (near.best)
		diag_fix(r->diag, d, anchor->loc, near.best, "did you mean '%s'?", near.best);
	return -EINVAL;
}

static int hang_up(struct resolve *r, struct tier_tree *tree)
{
	int err = 0;

	for (uint32_t id = ROOT + 1; id < tree->nodes.n; id++) {
		struct tier_node *node = &tree->nodes.v[id];

		node->anchor = intern_find(&r->tier_names, node->ast->anchor.s);
		if (node->anchor == NOWHERE)
			err = undefined_anchor(r, &node->ast->anchor);
		else
			vec_push(r->arena, &tree->nodes.v[node->anchor].around[node->ast->place],
				 id);
	}
	return err;
}

/* The next child of a node in the walk, or NOWHERE; puts the tier itself between the sides. */
static uint32_t step(struct resolve *r, struct tier_node *node)
{
	size_t n_before = node->around[AST_TIER_BEFORE].n, at = node->next++;

	if (at < n_before)
		return node->around[AST_TIER_BEFORE].v[at];
	if (at == n_before) {
		node->placed = true;
		node->tier->id = (uint32_t)r->ir->tiers.n;
		vec_push(r->arena, &r->ir->tiers, node->tier);
		at = node->next++;
	}
	at -= n_before + 1;
	return at < node->around[AST_TIER_AFTER].n ? node->around[AST_TIER_AFTER].v[at] : NOWHERE;
}

/* A stack of its own, as a text can chain more tiers than the machine's holds calls. */
static void walk(struct resolve *r, struct tier_tree *tree)
{
	uint32_t *stack = arena_array(r->arena, uint32_t, tree->nodes.n);
	size_t depth = 1;

	stack[0] = ROOT;
	while (depth) {
		struct tier_node *node = &tree->nodes.v[stack[depth - 1]];
		uint32_t child = step(r, node);

		if (child == NOWHERE) {
			node->n = (uint32_t)r->ir->tiers.n - node->first;
			depth--;
		} else {
			tree->nodes.v[child].first = (uint32_t)r->ir->tiers.n;
			stack[depth++] = child;
		}
	}
}

static void note_open_orders(struct resolve *r, const struct tier_tree *tree,
			     const struct tier_node *node, enum ast_tier_place side)
{
	for (size_t i = 0; i < node->around[side].n; i++) {
		const struct tier_node *a = &tree->nodes.v[node->around[side].v[i]];

		for (size_t k = i + 1; k < node->around[side].n; k++) {
			const struct tier_node *b = &tree->nodes.v[node->around[side].v[k]];
			const struct ir_open_order order = {{{a->first, a->n}, {b->first, b->n}}};

			if (a->ast->loc.file != b->ast->loc.file)
				vec_push(r->arena, &r->ir->open_orders, order);
		}
	}
}

/* Follows the anchors of what the walk did not reach. One error a circle; the tiers that only
 * hang on it, or on an anchor that nobody defines, have none of their own. */
static int report_circles(struct resolve *r, struct tier_tree *tree)
{
	int err = 0;

	for (uint32_t id = ROOT + 1; id < tree->nodes.n; id++) {
		struct tier_node *node = &tree->nodes.v[id];

		while (!node->placed && !node->seen_from && node->anchor != NOWHERE) {
			node->seen_from = id + 1;
			node = &tree->nodes.v[node->anchor];
		}
		if (node->placed || node->seen_from != id + 1)
			continue;
		diag_error(r->diag, node->ast->anchor.loc, CODE_CYCLE,
			   "the place of tier '%s' depends on its own: anchor it at "
			   "'" DEFAULT_TIER "' or at a tier that is",
			   node->ast->name.s);
		err = -EINVAL;
	}
	return err;
}

int resolve_tiers(struct resolve *r)
{
	struct tier_tree tree = {0};
	int err;

	add_node(r, &tree, NULL, DEFAULT_TIER, IR_DENY);
	err = collect(r, &tree);
	err |= hang_up(r, &tree);
	walk(r, &tree);
	err |= report_circles(r, &tree);
	vec_each (const struct tier_node, node, &tree.nodes)
		for (int side = AST_TIER_BEFORE; side <= AST_TIER_AFTER; side++)
			note_open_orders(r, &tree, node, (enum ast_tier_place)side);
	return err ? -EINVAL : 0;
}
