/* SPDX-License-Identifier: Apache-2.0 */
/* Policies and their rules. */
#include <errno.h>

#include "compiler/resolve/merge.h"
#include "compiler/resolve/resolve.h"
#include "lang/base/codes.h"
#include "lang/base/suggest.h"

static const char *policy_name(struct resolve *r, const struct ast_policy *p)
{
	if (!p->ns.s)
		return p->name.s;
	return arena_printf(r->arena, "%s/%s", p->ns.s, p->name.s);
}

static int add_rule(struct resolve *r, struct ir_policy *policy, enum ir_dir dir, uint32_t rank,
		    const struct ast_rule *in)
{
	static const enum ir_action actions[] = {
		[AST_ALLOW] = IR_ALLOW, [AST_DENY] = IR_DENY, [AST_PASS] = IR_PASS};
	struct ir_rule *rule = arena_new(r->arena, struct ir_rule);
	struct resolve_peers peers = {0};
	struct resolve_ports ports = {0};
	struct ir_l7 l7;
	int err = resolve_l7(r, &in->l7, &l7);

	vec_each (const struct ast_peer, peer, &in->peers)
		err |= resolve_peer(r, peer, &peers);
	vec_each (const struct ast_port, port, &in->ports)
		err |= resolve_port(r, port, &ports);
	if (!err)
		err = resolve_l7_ports(r, &in->l7, &ports);
	if (err)
		return -EINVAL;
	*rule = (struct ir_rule){
		.id = (uint32_t)r->ir->rules.n,
		.policy = policy,
		.dir = dir,
		.action = actions[in->action],
		.rank = rank,
		.log = in->log,
		.l7 = l7,
		.loc = in->loc,
	};
	vec_each (const struct ir_peer, peer, &peers.list)
		vec_push(r->arena, &rule->peers, *peer);
	vec_each (const struct ir_port, port, &ports.list)
		vec_push(r->arena, &rule->ports, *port);
	vec_push(r->arena, &r->ir->rules, rule);
	vec_push(r->arena, &policy->rules[dir], rule);
	return 0;
}

static struct ir_tier *tier_of(struct resolve *r, const struct ast_policy *in)
{
	const char *name = in->tier.s ? in->tier.s : "default";
	struct ir_tier *tier = resolve_find_tier(r, name);
	struct suggest near;
	struct diag_item *d;

	if (tier)
		return tier;
	d = diag_error(r->diag, in->tier.loc, CODE_UNDEFINED, "no tier is called '%s'", name);
	suggest_init(&near, name);
	vec_each (struct ir_tier *, t, &r->ir->tiers)
		suggest_offer(&near, (*t)->name);
	if (near.best)
		diag_fix(r->diag, d, in->tier.loc, near.best, "did you mean '%s'?", near.best);
	return NULL;
}

/* --- names ------------------------------------------------------------------------------- */

static uint32_t name_id(struct resolve *r, const struct ast_policy *in, const char *name)
{
	return intern_add(&r->policy_names, arena_printf(r->arena, "%d %s", in->origin, name));
}

/* Of an object that several files hold the last definition counts, as it does for whoever applies
 * them. */
static int note_last(struct resolve *r, const struct ast_file *file, const struct ast_item *item)
{
	uint32_t id;

	if (file->inventory_only)
		return 0;
	id = name_id(r, item->policy, policy_name(r, item->policy));
	if (id == r->named.n)
		vec_push(r->arena, &r->named, (struct resolve_named){0});
	r->named.v[id].last = item->policy;
	return 0;
}

static int define_twice(struct resolve *r, const struct ir_policy *policy,
			const struct ir_policy *before)
{
	struct diag_item *d = diag_error(r->diag, policy->loc, CODE_DUPLICATE,
					 "%s '%s' is defined twice", policy->kind, policy->name);

	diag_note(r->diag, d, before->loc, "the first definition");
	return -EINVAL;
}

