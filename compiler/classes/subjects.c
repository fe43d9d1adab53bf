/* SPDX-License-Identifier: Apache-2.0 */
/* Subjects: which endpoints are protected alike. */
#include <string.h>

#include "compiler/classes/by_label.h"
#include "compiler/classes/internal.h"
#include "compiler/eval.h"

/* What decides a table, as a key: the policies, and the named ports of the endpoint. */
struct recipe_key {
	VEC(uint32_t) words;
};

static bool concerns(const struct ir_policy *policy, enum ir_dir dir)
{
	return policy->governs[dir] || policy->rules[dir].n;
}

struct policy_list {
	VEC(const struct ir_policy *) list;
};

static void add_named_ports(struct cls_build_ctx *c, const struct ir_policy *policy,
			    const struct ir_endpoint *ep, struct recipe_key *key)
{
	vec_each (struct ir_rule *, rule, &policy->rules[IR_INGRESS]) {
		vec_each (const struct ir_port, port, &(*rule)->ports) {
			if (port->kind == IR_PORT_NAMED)
				vec_push(c->arena, &key->words,
					 (uint32_t)ir_endpoint_port(ep, port->proto, port->name));
		}
	}
}

/* Tables are made once for each distinct recipe. */
struct recipes {
	struct keyset keys;
	VEC(const struct cls_table *) tables;
};

static int table_for(struct cls_build_ctx *c, struct recipes *known, enum ir_dir dir,
		     const struct ir_endpoint *ep, const struct selecting *all,
		     const struct cls_table **out)
{
	struct recipe_key key = {0};
	struct policy_list used = {0};
	struct cls_recipe recipe = {.dir = dir, .subject = ep};
	uint32_t id;
	int err;

	vec_push(c->arena, &key.words, dir);
	vec_each (const struct ir_policy *, policy, &all->policies) {
		if (!concerns(*policy, dir))
			continue;
		vec_push(c->arena, &used.list, *policy);
		vec_push(c->arena, &key.words, (*policy)->id);
		if (dir == IR_INGRESS)
			add_named_ports(c, *policy, ep, &key);
	}
	id = keyset_add(&known->keys, key.words.v, key.words.n * sizeof(*key.words.v));
	if (id == known->tables.n) {
		const struct cls_table *table;

		recipe.policies = used.list.v;
		recipe.n_policies = used.list.n;
		err = cls_build_table(c, &recipe, &table);
		if (err)
			return err;
		vec_push(c->arena, &known->tables, table);
	}
	*out = known->tables.v[id];
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
	struct recipes recipes = {0};
	struct keyset subjects;

	keyset_init(&recipes.keys, c->arena);
	keyset_init(&subjects, c->arena);
	keyset_init(&c->tables, c->arena);
	c->cls->subject_of_endpoint = arena_array(c->arena, uint32_t, c->ir->endpoints.n);
	vec_each (struct ir_endpoint *, ep, &c->ir->endpoints) {
		const struct cls_table *tables[IR_N_DIRS];

		c->cls->subject_of_endpoint[(*ep)->id] = UINT32_MAX;
		if ((*ep)->host)
			continue;
		for (enum ir_dir dir = 0; dir < IR_N_DIRS; dir++) {
			int err = table_for(c, &recipes, dir, *ep, &selecting[(*ep)->id],
					    &tables[dir]);

			if (err)
				return err;
		}
		join_subject(c, &subjects, *ep, tables, &selecting[(*ep)->id]);
	}
	return 0;
}
