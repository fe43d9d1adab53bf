/* SPDX-License-Identifier: Apache-2.0 */
/* Tiers, policies and rules. */
#include <errno.h>
#include <string.h>

#include "compiler/ir_json/read.h"

/* --- ids -------------------------------------------------------------------------------- */

static size_t count_rules(const json_t *policy)
{
	size_t n = 0;

	for (enum ir_dir dir = 0; dir < IR_N_DIRS; dir++)
		n += json_array_size(
			json_object_get(json_object_get(policy, ir_dir_name(dir)), "rules"));
	return n;
}

/* As many places as there are things, so if no place is taken twice, none stays empty. */
void ir_read_make_room(struct ir_reader *r, const json_t *tiers)
{
	struct ir *ir = r->ir;
	size_t n_policies = 0, n_rules = 0;

	for (size_t t = 0; t < json_array_size(tiers); t++) {
		const json_t *policies = json_object_get(json_array_get(tiers, t), "policies");

		n_policies += json_array_size(policies);
		for (size_t i = 0; i < json_array_size(policies); i++)
			n_rules += count_rules(json_array_get(policies, i));
	}
	ir->policies.v = arena_array(r->arena, struct ir_policy *, n_policies);
	ir->policies.n = ir->policies.cap = n_policies;
	ir->rules.v = arena_array(r->arena, struct ir_rule *, n_rules);
	ir->rules.n = ir->rules.cap = n_rules;
}

static int refuse_taken(struct ir_reader *r, const struct ir_value *v, uint32_t id)
{
	return ir_refuse(r, v, "the id %u is there twice", id);
}

static int read_rule_id(struct ir_reader *r, const struct ir_value *v, void *to)
{
	struct ir_rule *rule = to, **places = r->ir->rules.v;
	int err = ir_read_number(r, v, (uint32_t)r->ir->rules.n - 1, &rule->id);

	if (err)
		return err;
	if (places[rule->id])
		return refuse_taken(r, v, rule->id);
	places[rule->id] = rule;
	return 0;
}

static int read_policy_id(struct ir_reader *r, const struct ir_value *v, void *to)
{
	struct ir_policy *policy = to, **places = r->ir->policies.v;
	int err = ir_read_number(r, v, (uint32_t)r->ir->policies.n - 1, &policy->id);

	if (err)
		return err;
	if (places[policy->id])
		return refuse_taken(r, v, policy->id);
	places[policy->id] = policy;
	return 0;
}

/* --- rules ------------------------------------------------------------------------------ */

static const char *action_word(unsigned i)
{
	return ir_action_name((enum ir_action)i);
}

static int read_action(struct ir_reader *r, const struct ir_value *v, void *to)
{
	enum ir_action *out = to;
	unsigned action;
	int err = ir_read_word(r, v, action_word, IR_PASS + 1, &action);

	*out = (enum ir_action)action;
	return err;
}

static int read_rule_peer(struct ir_reader *r, const struct ir_value *v, void *to)
{
	struct ir_rule *rule = to;
	struct ir_peer peer;
	int err = ir_read_peer(r, v, &peer);

	if (!err)
		vec_push(r->arena, &rule->peers, peer);
	return err;
}

static int read_rule_port(struct ir_reader *r, const struct ir_value *v, void *to)
{
	struct ir_rule *rule = to;
	struct ir_port port;
	int err = ir_read_port(r, v, &port);

	if (!err)
		vec_push(r->arena, &rule->ports, port);
	return err;
}

/* One direction of a policy. */
struct direction {
	struct ir_policy *policy;
	enum ir_dir dir;
	bool governs;
};

static int read_rule(struct ir_reader *r, const struct ir_value *v, void *to)
{
	static const struct ir_field fields[] = {
		IR_FIELD("id", read_rule_id),
		IR_FIELD("action", read_action, .at = offsetof(struct ir_rule, action)),
		IR_FIELD("rank", ir_read_u32, .at = offsetof(struct ir_rule, rank)),
		IR_FIELD("at", ir_read_place, .at = offsetof(struct ir_rule, loc)),
		IR_FIELD("peers", read_rule_peer, .list = true),
		IR_FIELD("ports", read_rule_port, .list = true),
		IR_FIELD("log", ir_read_true, .at = offsetof(struct ir_rule, log),
			 .need = IR_OPTIONAL),
		IR_FIELD("l7", ir_read_l7, .at = offsetof(struct ir_rule, l7), .need = IR_OPTIONAL),
		{0},
	};
	const struct direction *in = to;
	struct ir_rule *rule = arena_new(r->arena, struct ir_rule);
	int err;

	rule->policy = in->policy;
	rule->dir = in->dir;
	vec_push(r->arena, &in->policy->rules[in->dir], rule);
	err = ir_read_object(r, v, fields, rule, NULL);
	if (!err && rule->l7.kind != IR_L7_NONE && rule->action != IR_ALLOW)
		return ir_refuse(r, v, "only an allow looks at requests");
	return err;
}

/* --- policies --------------------------------------------------------------------------- */

static int read_direction(struct ir_reader *r, const struct ir_value *v, struct ir_policy *policy,
			  enum ir_dir dir)
{
	static const struct ir_field fields[] = {
		IR_FIELD("governs", ir_read_bool, .at = offsetof(struct direction, governs)),
		IR_FIELD("rules", read_rule, .list = true),
		{0},
	};
	struct direction in = {.policy = policy, .dir = dir};
	int err = ir_read_object(r, v, fields, &in, NULL);

	policy->governs[dir] = in.governs;
	return err;
}

static int read_ingress(struct ir_reader *r, const struct ir_value *v, void *to)
{
	return read_direction(r, v, to, IR_INGRESS);
}