/* In one file two that differ are a slip; in two they may be variants. */
static int check_namesake(struct resolve *r, const struct ast_policy *in,
			  const struct ir_policy *policy, struct resolve_named *named)
{
	const struct ir_policy *before = named->before;
	struct diag_item *d;

	if (!before)
		return 0;
	if (in->origin != AST_ORIGIN_NETWORK_POLICY)
		return define_twice(r, policy, before);
	if (merge_same_policy(r->ir, before, policy))
		return 0;
	if (policy->loc.file == before->loc.file)
		return define_twice(r, policy, before);
	d = diag_warning(r->diag, policy->loc, CODE_DUPLICATE,
			 "%s '%s' is defined twice, and the two differ: the last one counts",
			 policy->kind, policy->name);
	diag_note(r->diag, d, before->loc, "the other definition");
	unread_add_variant(&r->lang->unread, policy->kind, !named->differ, policy->loc, in->loc,
			   named->before_loc);
	named->differ = true;
	return 0;
}

/* --- policies ---------------------------------------------------------------------------- */

static int fill_in(struct resolve *r, const struct ast_policy *in, struct ir_policy *policy)
{
	static const enum ir_dir dirs[] = {[AST_INGRESS] = IR_INGRESS, [AST_EGRESS] = IR_EGRESS};
	int err = 0;

	vec_each (const struct ast_peer, subject, &in->subjects)
		err |= resolve_subject(r, subject, policy);
	vec_each (const struct ast_section, section, &in->sections) {
		policy->governs[dirs[section->dir]] = true;
		vec_each (const struct ast_rule, rule, &section->rules)
			err |= add_rule(r, policy, dirs[section->dir], in->rank, rule);
	}
	return err;
}

static int add_policy(struct resolve *r, const struct ast_policy *in)
{
	static const char *const kinds[] = {
		[AST_ORIGIN_POL] = "policy", [AST_ORIGIN_NETWORK_POLICY] = "NetworkPolicy"};
	struct ir_policy *policy = arena_new(r->arena, struct ir_policy);
	struct ir_tier *tier = tier_of(r, in);
	struct resolve_named *named;
	size_t n_rules = r->ir->rules.n;
	int err = tier ? 0 : -EINVAL;
	const char *name = policy_name(r, in);
	uint32_t id = name_id(r, in, name);

	if (id == r->named.n)
		vec_push(r->arena, &r->named, (struct resolve_named){.last = in});
	named = &r->named.v[id];
	policy->id = (uint32_t)r->ir->policies.n;
	policy->name = name;
	policy->kind = kinds[in->origin];
	policy->tier = tier;
	policy->spares_node = in->origin == AST_ORIGIN_NETWORK_POLICY;
	policy->loc = in->name.loc;
	policy->ns.name = in->ns.s;
	policy->ns.written = in->ns.loc.line > 0;
	policy->ns.loc = in->ns.loc;
	policy->ignore = in->ignore.s;
	policy->ignore_loc = in->ignore.loc;
	err |= fill_in(r, in, policy);
	err |= check_namesake(r, in, policy, named);
	named->before = policy;
	named->before_loc = in->loc;
	if (named->last != in && !err && in->origin == AST_ORIGIN_NETWORK_POLICY) {
		r->ir->rules.n = n_rules;
		return 0;
	}
	vec_push(r->arena, &r->ir->policies, policy);
	if (tier)
		vec_push(r->arena, &tier->policies, policy);
	return err ? -EINVAL : 0;
}

static int policy_item(struct resolve *r, const struct ast_file *file, const struct ast_item *item)
{
	return file->inventory_only ? 0 : add_policy(r, item->policy);
}

static int tier_item(struct resolve *r, const struct ast_file *file, const struct ast_item *item)
{
	int err = 0;

	if (file->inventory_only)
		return 0;
	vec_each (struct ast_policy *, policy, &item->tier->policies)
		err |= add_policy(r, *policy);
	return err;
}

int resolve_policies(struct resolve *r)
{
	int err;

	resolve_each(r, AST_ITEM_POLICY, note_last);
	err = resolve_each(r, AST_ITEM_TIER, tier_item);
	return err | resolve_each(r, AST_ITEM_POLICY, policy_item);
}
