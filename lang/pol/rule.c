/* SPDX-License-Identifier: Apache-2.0 */
/* Rules, sections, policies and tiers. */
#include <errno.h>
#include <string.h>

#include "lang/pol/parser.h"
#include "lang/pol/pol.h"

bool pol_has_room(struct pol *p, size_t n, struct loc loc)
{
	if (n == POL_LIST_MAX && !p->stopped) {
		diag_error(&p->l->diag, loc, CODE_LIMIT, "a list has at most %d entries",
			   POL_LIST_MAX);
		p->stopped = true;
	}
	return n < POL_LIST_MAX;
}

/* --- lists ---------------------------------------------------------------------------------- */

struct pol_names *pol_names(struct pol *p, struct pol_names *to, struct ast_name n)
{
	if (!to)
		to = arena_new(&p->l->arena, struct pol_names);
	if (n.s && pol_has_room(p, to->list.n, n.loc))
		vec_push(&p->l->arena, &to->list, n);
	return to;
}

struct pol_peers *pol_peers(struct pol *p, struct pol_peers *to, const struct ast_peer *peer)
{
	if (!to)
		to = arena_new(&p->l->arena, struct pol_peers);
	if (pol_has_room(p, to->list.n, peer->loc))
		vec_push(&p->l->arena, &to->list, *peer);
	return to;
}

/* --- rules ------------------------------------------------------------------------------------ */

static const char *const direction_names[] = {[AST_INGRESS] = "ingress", [AST_EGRESS] = "egress"};
static const char *const toward_names[] = {[AST_INGRESS] = "from", [AST_EGRESS] = "to"};

enum ast_dir pol_direction(struct pol *p, enum ast_dir dir)
{
	p->dir = dir;
	return dir;
}

void pol_toward(struct pol *p, struct ast_name word, enum ast_dir dir)
{
	struct diag_item *d;

	if (dir == p->dir)
		return;
	d = diag_error(&p->l->diag, word.loc, CODE_SYNTAX, "an %s rule names its peers with '%s'",
		       direction_names[p->dir], toward_names[p->dir]);
	diag_fix(&p->l->diag, d, word.loc, toward_names[p->dir], "write '%s'",
		 toward_names[p->dir]);
}

struct ast_rule *pol_rule(struct pol *p, struct loc loc, enum ast_action action,
			  const struct pol_peers *peers, const struct pol_ports *ports, bool log,
			  const struct ast_l7 *l7)
{
	struct ast_rule *rule = arena_new(&p->l->arena, struct ast_rule);

	*rule = (struct ast_rule){.loc = loc, .action = action, .log = log};
	pol_take(&rule->peers, &peers->list);
	if (ports)
		pol_take(&rule->ports, &ports->list);
	if (l7)
		rule->l7 = *l7;
	if (l7 && action != AST_ALLOW)
		diag_error(&p->l->diag, l7->loc, CODE_SYNTAX,
			   "only an allow rule can look at requests: write 'allow', with 'deny' "
			   "before the requests that it refuses");
	return rule;
}

struct ast_section *pol_section(struct pol *p, struct ast_section *to, struct ast_rule *rule)
{
	if (!to)
		return arena_new(&p->l->arena, struct ast_section);
	if (pol_has_room(p, to->rules.n, rule->loc))
		vec_push(&p->l->arena, &to->rules, *rule);
	return to;
}

struct ast_section *pol_section_end(struct pol *p, struct loc loc, enum ast_dir dir,
				    struct ast_section *s)
{
	(void)p;
	s->loc = loc;
	s->dir = dir;
	return s;
}

/* --- policies --------------------------------------------------------------------------------- */

struct ast_policy *pol_policy(struct pol *p, struct ast_policy *to, struct ast_section *s)
{
	if (!to)
		return arena_new(&p->l->arena, struct ast_policy);
	vec_each (const struct ast_section, other, &to->sections) {
		struct diag_item *d;

		if (other->dir != s->dir)
			continue;
		d = diag_error(&p->l->diag, s->loc, CODE_DUPLICATE,
			       "the policy has two %s sections: put their rules into one",
			       direction_names[s->dir]);
		diag_note(&p->l->diag, d, other->loc, "the first one is here");
		return to;
	}
	vec_push(&p->l->arena, &to->sections, *s);
	return to;
}

