/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/l7/ruleset.h"

#include <assert.h>
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "compiler/classes/keyset.h"
#include "lang/base/buf.h"

struct builder {
	struct arena *arena;
	struct l7_ruleset *set;
	struct l7_fault *fault;
};

/* --- entries ----------------------------------------------------------------------------- */

static void take_entries(struct builder *b, const struct ir_rule *const *rules, size_t n, bool deny)
{
	for (size_t i = 0; i < n; i++)
		vec_each (const struct ir_l7_entry, e, &rules[i]->l7.entries)
			if (e->deny == deny)
				vec_push(b->arena, &b->set->entries,
					 (struct l7_entry){rules[i], e});
}

/* --- what an entry asks of a value ------------------------------------------------------------ */

/* The values that an entry asks for, of one source: all have to be there. */
struct asked {
	uint32_t entry;
	enum l7_source source;
	const char *name;
	uint32_t nth; /* of the same source and name, within the entry */
	struct l7_pattern pattern;
};

struct asked_list {
	VEC(struct asked) list;
};

/* Do both ask about the same value? */
static bool same_value(const struct asked *a, const struct asked *b)
{
	return a->source == b->source && (a->source != L7_HEADER || strcmp(a->name, b->name) == 0);
}

static const char *lower_case(struct builder *b, const char *name)
{
	char *copy = arena_strdup(b->arena, name);

	for (char *c = copy; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	return copy;
}

static void ask(struct builder *b, struct asked_list *out, struct asked a)
{
	for (size_t i = out->list.n; i-- > 0 && out->list.v[i].entry == a.entry;)
		a.nth += same_value(&out->list.v[i], &a);
	vec_push(b->arena, &out->list, a);
}

static void ask_verb(struct builder *b, struct asked_list *out, uint32_t i)
{
	const struct l7_entry *e = &b->set->entries.v[i];
	const char *verb = e->entry->verb;
	struct asked a = {.entry = i, .source = L7_METHOD};

	if (e->rule->l7.kind == IR_L7_GRPC)
		verb = "POST";
	if (strcmp(verb, "any") == 0)
		return;
	a.pattern.text = verb;
	if (e->rule->l7.kind == IR_L7_KAFKA) {
		a.source = L7_API;
		a.pattern.form = L7_CASELESS;
		/* A consumer's request for records is called Fetch on the wire. */
		a.pattern.or_text = strcmp(verb, "consume") == 0 ? "fetch" : NULL;
	}
	ask(b, out, a);
}

static struct l7_pattern pattern_of(const struct ir_l7_value *v)
{
	return (struct l7_pattern){
		.text = v->text, .form = v->regex ? L7_REGEX : L7_EXACT, .value = v};
}

static void ask_object(struct builder *b, struct asked_list *out, uint32_t i)
{
	const struct l7_entry *e = &b->set->entries.v[i];
	struct asked a = {.entry = i,
			  .source = e->rule->l7.kind == IR_L7_KAFKA ? L7_TOPIC : L7_PATH,
			  .pattern = pattern_of(&e->entry->object)};

	a.pattern.prefix = e->rule->l7.kind == IR_L7_GRPC ? "/" : NULL;
	ask(b, out, a);
}

static void ask_cond(struct builder *b, struct asked_list *out, uint32_t i,
		     const struct ir_l7_cond *cond)
{
	static const enum l7_source sources[] = {
		[IR_L7_HEADER] = L7_HEADER, [IR_L7_HOST] = L7_HOST, [IR_L7_CLIENT] = L7_CLIENT};
	struct asked a = {
		.entry = i, .source = sources[cond->what], .pattern = pattern_of(&cond->value)};

	if (cond->what == IR_L7_HEADER)
		a.name = lower_case(b, cond->name);
	if (cond->what == IR_L7_HOST)
		a.pattern.form = cond->value.regex ? L7_CASELESS_REGEX : L7_CASELESS;
	ask(b, out, a);
}

static void ask_all(struct builder *b, struct asked_list *out)
{
	for (uint32_t i = 0; i < b->set->entries.n; i++) {
		ask_verb(b, out, i);
		ask_object(b, out, i);
		vec_each (const struct ir_l7_cond, cond, &b->set->entries.v[i].entry->conds)
			ask_cond(b, out, i, cond);
	}
}

/* --- columns ----------------------------------------------------------------------------- */

static void set_bit(l7_bits *row, size_t bit)
{
	row[bit / L7_BITS] |= (l7_bits)1 << bit % L7_BITS;
}

static void clear_bit(l7_bits *row, size_t bit)
{
	row[bit / L7_BITS] &= ~((l7_bits)1 << bit % L7_BITS);
}

/* All entries. */
static void fill(const struct l7_ruleset *set, l7_bits *row)
{
	for (size_t i = 0; i < set->entries.n; i++)
		set_bit(row, i);
}

/* The values of one source and place in the entry, and which pattern of a group each one is. */
struct column_work {
	const struct asked *first;
	VEC(const struct asked *) asked;
	VEC(uint32_t) pattern;           /* by `asked` */
	VEC(struct l7_pattern) patterns; /* each once */
};

/* Which entries a value leaves that matches these patterns: those that ask for one of them, and
 * those that ask for none of this group. */
static void fill_rows(struct builder *b, const struct column_work *w, const struct l7_group *group,
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
			clear_bit(rows + s * words, w->asked.v[i]->entry);
		for (size_t s = 0; s < n_sets; s++)
			if (dfa_accept_has(&group->dfa->sets.v[s], number))
				set_bit(rows + s * words, w->asked.v[i]->entry);
	}
	column->rows = rows;
	column->absent = rows + n_sets * words;
}

