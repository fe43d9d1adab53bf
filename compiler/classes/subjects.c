/* SPDX-License-Identifier: Apache-2.0 */
/* Subjects: which endpoints are protected alike. */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "compiler/classes/by_label.h"
#include "compiler/classes/internal.h"
#include "compiler/eval.h"
#include "lang/base/work.h"

/* Policies by their selection's number. */
struct policies {
	const struct ir_policy **by_selection;
	uint32_t *selection_of; /* by policy id */
};

static void number_policies(struct cls_build_ctx *c, struct policies *out)
{
	uint32_t n = 0;

	out->by_selection = arena_array(c->arena, const struct ir_policy *, c->ir->policies.n + 1);
	out->selection_of = arena_array(c->arena, uint32_t, c->ir->policies.n + 1);
	vec_each (struct ir_tier *, tier, &c->ir->tiers) {
		vec_each (struct ir_policy *, policy, &(*tier)->policies) {
			out->by_selection[n] = *policy;
			out->selection_of[(*policy)->id] = n++;
		}
	}
}

struct policy_list {
	VEC(const struct ir_policy *) list;
};

/* The table of a recipe that nobody had before. */
static int make_table(struct cls_build_ctx *c, const struct policies *policies, enum ir_dir dir,
		      const struct ir_endpoint *ep, const struct cls_selected *by)
{
	struct cls_recipe recipe = {.dir = dir, .subject = ep};
	struct policy_list used = {0};
	const struct cls_table *table;
	int err;

	vec_each (const uint32_t, i, &by->list) {
		if (c->recipes->selections.v[*i].concerns[dir])
			vec_push(c->arena, &used.list, policies->by_selection[*i]);
	}
	recipe.policies = used.list.v;
	recipe.n_policies = used.list.n;
	err = cls_build_table(c, &recipe, &table);
	if (!err)
		vec_push(c->arena, &c->recipes->tables, table->id);
	return err;
}

/* Tables are made once for each distinct recipe. */
static int find_tables(struct cls_build_ctx *c, const struct policies *policies,
		       const struct ir_endpoint *ep, const struct selecting *selecting,
		       const struct cls_table *out[IR_N_DIRS])
{
	struct cls_selected by = {0};
	struct cls_recipe_key key = {0};

	vec_each (const struct ir_policy *, policy, &selecting->policies)
		vec_push(c->arena, &by.list, policies->selection_of[(*policy)->id]);
	for (enum ir_dir dir = 0; dir < IR_N_DIRS; dir++) {
		uint32_t id;
		int err = 0;

		cls_recipe_key(c->recipes, dir, ep, &by, c->arena, &key);
		id = keyset_add(&c->recipes->keys, key.words.v, key.words.n * sizeof(*key.words.v));
		assert(id <= c->recipes->tables.n);
		if (id == c->recipes->tables.n)
			err = make_table(c, policies, dir, ep, &by);
		if (err)
			return err;
		out[dir] = c->cls->tables.v[c->recipes->tables.v[id]];
	}
	return 0;
}

static void add_policies(struct cls_build_ctx *c, struct cls_subject *subject,
			 const struct selecting *by)
{
	vec_each (const struct ir_policy *, policy, &by->policies) {
		size_t at = subject->policies.n;
		bool known = false;

		vec_each (const struct ir_policy *, have, &subject->policies)
			known |= *have == *policy;
		if (known)
			continue;
		vec_push(c->arena, &subject->policies, *policy);
		for (; at && subject->policies.v[at - 1]->id > (*policy)->id; at--)
			subject->policies.v[at] = subject->policies.v[at - 1];
		subject->policies.v[at] = *policy;
	}
}

static void join_subject(struct cls_build_ctx *c, struct keyset *known,
			 const struct ir_endpoint *ep, const struct cls_table *tables[IR_N_DIRS],
			 const struct selecting *by)
{
	uint32_t key[IR_N_DIRS] = {tables[IR_INGRESS]->id, tables[IR_EGRESS]->id};
	uint32_t id = keyset_add(known, key, sizeof(key));
	struct cls_subject *subject;

	if (id == c->cls->subjects.n) {
		subject = arena_new(c->arena, struct cls_subject);
		subject->id = id;
		memcpy(subject->tables, tables, sizeof(subject->tables));
		vec_push(c->arena, &c->cls->subjects, subject);
	}
	subject = c->cls->subjects.v[id];
	vec_push(c->arena, &subject->endpoints, ep);
	add_policies(c, subject, by);
	c->cls->subject_of_endpoint[ep->id] = id;
}

int cls_build_subjects(struct cls_build_ctx *c)
{
	const struct selecting *selecting = selecting_find(c->ir, c->arena);
	struct policies policies;
	struct keyset subjects;

	cls_recipes_init(c->recipes, c->ir, c->arena);
	number_policies(c, &policies);
	keyset_init(&subjects, c->arena);
	keyset_init(&c->tables, c->arena);
	cls_find_classes_of_atoms(c);
	c->cls->subject_of_endpoint = arena_array(c->arena, uint32_t, c->ir->endpoints.n);
	vec_each (struct ir_endpoint *, ep, &c->ir->endpoints) {
		const struct cls_table *tables[IR_N_DIRS];
		int err;

		work_tell(c->opts.work, (*ep)->id);
		if (work_is_over(c->opts.work))
			return -ETIME;
		c->cls->subject_of_endpoint[(*ep)->id] = UINT32_MAX;
		if ((*ep)->host)
			continue;
		err = find_tables(c, &policies, *ep, &selecting[(*ep)->id], tables);
		if (err)
			return err;
		join_subject(c, &subjects, *ep, tables, &selecting[(*ep)->id]);
	}
	return 0;
}
