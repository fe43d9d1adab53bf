/* SPDX-License-Identifier: Apache-2.0 */
/* What a bundle's ir.json says of policies and their rules, as far as decisions refer to it. */
#include <string.h>

#include "codegen/bundle_reader.h"
#include "codegen/hash.h"
#include "lang/base/buf.h"

/* The parts of ir.json that count, in one walk over tiers, policies and directions. */
struct policy_visit {
	struct bundle_reader *r;
	size_t n_policies, n_rules;
	int (*policy)(struct policy_visit *v, const json_t *policy);
	int (*rule)(struct policy_visit *v, const json_t *policy, enum ir_dir dir,
		    const json_t *rule);
};

static int refuse_policy(struct bundle_reader *r)
{
	return bundle_refuse(r, BUNDLE_IR, "its policies and rules do not hold together");
}

static int visit_policy(struct policy_visit *v, const json_t *policy)
{
	int err = v->policy(v, policy);

	for (enum ir_dir dir = 0; dir < IR_N_DIRS; dir++) {
		const json_t *rules =
			json_object_get(json_object_get(policy, ir_dir_name(dir)), "rules");

		for (size_t i = 0; !err && i < json_array_size(rules); i++)
			err = v->rule(v, policy, dir, json_array_get(rules, i));
	}
	return err;
}

static int visit_tiers(struct policy_visit *v, const json_t *tiers)
{
	int err = 0;

	for (size_t t = 0; !err && t < json_array_size(tiers); t++) {
		const json_t *policies = json_object_get(json_array_get(tiers, t), "policies");

		for (size_t i = 0; !err && i < json_array_size(policies); i++)
			err = visit_policy(v, json_array_get(policies, i));
	}
	return err;
}

static int count_policy(struct policy_visit *v, const json_t *policy)
{
	(void)policy;
	v->n_policies++;
	return 0;
}

static int count_rule(struct policy_visit *v, const json_t *policy, enum ir_dir dir,
		      const json_t *rule)
{
	(void)policy, (void)dir, (void)rule;
	v->n_rules++;
	return 0;
}

static const char *text_of(struct bundle_reader *r, const json_t *obj, const char *key)
{
	const char *text = json_string_value(json_object_get(obj, key));

	return text ? arena_strdup(&r->b->arena, text) : NULL;
}

/* Where something with an id belongs; NULL if there is no such place, or it is taken. */
static struct bundle_policy *policy_place(struct bundle *b, const json_t *policy)
{
	uint32_t id;

	return b->policies.n && bundle_number(json_object_get(policy, "id"), b->policies.n - 1, &id)
		       ? &b->policies.v[id]
		       : NULL;
}

static int fill_policy(struct policy_visit *v, const json_t *policy)
{
	struct bundle_policy *p = policy_place(v->r->b, policy);

	if (!p || p->name)
		return refuse_policy(v->r);
	*p = (struct bundle_policy){.name = text_of(v->r, policy, "name"),
				    .kind = text_of(v->r, policy, "kind"),
				    .at = text_of(v->r, policy, "at")};
	return p->name && p->kind && p->at ? 0 : refuse_policy(v->r);
}

static bool action_of(const json_t *rule, enum ir_action *out)
{
	static const enum ir_action actions[] = {IR_ALLOW, IR_DENY, IR_PASS};
	const char *name = json_string_value(json_object_get(rule, "action"));

	for (size_t i = 0; name && i < sizeof(actions) / sizeof(*actions); i++) {
		*out = actions[i];
		if (!strcmp(name, ir_action_name(actions[i])))
			return true;
	}
	return false;
}

static int add_text(const char *text, size_t n, void *ctx)
{
	buf_add(ctx, text, n);
	return 0;
}

/* What says which connections a rule is about, whatever it says of their requests. */
static const char *about(struct bundle_reader *r, const json_t *policy, const json_t *rule)
{
	const json_t *parts[] = {json_object_get(policy, "subjects"),
				 json_object_get(rule, "peers"), json_object_get(rule, "ports")};
	_cleanup_buf_ struct buf text = {0};
	char hash[GEN_HASH_STRLEN];

	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		if (json_dump_callback(parts[i], add_text, &text, JSON_COMPACT | JSON_SORT_KEYS))
			return NULL;
	gen_hash(buf_str(&text), text.n, hash);
	return arena_strdup(&r->b->arena, hash);
}

static int fill_rule(struct policy_visit *v, const json_t *policy, enum ir_dir dir,
		     const json_t *rule)
{
	struct bundle *b = v->r->b;
	struct bundle_rule made = {.policy = policy_place(b, policy), .dir = dir};
	uint32_t id;

	if (!bundle_number(json_object_get(rule, "id"), b->rules.n - 1, &id) ||
	    b->rules.v[id].policy || !action_of(rule, &made.action))
		return refuse_policy(v->r);
	made.at = text_of(v->r, rule, "at");
	if (json_object_get(rule, "l7"))
		made.about = about(v->r, policy, rule);
	b->rules.v[id] = made;
	return made.at && !made.about == !json_object_get(rule, "l7") ? 0 : refuse_policy(v->r);
}

static int fill_tiers(struct bundle_reader *r, const json_t *tiers)
{
	for (size_t i = 0; i < json_array_size(tiers); i++) {
		const char *name = text_of(r, json_array_get(tiers, i), "name");

		if (!name)
			return refuse_policy(r);
		vec_push(&r->b->arena, &r->b->tiers, name);
	}
	return 0;
}

/* Every id is there once: as many as there are places, and none twice. */
static int parse_policy(struct bundle_reader *r, const json_t *root)
{
	const json_t *tiers = json_object_get(root, "tiers");
	struct policy_visit count = {.r = r, .policy = count_policy, .rule = count_rule};
	struct policy_visit fill = {.r = r, .policy = fill_policy, .rule = fill_rule};
	struct bundle *b = r->b;
	int err;

	visit_tiers(&count, tiers);
	b->policies.v = arena_array(&b->arena, struct bundle_policy, count.n_policies);
	b->policies.n = b->policies.cap = count.n_policies;
	b->rules.v = arena_array(&b->arena, struct bundle_rule, count.n_rules);
	b->rules.n = b->rules.cap = count.n_rules;
	err = fill_tiers(r, tiers);
	return err ? err : visit_tiers(&fill, tiers);
}

int bundle_parse_policies(struct bundle_reader *r)
{
	json_t *root;
	int err = bundle_load_json(r, BUNDLE_IR, &root);

	if (err)
		return err;
	err = parse_policy(r, root);
	json_decref(root);
	return err;
}
