/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who decides, by number, the cells of the tables. Policies and rules are those of ir.json, which
 * is looked into only if there are decisions.
 */
#include <errno.h>
#include <string.h>

#include "codegen/bundle_reader.h"
#include "compiler/classes/keyset.h"
#include "lang/base/buf.h"

/* What of the policy an entry names, by `key`; false if there is no such thing. */
static bool find_id(const json_t *entry, const char *key, size_t n, uint32_t *id)
{
	return n && bundle_number(json_object_get(entry, key), (uint32_t)n - 1, id);
}

static bool parse_by_rule(struct bundle *b, const json_t *entry, struct bundle_decision *d)
{
	static const char *const keys[] = {"verdict", "rule", NULL};
	static const enum ir_outcome outcomes[] = {
		[IR_ALLOW] = IR_OUTCOME_ALLOW, [IR_DENY] = IR_OUTCOME_DENY};
	uint32_t id;

	if (!bundle_has_keys(entry, keys) || !find_id(entry, "rule", b->rules.n, &id))
		return false;
	d->rule = &b->rules.v[id];
	d->dir = d->rule->dir;
	return d->rule->action != IR_PASS && outcomes[d->rule->action] == d->outcome;
}

/* Allow rules of one direction, each once. */
static bool parse_asked(struct bundle *b, const json_t *entry, struct bundle_decision *d)
{
	static const char *const keys[] = {"verdict", "rules", NULL};
	const json_t *rules = json_object_get(entry, "rules");

	if (!bundle_has_keys(entry, keys) || !json_is_array(rules) || !b->rules.n)
		return false;
	for (size_t i = 0; i < json_array_size(rules); i++) {
		const struct bundle_rule *rule;
		uint32_t id;

		if (!bundle_number(json_array_get(rules, i), (uint32_t)b->rules.n - 1, &id))
			return false;
		rule = &b->rules.v[id];
		vec_each (const struct bundle_rule *, known, &d->asked)
			if (*known == rule || (*known)->dir != rule->dir)
				return false;
		if (rule->action != IR_ALLOW || !rule->about)
			return false;
		vec_push(&b->arena, &d->asked, rule);
	}
	if (!d->asked.n)
		return false;
	d->rule = d->asked.v[0];
	d->dir = d->rule->dir;
	return true;
}

static bool parse_dir(const json_t *value, enum ir_dir *dir)
{
	const char *name = json_string_value(value);

	for (*dir = 0; name && *dir < IR_N_DIRS; (*dir)++) {
		if (!strcmp(name, ir_dir_name(*dir)))
			return true;
	}
	return false;
}

static bool parse_by_tier(struct bundle *b, const json_t *entry, struct bundle_decision *d)
{
	static const char *const keys[] = {"verdict", "tier", "direction", "policies", NULL};
	const json_t *policies = json_object_get(entry, "policies");
	uint32_t id;

	if (!bundle_has_keys(entry, keys) || !find_id(entry, "tier", b->tiers.n, &id) ||
	    !json_is_array(policies))
		return false;
	d->tier = b->tiers.v[id];
	if (d->outcome != IR_OUTCOME_DENY ||
	    !parse_dir(json_object_get(entry, "direction"), &d->dir))
		return false;
	for (size_t i = 0; i < json_array_size(policies); i++) {
		if (!b->policies.n ||
		    !bundle_number(json_array_get(policies, i), b->policies.n - 1, &id))
			return false;
		vec_push(&b->arena, &d->governing, &b->policies.v[id]);
	}
	return d->governing.n > 0;
}

static bool parse_outcome(const json_t *value, enum ir_outcome *out)
{
	const char *name = json_string_value(value);

	for (*out = 0; name && *out <= IR_OUTCOME_REDIRECT; (*out)++) {
		if (!strcmp(name, ir_outcome_name(*out)))
			return true;
	}
	return false;
}

static bool parse_decision(struct bundle *b, const json_t *entry, struct bundle_decision *d)
{
	*d = (struct bundle_decision){0};
	if (!parse_outcome(json_object_get(entry, "verdict"), &d->outcome))
		return false;
	if (d->outcome == IR_OUTCOME_REDIRECT)
		return parse_asked(b, entry, d);
	if (json_object_get(entry, "rule"))
		return parse_by_rule(b, entry, d);
	if (json_object_get(entry, "tier"))
		return parse_by_tier(b, entry, d);
	return d->outcome == IR_OUTCOME_ALLOW && json_object_size(entry) == 1;
}

/* What tells a decision from others: numbers of the policy's things, ended by the policies, or by
 * the rules that are asked. */