static bool add_columns(struct builder *b, struct column_work *w)
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

/* What is asked of one value, without what was in a column before. */
static void collect(struct builder *b, const struct asked_list *all, size_t from, bool *done,
		    struct column_work *w)
{
	struct keyset known;

	keyset_init(&known, b->arena);
	w->first = &all->list.v[from];
	for (size_t i = from; i < all->list.n; i++) {
		const struct asked *a = &all->list.v[i];
		_cleanup_buf_ struct buf key = {0};
		uint32_t number;

		if (done[i] || a->nth != w->first->nth || !same_value(w->first, a))
			continue;
		done[i] = true;
		l7_pattern_key(&a->pattern, &key);
		number = keyset_add(&known, buf_str(&key), key.n);
		if (number == w->patterns.n)
			vec_push(b->arena, &w->patterns, a->pattern);
		vec_push(b->arena, &w->asked, a);
		vec_push(b->arena, &w->pattern, number);
	}
}

const struct l7_ruleset *l7_ruleset_build(struct arena *arena, const struct ir_rule *const *rules,
					  size_t n, struct l7_fault *fault)
{
	struct builder b = {arena, arena_new(arena, struct l7_ruleset), fault};
	struct asked_list asked = {0};
	bool *done;

	take_entries(&b, rules, n, true);
	take_entries(&b, rules, n, false);
	b.set->n_words = b.set->entries.n / L7_BITS + 1;
	ask_all(&b, &asked);
	done = arena_array(arena, bool, asked.list.n + 1);
	for (size_t i = 0; i < asked.list.n; i++) {
		struct column_work w = {0};

		if (done[i])
			continue;
		collect(&b, &asked, i, done, &w);
		if (!add_columns(&b, &w))
			return NULL;
	}
	return b.set;
}

/* --- judging ----------------------------------------------------------------------------- */

struct judging {
	const struct l7_ruleset *set;
	const struct l7_column *column;
	l7_bits *left,
		*any; /* entries that all columns leave so far, that one value of this one does */
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
			look_at(j, r->host, ir_host_len(r->host));
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
		e = &set->entries.v[i * L7_BITS + (size_t)__builtin_ctzll(left[i])];
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
