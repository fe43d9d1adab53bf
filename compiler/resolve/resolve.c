/* SPDX-License-Identifier: Apache-2.0 */
/* The order of resolution: definitions, inventory, tiers, then the policies and
 * assertions that use them. */
#include "compiler/resolve/resolve.h"

#include <errno.h>

#include "lang/base/codes.h"

int resolve_each(struct resolve *r, enum ast_item_kind kind, resolve_item_fn *fn)
{
	int err = 0;

	vec_each (struct ast_file *, file, &r->lang->files) {
		vec_each (const struct ast_item, item, &(*file)->items) {
			if (item->kind == kind && fn(r, *file, item))
				err = -EINVAL;
		}
	}
	return err;
}

static int add_let(struct resolve *r, const struct ast_file *file, const struct ast_item *item)
{
	const struct ast_name *name = &item->let->name;
	uint32_t id = intern_add(&r->let_names, name->s);

	(void)file;
	if (id < r->lets.n) {
		struct diag_item *d = diag_error(r->diag, name->loc, CODE_DUPLICATE,
						 "'%s' is defined twice", name->s);

		diag_note(r->diag, d, r->lets.v[id].let->name.loc, "the first definition");
		return -EINVAL;
	}
	vec_push(r->arena, &r->lets, (struct resolve_let){.let = item->let});
	return 0;
}

/* What is parsed but cannot be enforced yet is refused, never dropped. */
static int refuse_service(struct resolve *r, const struct ast_file *file,
			  const struct ast_item *item)
{
	(void)file;
	diag_error(r->diag, item->service->loc, CODE_NOT_SUPPORTED,
		   "services are not yet supported: write the policy for the backends and remove "
		   "this block");
	return -EINVAL;
}

static int refuse_empty(struct resolve *r)
{
	const struct unread *unread = &r->lang->unread;
	struct diag_item *item;

	if (r->ir->policies.n || ir_has_inventory(r->ir) || r->lang->may_be_empty)
		return 0;
	/* There are policies: the answer is incomplete, which every command says. */
	if (unread_count(unread))
		return 0;
	item = diag_error(r->diag, LOC_NONE, CODE_EMPTY_INPUT,
			  "there is no policy and no endpoint in the input");
	if (r->lang->skipped.broken.n)
		diag_note(r->diag, item, r->lang->skipped.broken.v[0].why->loc,
			  "the first that cannot be read: %s",
			  r->lang->skipped.broken.v[0].why->text);
	return -EINVAL;
}

/* A policy of `.pol` has no namespace, and says nothing of those that endpoints may have. */
static bool is_namespaced(const struct ir *ir)
{
	vec_each (struct ir_policy *, policy, &ir->policies)
		if (!(*policy)->ns.name)
			return false;
	vec_each (struct ir_endpoint *, ep, &ir->endpoints)
		if (!(*ep)->ns)
			return false;
	return true;
}

int ir_resolve(struct lang *lang, struct ir **out)
{
	struct resolve r = {.lang = lang, .arena = &lang->arena, .diag = &lang->diag};
	int err = 0;

	r.ir = arena_new(r.arena, struct ir);
	r.ir->arena = r.arena;
	r.ir->node = ir_make_node(r.arena);
	vec_each (const struct net_prefix, pods, &lang->pod_prefixes)
		vec_push(r.arena, &r.ir->pods, *pods);
	intern_init(&r.ir->strings, r.arena);
	intern_init(&r.let_names, r.arena);
	intern_init(&r.tier_names, r.arena);
	intern_init(&r.policy_names, r.arena);
	err |= resolve_each(&r, AST_ITEM_LET, add_let);
	err |= resolve_each(&r, AST_ITEM_SERVICE, refuse_service);
	err |= resolve_inventory(&r);
	err |= resolve_tiers(&r);
	err |= resolve_policies(&r);
	resolve_beside(&r);
	err |= resolve_asserts(&r);
	resolve_ns_labels(&r);
	resolve_unsaid_labels(&r);
	r.ir->namespaced = is_namespaced(r.ir);
	err |= resolve_unused(&r);
	if (!err)
		err = refuse_empty(&r);
	*out = err ? NULL : r.ir;
	return err ? -EINVAL : 0;
}