static int read_egress(struct ir_reader *r, const struct ir_value *v, void *to)
{
	return read_direction(r, v, to, IR_EGRESS);
}

static int read_subject(struct ir_reader *r, const struct ir_value *v, void *to)
{
	struct ir_policy *policy = to;
	struct ir_selector sel;
	int err = ir_read_selector(r, v, &sel);

	if (!err)
		vec_push(r->arena, &policy->subjects, sel);
	return err;
}

static int read_ignore(struct ir_reader *r, const struct ir_value *v, void *to)
{
	static const struct ir_field fields[] = {
		IR_FIELD("findings", ir_read_text, .at = offsetof(struct ir_policy, ignore)),
		IR_FIELD("at", ir_read_place, .at = offsetof(struct ir_policy, ignore_loc)),
		{0},
	};

	return ir_read_object(r, v, fields, to, NULL);
}

/* A name is unique among policies of its kind. */
static int check_name(struct ir_reader *r, const struct ir_value *v, const struct ir_policy *policy)
{
	const char *name = arena_printf(r->arena, "%s %s", policy->kind, policy->name);
	size_t n = r->policies.strings.n;

	if (intern_add(&r->policies, name) == n)
		return 0;
	return ir_refuse(r, v, "%.80s '%.80s' is there twice", policy->kind, policy->name);
}

static int read_policy(struct ir_reader *r, const struct ir_value *v, void *to)
{
	static const struct ir_field fields[] = {
		IR_FIELD("id", read_policy_id),
		IR_FIELD("name", ir_read_name, .at = offsetof(struct ir_policy, name)),
		IR_FIELD("kind", ir_read_name, .at = offsetof(struct ir_policy, kind)),
		IR_FIELD("at", ir_read_place, .at = offsetof(struct ir_policy, loc)),
		IR_FIELD("subjects", read_subject, .list = true),
		IR_FIELD("sparesNode", ir_read_true, .at = offsetof(struct ir_policy, spares_node),
			 .need = IR_OPTIONAL),
		IR_FIELD("ignore", read_ignore, .need = IR_OPTIONAL),
		IR_FIELD("ingress", read_ingress, .need = IR_OPTIONAL),
		IR_FIELD("egress", read_egress, .need = IR_OPTIONAL),
		{0},
	};
	struct ir_tier *tier = to;
	struct ir_policy *policy = arena_new(r->arena, struct ir_policy);
	int err;

	policy->tier = tier;
	vec_push(r->arena, &tier->policies, policy);
	err = ir_read_object(r, v, fields, policy, NULL);
	return err ? err : check_name(r, v, policy);
}

/* --- tiers ------------------------------------------------------------------------------ */

static int read_end(struct ir_reader *r, const struct ir_value *v, void *to)
{
	struct ir_tier *tier = to;
	int err = read_action(r, v, &tier->end);

	if (!err && tier->end == IR_ALLOW)
		return ir_refuse(r, v, "a tier ends in deny or pass");
	return err;
}

static int read_tier_name(struct ir_reader *r, const struct ir_value *v, void *to)
{
	struct ir_tier *tier = to;
	size_t n = r->tiers.strings.n;
	int err = ir_read_name(r, v, &tier->name);

	if (!err && intern_add(&r->tiers, tier->name) != n)
		return ir_refuse(r, v, "the tier '%.80s' is there twice", tier->name);
	return err;
}

int ir_read_tier(struct ir_reader *r, const struct ir_value *v, void *to)
{
	static const struct ir_field fields[] = {
		IR_FIELD("name", read_tier_name),
		IR_FIELD("end", read_end),
		IR_FIELD("at", ir_read_place, .at = offsetof(struct ir_tier, loc)),
		IR_FIELD("policies", read_policy, .list = true),
		{0},
	};
	struct ir *ir = to;
	struct ir_tier *tier = arena_new(r->arena, struct ir_tier);

	tier->id = (uint32_t)ir->tiers.n;
	vec_push(r->arena, &ir->tiers, tier);
	return ir_read_object(r, v, fields, tier, NULL);
}

struct run {
	uint32_t first, n;
};

struct runs {
	struct run v[2];
	size_t n;
};

static int read_run(struct ir_reader *r, const struct ir_value *v, void *to)
{
	static const struct ir_field fields[] = {
		IR_FIELD("first", ir_read_u32, .at = offsetof(struct run, first)),
		IR_FIELD("tiers", ir_read_u32, .at = offsetof(struct run, n)),
		{0},
	};
	struct runs *runs = to;
	struct run run = {0};
	int err = ir_read_object(r, v, fields, &run, NULL);

	if (err)
		return err;
	if (run.first >= r->ir->tiers.n || run.n == 0 || run.n > r->ir->tiers.n - run.first)
		return ir_refuse(r, v, "there are no such tiers");
	if (runs->n == 2)
		return ir_refuse(r, v, "an open order has two runs of tiers");
	runs->v[runs->n++] = run;
	return 0;
}

int ir_read_open_order(struct ir_reader *r, const struct ir_value *v, void *to)
{
	struct runs runs = {0};
	struct ir *ir = to;
	int err = ir_read_list(r, v, read_run, &runs);
	const struct run *a = &runs.v[0], *b = &runs.v[1];

	if (err)
		return err;
	if (runs.n != 2)
		return ir_refuse(r, v, "an open order has two runs of tiers");
	if (a->first + a->n > b->first)
		return ir_refuse(r, v, "the first run does not end before the second");
	vec_push(r->arena, &ir->open_orders,
		 (struct ir_open_order){{{a->first, a->n}, {b->first, b->n}}});
	return 0;
}