/* A policy is for managed endpoints, which only labels select. */
static void check_subject(struct pol *p, struct ast_peer *subject)
{
	static const char *const names[] = {[AST_ENTITY_CLUSTER] = "cluster",
					    [AST_ENTITY_HOST] = "host",
					    [AST_ENTITY_WORLD] = "world"};
	bool entity = subject->kind == AST_PEER_ENTITY;

	if (subject->kind == AST_PEER_REF || subject->kind == AST_PEER_SELECTOR)
		return;
	if (entity && (subject->entity == AST_ENTITY_ALL || subject->entity == AST_ENTITY_NONE)) {
		enum ast_labels_kind kind =
			subject->entity == AST_ENTITY_ALL ? AST_LABELS_ALL : AST_LABELS_NONE;

		subject->kind = AST_PEER_SELECTOR;
		subject->selector =
			pol_selector(p, subject->loc, pol_labels(p, subject->loc, kind));
		return;
	}
	diag_error(&p->l->diag, subject->loc, CODE_WRONG_KIND,
		   "a policy is for endpoints, and only labels select these: '%s' cannot stand "
		   "after 'for'",
		   entity ? names[subject->entity]
			  : (subject->kind == AST_PEER_CIDR ? "cidr" : "fqdn"));
}

static void read_rank(struct pol *p, struct ast_name rank, struct ast_policy *policy)
{
	policy->has_rank = rank.s != NULL;
	if (rank.s && !pol_number(rank.s, strlen(rank.s), UINT32_MAX, &policy->rank))
		diag_error(&p->l->diag, rank.loc, CODE_BAD_VALUE,
			   "'%.32s' is no rank: ranks are numbers from 0, the lower decides first",
			   rank.s);
}

struct ast_policy *pol_policy_end(struct pol *p, struct loc loc, struct ast_name name,
				  struct ast_name rank, const struct pol_peers *subjects,
				  struct ast_policy *policy)
{
	policy->loc = loc;
	policy->origin = AST_ORIGIN_POL;
	policy->name = name;
	pol_check_name(p, &name, "name of a policy");
	read_rank(p, rank, policy);
	pol_take(&policy->subjects, &subjects->list);
	vec_each (struct ast_peer, subject, &policy->subjects)
		check_subject(p, subject);
	if (!policy->sections.n && p->l->diag.errors == p->errors_before)
		diag_error(&p->l->diag, loc, CODE_SYNTAX,
			   "the policy governs nothing: 'ingress { }' or 'egress { }' isolates its "
			   "endpoints, rules inside let flows pass");
	return policy;
}

void pol_top_policy(struct pol *p, struct ast_policy *policy)
{
	pol_item(p,
		 (struct ast_item){.kind = AST_ITEM_POLICY, .loc = policy->loc, .policy = policy});
}

/* --- tiers --------------------------------------------------------------------------------------
 */

struct ast_tier *pol_tier(struct pol *p, struct ast_tier *to, struct ast_policy *policy)
{
	if (!to)
		return arena_new(&p->l->arena, struct ast_tier);
	if (pol_has_room(p, to->policies.n, policy->loc))
		vec_push(&p->l->arena, &to->policies, policy);
	return to;
}

void pol_tier_end(struct pol *p, struct loc loc, struct ast_name name, enum ast_tier_place place,
		  struct ast_name anchor, enum ast_tier_end end, struct ast_tier *tier)
{
	tier->loc = loc;
	tier->name = name;
	tier->place = place;
	tier->anchor = anchor;
	tier->end = end;
	pol_check_name(p, &name, "name of a tier");
	pol_check_name(p, &anchor, "name of a tier");
	if (strcmp(name.s, "default") == 0)
		diag_error(&p->l->diag, name.loc, CODE_DUPLICATE,
			   "the tier 'default' is always there: its policies stand outside of any "
			   "tier block");
	vec_each (struct ast_policy *, policy, &tier->policies)
		(*policy)->tier = name;
	pol_item(p, (struct ast_item){.kind = AST_ITEM_TIER, .loc = loc, .tier = tier});
}
