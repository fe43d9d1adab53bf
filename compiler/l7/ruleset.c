/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/l7/ruleset.h"

#include <string.h>
#include <strings.h>

struct builder {
	struct arena *arena;
	struct l7_ruleset *set;
	struct l7_fault *fault;
};

/* --- columns ----------------------------------------------------------------------------- */

/* All entries. */
static void fill(const struct l7_ruleset *set, l7_bits *row)
{
	for (size_t i = 0; i < set->entries.list.n; i++)
		l7_bits_set(row, i);
}

/* Which entries a value leaves that matches these patterns: those that ask for one of them, and
 * those that ask for none of this group. */
static void fill_rows(struct builder *b, const struct l7_value *w, const struct l7_group *group,
		      struct l7_column *column)
{
	size_t words = b->set->n_words, n_sets = group->dfa->sets.n;
	l7_bits *rows = arena_array(b->arena, l7_bits, (n_sets + 1) * words);

	for (size_t s = 0; s <= n_sets; s++)
		fill(b->set, rows + s * words);
	for (size_t i = 0; i < w->asked.n; i++) {
		uint32_t number = group->number[w->pattern.v[i]];

		if (number == L7_NOT_HERE)
			continue;
		for (size_t s = 0; s <= n_sets; s++)
			l7_bits_clear(rows + s * words, w->asked.v[i]->entry);
		for (size_t s = 0; s < n_sets; s++)
			if (dfa_accept_has(&group->dfa->sets.v[s], number))
				l7_bits_set(rows + s * words, w->asked.v[i]->entry);
	}
	column->rows = rows;
	column->absent = rows + n_sets * words;
}

static bool add_columns(struct builder *b, const struct l7_value *w)
{
	struct l7_groups groups = {0};

	if (!l7_group(b->arena, w->patterns.v, w->patterns.n, &groups, b->fault))
		return false;
	vec_each (const struct l7_group, group, &groups.list) {
		struct l7_column column = {
			.source = w->first->source, .name = w->first->name, .dfa = group->dfa};

		fill_rows(b, w, group, &column);
		vec_push(b->arena, &b->set->columns, column);
	}
	return true;
}

const struct l7_ruleset *l7_ruleset_build(struct arena *arena, const struct ir_rule *const *rules,
					  size_t n, struct l7_fault *fault)
{
	struct builder b = {arena, arena_new(arena, struct l7_ruleset), fault};
	struct l7_asked_list asked = {0};
	bool *done;

	l7_take_entries(arena, rules, n, &b.set->entries);
	b.set->n_words = l7_bits_words(&b.set->entries);
	l7_ask(arena, &b.set->entries, &asked);
	done = arena_array(arena, bool, asked.list.n + 1);
	for (size_t i = 0; i < asked.list.n; i++) {
		struct l7_value w = {0};

		if (done[i])
			continue;
		l7_collect(arena, &asked, i, true, done, &w);
		if (!add_columns(&b, &w))
			return NULL;
	}
	return b.set;
}

/* --- judging ----------------------------------------------------------------------------- */

struct judging {
	const struct l7_ruleset *set;
	const struct l7_column *column;
	l7_bits *left; /* entries that all columns leave so far */
	l7_bits *any;  /* entries that some value of this column leaves */
	bool present;
};

static void look_at(struct judging *j, const char *value, size_t n)
{
	const struct dfa_accept *accept = dfa_match(j->column->dfa, value, n);
	size_t words = j->set->n_words;
	const l7_bits *row = j->column->rows + (size_t)(accept - j->column->dfa->sets.v) * words;

	j->present = true;
	for (size_t i = 0; i < words; i++)
		j->any[i] |= row[i];
}

static void look_at_text(struct judging *j, const char *value)
{
	if (value)
		look_at(j, value, strlen(value));
}

static void look_at_headers(struct judging *j, const struct ir_request *r)
{
	if (strcmp(j->column->name, "host") == 0) {
		look_at_text(j, r->host);
		return;
	}
	vec_each (const struct ir_header, h, &r->headers)
		if (strcasecmp(h->name, j->column->name) == 0)
			look_at_text(j, h->value);
}

static void look_at_source(struct judging *j, const struct ir_request *r)
{
	switch (j->column->source) {
	case L7_METHOD:
		look_at_text(j, r->method);
		return;
	case L7_PATH:
		if (r->path)
			look_at(j, r->path, strcspn(r->path, "?"));
		return;
	case L7_HOST:
		if (r->host)
			look_at(j, r->host, ir_host_len(r->host, strlen(r->host)));
		return;
	case L7_HEADER:
		look_at_headers(j, r);
		return;
	case L7_API:
		look_at_text(j, r->api);
		return;
	case L7_TOPIC:
		look_at_text(j, r->topic);
		return;
	case L7_CLIENT:
		look_at_text(j, r->client);
		return;
	}
}

static void apply_column(struct judging *j, const struct ir_request *request)
{
	size_t words = j->set->n_words;
	const l7_bits *by;

	memset(j->any, 0, words * sizeof(*j->any));
	j->present = false;
	look_at_source(j, request);
	by = j->present ? j->any : j->column->absent;
	for (size_t i = 0; i < words; i++)
		j->left[i] &= by[i];
}

static struct ir_judgement first_of(const struct l7_ruleset *set, const l7_bits *left)
{
	for (size_t i = 0; i < set->n_words; i++) {
		const struct l7_entry *e;

		if (!left[i])
			continue;
		e = &set->entries.list.v[i * L7_BITS + (size_t)__builtin_ctzll(left[i])];
		return (struct ir_judgement){!e->entry->deny, e->rule, e->entry};
	}
	return (struct ir_judgement){0};
}

struct ir_judgement l7_ruleset_judge(const struct l7_ruleset *set, const struct ir_request *request)
{
	struct ir_judgement result;
	struct judging j = {.set = set};
	struct arena scratch;

	arena_init(&scratch);
	j.left = arena_array(&scratch, l7_bits, set->n_words);
	j.any = arena_array(&scratch, l7_bits, set->n_words);
	fill(set, j.left);
	vec_each (const struct l7_column, column, &set->columns) {
		j.column = column;
		apply_column(&j, request);
	}
	result = first_of(set, j.left);
	arena_fini(&scratch);
	return result;
}
