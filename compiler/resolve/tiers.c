/* SPDX-License-Identifier: Apache-2.0 */
/* The order of tiers. Each declared tier stands directly before or after its anchor; of several
 * with the same anchor and side, the one written first stays nearest to the start. */
#include <errno.h>
#include <string.h>

#include "compiler/resolve/resolve.h"
#include "lang/base/codes.h"
#include "lang/base/suggest.h"

#define DEFAULT_TIER "default"

struct declared {
	const struct ast_tier *ast;
	struct ir_tier *tier;
	bool placed;
};

struct declared_list {
	VEC(struct declared) list;
};

struct ir_tier *resolve_find_tier(const struct resolve *r, const char *name)
{
	vec_each (struct ir_tier *, tier, &r->ir->tiers) {
		if (strcmp((*tier)->name, name) == 0)
			return *tier;
	}
	return NULL;
}

static struct ir_tier *new_tier(struct resolve *r, const char *name, enum ir_action end)
{
	struct ir_tier *tier = arena_new(r->arena, struct ir_tier);

	tier->name = name;
	tier->end = end;
	return tier;
}

static struct declared *find_declared(struct declared_list *all, const char *name)
{
	vec_each (struct declared, d, &all->list) {
		if (strcmp(d->ast->name.s, name) == 0)
			return d;
	}
	return NULL;
}

static int declare(struct resolve *r, struct declared_list *all, const struct ast_tier *ast)
{
	enum ir_action end = ast->end == AST_END_DENY ? IR_DENY : IR_PASS;
	struct declared *first = find_declared(all, ast->name.s);
	struct declared d = {.ast = ast};
	struct diag_item *item;

	if (first || strcmp(ast->name.s, DEFAULT_TIER) == 0) {
		item = diag_error(r->diag, ast->name.loc, CODE_DUPLICATE, "tier '%s' %s",
				  ast->name.s, first ? "is defined twice" : "is built in");
		if (first)
			diag_note(r->diag, item, first->ast->name.loc, "the first definition");
		return -EINVAL;
	}
	d.tier = new_tier(r, ast->name.s, end);
	d.tier->loc = ast->loc;
	vec_push(r->arena, &all->list, d);
	return 0;
}

static int collect(struct resolve *r, struct declared_list *all)
{
	int err = 0;

	vec_each (struct ast_file *, file, &r->lang->files) {
		vec_each (const struct ast_item, item, &(*file)->items) {
			if (item->kind == AST_ITEM_TIER && !(*file)->inventory_only)
				err |= declare(r, all, item->tier);
		}
	}
	return err;
}

/* Where a tier goes in the order so far; -1 if its anchor is not placed yet. */
static long place_of(const struct resolve *r, const struct declared_list *all,
		     const struct declared *d)
{
	for (size_t i = 0; i < r->ir->tiers.n; i++) {
		if (strcmp(r->ir->tiers.v[i]->name, d->ast->anchor.s) != 0)
			continue;
		if (d->ast->place == AST_TIER_BEFORE)
			return (long)i;
		/* Behind those that were put after the same anchor before. */
		for (i++; i < r->ir->tiers.n; i++) {
			const struct declared *next = NULL;

			vec_each (const struct declared, other, &all->list) {
				if (other->tier == r->ir->tiers.v[i])
					next = other;
			}
			if (!next || next->ast->place != AST_TIER_AFTER ||
			    strcmp(next->ast->anchor.s, d->ast->anchor.s) != 0)
				break;
		}
		return (long)i;
	}
	return -1;
}

static void insert_tier(struct resolve *r, size_t at, struct ir_tier *tier)
{
	vec_push(r->arena, &r->ir->tiers, tier);
	memmove(&r->ir->tiers.v[at + 1], &r->ir->tiers.v[at],
		(r->ir->tiers.n - 1 - at) * sizeof(tier));
	r->ir->tiers.v[at] = tier;
}

static void place_all(struct resolve *r, struct declared_list *all)
{
	for (bool progress = true; progress;) {
		progress = false;
		vec_each (struct declared, d, &all->list) {
			long at = d->placed ? -1 : place_of(r, all, d);

			if (at < 0)
				continue;
			insert_tier(r, (size_t)at, d->tier);
			d->placed = progress = true;
		}
	}
}

/* What could not be placed has an anchor that nobody defines, or stands in a circle. */
static int report_unplaced(struct resolve *r, struct declared_list *all)
{
	int err = 0;

	vec_each (struct declared, d, &all->list) {
		const struct ast_name *anchor = &d->ast->anchor;
		struct suggest near;
		struct diag_item *item;

		if (d->placed)
			continue;
		err = -EINVAL;
		if (find_declared(all, anchor->s)) {
			diag_error(r->diag, anchor->loc, CODE_CYCLE,
				   "the place of tier '%s' depends on its own: anchor it at "
				   "'" DEFAULT_TIER "' or at a tier that is",
				   d->ast->name.s);
			insert_tier(r, r->ir->tiers.n, d->tier);
			continue;
		}
		item = diag_error(r->diag, anchor->loc, CODE_UNDEFINED, "no tier is called '%s'",
				  anchor->s);
		suggest_init(&near, anchor->s);
		suggest_offer(&near, DEFAULT_TIER);
		vec_each (struct declared, other, &all->list)
			suggest_offer(&near, other->ast->name.s);
		if (near.best)
			diag_fix(r->diag, item, anchor->loc, near.best, "did you mean '%s'?",
				 near.best);
		insert_tier(r, r->ir->tiers.n, d->tier);
	}
	return err;
}

int resolve_tiers(struct resolve *r)
{
	struct declared_list all = {0};
	int err = collect(r, &all);

	vec_push(r->arena, &r->ir->tiers, new_tier(r, DEFAULT_TIER, IR_DENY));
	place_all(r, &all);
	err |= report_unplaced(r, &all);
	for (size_t i = 0; i < r->ir->tiers.n; i++)
		r->ir->tiers.v[i]->id = (uint32_t)i;
	return err ? -EINVAL : 0;
}
