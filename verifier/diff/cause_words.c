/* SPDX-License-Identifier: Apache-2.0 */
/* Causes, for programs and for the reviewer of a change. */
#include <string.h>

#include "lang/base/buf.h"
#include "lang/base/diag_value.h"
#include "lang/base/source.h"
#include "verifier/diff/cause.h"

static const char *const side_names[] = {[DIFF_OLD] = "old", [DIFF_NEW] = "new"};

/* NULL: no place. */
static const struct source *source_of(const struct diff *d, enum diff_side side, struct loc loc)
{
	return d->sources[side] && loc.line ? sources_get(d->sources[side], loc.file) : NULL;
}

/* --- JSON ------------------------------------------------------------------------------------ */

static void set_string(json_t *object, const char *key, const char *s)
{
	json_object_set_new(object, key, diag_value_text(s));
}

static void set_place(json_t *object, const struct diff *d, enum diff_side side, struct loc loc)
{
	if (d->sources[side])
		diag_value_set_place(object, d->sources[side], loc);
}

static json_t *policy_json(const struct diff *d, const struct diff_cause *c)
{
	json_t *out = json_object();

	set_string(out, "name", c->policy->name);
	set_string(out, "kind", c->policy->kind);
	set_place(out, d, c->side, c->policy->loc);
	return out;
}

static json_t *rule_json(const struct diff *d, const struct diff_cause *c)
{
	json_t *out = json_object();

	set_string(out, "action", ir_action_name(c->rule->action));
	set_place(out, d, c->side, c->rule->loc);
	return out;
}

static json_t *cause_json(const struct diff *d, const struct diff_cause *c)
{
	json_t *out = json_object();

	set_string(out, "side", side_names[c->side]);
	if (c->missing) {
		set_string(out, "missing", c->missing);
		return out;
	}
	set_string(out, "direction", ir_dir_name(c->dir));
	json_object_set_new(out, "policy", policy_json(d, c));
	if (c->rule)
		json_object_set_new(out, "rule", rule_json(d, c));
	if (c->both)
		json_object_set_new(out, "on_both_sides", json_true());
	return out;
}

json_t *diff_causes_json(const struct diff *d, const struct diff_region *r)
{
	json_t *out = json_array();

	vec_each (const struct diff_cause, c, &r->causes)
		json_array_append_new(out, cause_json(d, c));
	return out;
}

/* --- text ------------------------------------------------------------------------------------ */

/* More than these are policies that all isolate the same end. */
enum { MAX_CAUSES = 4 };

static void put_place(const struct diff *d, enum diff_side side, struct loc loc, struct buf *out)
{
	const struct source *src = source_of(d, side, loc);

	if (!src)
		return;
	buf_puts(out, ", ");
	buf_add_shown(out, src->name, strlen(src->name));
	buf_printf(out, ":%u:%u", loc.line, loc.col);
}

/* What both sides have decides in one of them, since the tiers stand otherwise. */
static void put_cause(const struct diff *d, const struct diff_cause *c, struct buf *out)
{
	static const char *const by_rule[DIFF_N_SIDES][2] = {
		[DIFF_OLD] = {"no longer matched by the", "no longer by the"},
		[DIFF_NEW] = {"by the", "by the"},
	};
	static const char *const by_isolation[DIFF_N_SIDES] = {
		[DIFF_OLD] = "no longer isolated by",
		[DIFF_NEW] = "isolated by",
	};

	static const char *const requests[] = {[IR_L7_NONE] = "",
					       [IR_L7_HTTP] = " http",
					       [IR_L7_GRPC] = " grpc",
					       [IR_L7_KAFKA] = " kafka"};

	if (c->missing) {
		buf_printf(out, "%s has no %s", side_names[c->side], c->missing);
		return;
	}
	if (c->rule)
		buf_printf(out, "%s %s%s rule of", by_rule[c->side][c->both],
			   ir_action_name(c->rule->action), requests[c->rule->l7.kind]);
	else
		buf_puts(out, by_isolation[c->side]);
	buf_printf(out, " %s %s (%s)", c->policy->kind, c->policy->name, ir_dir_name(c->dir));
	put_place(d, c->side, c->rule ? c->rule->loc : c->policy->loc, out);
}

void diff_causes_text(const struct diff *d, const struct diff_region *r, const char *color,
		      const char *end, struct buf *out)
{
	size_t n = r->causes.n;

	for (size_t i = 0; i < n && i < MAX_CAUSES; i++) {
		buf_printf(out, "    %s", color);
		put_cause(d, &r->causes.v[i], out);
		if (i + 1 == MAX_CAUSES && n > MAX_CAUSES)
			buf_printf(out, ", and %zu more", n - MAX_CAUSES);
		buf_printf(out, "%s\n", end);
	}
}