static void decision_key(const struct bundle *b, const struct bundle_decision *d, struct buf *out)
{
	ptrdiff_t rule = d->rule ? d->rule - b->rules.v : -1;

	buf_add(out, &d->outcome, sizeof(d->outcome));
	buf_add(out, &rule, sizeof(rule));
	buf_add(out, &d->dir, sizeof(d->dir));
	buf_add(out, &d->tier, sizeof(d->tier));
	for (size_t i = 0; i < d->governing.n; i++)
		buf_add(out, &d->governing.v[i], sizeof(d->governing.v[i]));
	for (size_t i = 0; i < d->asked.n; i++)
		buf_add(out, &d->asked.v[i], sizeof(d->asked.v[i]));
}

/* The number of a decision is its place in the list. One that is there twice would be counted
 * apart from itself. */
static int parse_list(struct bundle_reader *r, const json_t *list)
{
	struct bundle *b = r->b;
	struct keyset known;

	keyset_init(&known, &b->arena);
	for (size_t i = 0; i < json_array_size(list); i++) {
		_cleanup_buf_ struct buf key = {0};
		struct bundle_decision d;

		if (!parse_decision(b, json_array_get(list, i), &d))
			return bundle_refuse(r, BUNDLE_DECISIONS,
					     "entry %zu of 'decisions' is malformed", i + 1);
		decision_key(b, &d, &key);
		if (keyset_add(&known, buf_str(&key), key.n) != i)
			return bundle_refuse(r, BUNDLE_DECISIONS,
					     "entry %zu of 'decisions' is there twice", i + 1);
		vec_push(&b->arena, &b->decisions, d);
	}
	return 0;
}

static int parse_root(struct bundle_reader *r, const json_t *root)
{
	const json_t *list = json_object_get(root, "decisions");
	int err;

	if (json_object_size(root) != 1 || !json_array_size(list) ||
	    json_array_size(list) > CLS_MAX_DECISIONS)
		return bundle_refuse(r, BUNDLE_DECISIONS,
				     "it is not a list of decisions, or too long");
	err = bundle_parse_policies(r);
	return err ? err : parse_list(r, list);
}

int bundle_parse_decisions(struct bundle_reader *r)
{
	json_t *root;
	int err;

	if (!bundle_entry_find(r, BUNDLE_DECISIONS))
		return 0;
	err = bundle_load_json(r, BUNDLE_DECISIONS, &root);
	if (err)
		return err;
	err = parse_root(r, root);
	json_decref(root);
	return err;
}

/* Is each row a list of n_cols numbers of decisions? Looked at before room is made for them. */
static bool rows_are_whole(const json_t *rows, const struct bundle_table *t, size_t n_decisions)
{
	for (size_t i = 0; i < json_array_size(rows); i++) {
		const json_t *row = json_array_get(rows, i);
		uint32_t number;

		if (json_array_size(row) != t->n_cols)
			return false;
		for (size_t j = 0; j < t->n_cols; j++) {
			if (!bundle_number(json_array_get(row, j), (uint32_t)n_decisions - 1,
					   &number))
				return false;
		}
	}
	return json_array_size(rows) == t->n_rows;
}

/* Only a decision tells what a redirect asks. */
static int check_undecided(struct bundle_reader *r, const char *name, const struct bundle_table *t)
{
	if (!memchr(t->cells, IR_OUTCOME_REDIRECT, (size_t)t->n_rows * t->n_cols))
		return 0;
	return bundle_refuse(r, name, "it redirects, and nothing says by which rules");
}

int bundle_parse_decided(struct bundle_reader *r, const char *name, const json_t *rows,
			 struct bundle_table *t)
{
	const struct bundle *b = r->b;
	size_t n = 0;

	if (!rows != !b->decisions.n)
		return bundle_refuse(r, name,
				     "it has 'decided' without a list of decisions, or "
				     "the other way round");
	if (!rows)
		return check_undecided(r, name, t);
	if (!rows_are_whole(rows, t, b->decisions.n))
		return bundle_refuse(r, name, "'decided' is not a table of 'rows' by 'cols'");
	t->decided = arena_array(&r->b->arena, uint16_t, (size_t)t->n_rows * t->n_cols);
	for (size_t i = 0; i < t->n_rows; i++) {
		for (size_t j = 0; j < t->n_cols; j++, n++) {
			const json_t *cell = json_array_get(json_array_get(rows, i), j);

			t->decided[n] = (uint16_t)json_integer_value(cell);
			if (b->decisions.v[t->decided[n]].outcome != (enum ir_outcome)t->cells[n])
				return bundle_refuse(r, name,
						     "a cell of row %zu and its decision differ",
						     i + 1);
		}
	}
	return 0;
}
