/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/cli/decision.h"

static void rule_text(const struct bundle_rule *rule, struct buf *out)
{
	buf_printf(out, "%s %s, %s %s", ir_action_name(rule->action), rule->at, rule->policy->kind,
		   rule->policy->name);
}

/* Policies that isolate can be many; the first ones tell where to look. */
static void default_text(const struct bundle_decision *d, struct buf *out)
{
	enum { MAX_NAMES = 3 };

	buf_printf(out, "default deny, tier %s", d->tier);
	for (size_t i = 0; i < d->governing.n && i < MAX_NAMES; i++)
		buf_printf(out, ", %s %s", d->governing.v[i]->kind, d->governing.v[i]->name);
	if (d->governing.n > MAX_NAMES)
		buf_printf(out, " and %zu more", d->governing.n - MAX_NAMES);
}

void cli_decision_text(const struct bundle_decision *d, struct buf *out)
{
	if (d->rule)
		rule_text(d->rule, out);
	else if (d->tier)
		default_text(d, out);
	else
		buf_puts(out, "no policy decides");
}

static json_t *policy_json(const struct bundle_policy *p)
{
	return json_pack("{s:s, s:s, s:s}", "name", p->name, "kind", p->kind, "at", p->at);
}

json_t *cli_decision_json(const struct bundle_decision *d)
{
	json_t *obj = json_pack("{s:s}", "verdict", ir_outcome_name(d->outcome)), *policies;

	if (!d->rule && !d->tier)
		return obj;
	json_object_set_new(obj, "direction", json_string(ir_dir_name(d->dir)));
	if (d->rule) {
		json_object_set_new(obj, "rule",
				    json_pack("{s:s, s:o}", "at", d->rule->at, "policy",
					      policy_json(d->rule->policy)));
		return obj;
	}
	policies = json_array();
	vec_each (const struct bundle_policy *, p, &d->governing)
		json_array_append_new(policies, policy_json(*p));
	json_object_set_new(obj, "default",
			    json_pack("{s:s, s:o}", "tier", d->tier, "policies", policies));
	return obj;
}
