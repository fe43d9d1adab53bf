/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/l7/asked.h"

#include <assert.h>
#include <ctype.h>
#include <string.h>

#include "compiler/classes/keyset.h"
#include "lang/base/buf.h"

static void take(struct arena *arena, const struct ir_rule *const *rules, size_t n, bool deny,
		 struct l7_entries *out)
{
	for (size_t i = 0; i < n; i++)
		vec_each (const struct ir_l7_entry, e, &rules[i]->l7.entries)
			if (e->deny == deny)
				vec_push(arena, &out->list, (struct l7_entry){rules[i], e});
}

void l7_take_entries(struct arena *arena, const struct ir_rule *const *rules, size_t n,
		     struct l7_entries *out)
{
	take(arena, rules, n, true, out);
	take(arena, rules, n, false, out);
}

const struct ir_rule *l7_every_request(struct arena *arena, enum ir_l7_kind kind)
{
	struct ir_rule *rule = arena_new(arena, struct ir_rule);
	struct ir_l7_entry entry = {.verb = "any", .object.text = ".*"};
	const char *fault;

	entry.object.regex = regex_compile(arena, entry.object.text, false, &fault);
	assert(entry.object.regex);
	rule->l7.kind = kind;
	vec_push(arena, &rule->l7.entries, entry);
	return rule;
}

bool l7_same_value(const struct l7_asked *a, const struct l7_asked *b)
{
	return a->source == b->source && (a->source != L7_HEADER || strcmp(a->name, b->name) == 0);
}

/* --- asking ------------------------------------------------------------------------------- */

struct asking {
	struct arena *arena;
	const struct l7_entries *entries;
	struct l7_asked_list *out;
};

static const char *lower_case(struct asking *b, const char *name)
{
	char *copy = arena_strdup(b->arena, name);

	for (char *c = copy; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	return copy;
}

static void ask(struct asking *b, struct l7_asked a)
{
	for (size_t i = b->out->list.n; i-- > 0 && b->out->list.v[i].entry == a.entry;)
		a.nth += l7_same_value(&b->out->list.v[i], &a);
	vec_push(b->arena, &b->out->list, a);
}

static void ask_verb(struct asking *b, uint32_t i)
{
	const struct l7_entry *e = &b->entries->list.v[i];
	const char *verb = e->entry->verb;
	struct l7_asked a = {.entry = i, .source = L7_METHOD};

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
	ask(b, a);
}

static struct l7_pattern pattern_of(const struct ir_l7_value *v)
{
	return (struct l7_pattern){
		.text = v->text, .form = v->regex ? L7_REGEX : L7_EXACT, .value = v};
}

static void ask_object(struct asking *b, uint32_t i)
{
	const struct l7_entry *e = &b->entries->list.v[i];
	struct l7_asked a = {.entry = i,
			     .source = e->rule->l7.kind == IR_L7_KAFKA ? L7_TOPIC : L7_PATH,
			     .pattern = pattern_of(&e->entry->object)};

	a.pattern.prefix = e->rule->l7.kind == IR_L7_GRPC ? "/" : NULL;
	ask(b, a);
}

static void ask_cond(struct asking *b, uint32_t i, const struct ir_l7_cond *cond)
{
	static const enum l7_source sources[] = {
		[IR_L7_HEADER] = L7_HEADER, [IR_L7_HOST] = L7_HOST, [IR_L7_CLIENT] = L7_CLIENT};
	struct l7_asked a = {
		.entry = i, .source = sources[cond->what], .pattern = pattern_of(&cond->value)};

	if (cond->what == IR_L7_HEADER)
		a.name = lower_case(b, cond->name);
	if (cond->what == IR_L7_HOST)
		a.pattern.form = cond->value.regex ? L7_CASELESS_REGEX : L7_CASELESS;
	ask(b, a);
}

void l7_ask(struct arena *arena, const struct l7_entries *entries, struct l7_asked_list *out)
{
	struct asking b = {arena, entries, out};

	for (uint32_t i = 0; i < entries->list.n; i++) {
		ask_verb(&b, i);
		ask_object(&b, i);
		vec_each (const struct ir_l7_cond, cond, &entries->list.v[i].entry->conds)
			ask_cond(&b, i, cond);
	}
}

/* --- value by value ----------------------------------------------------------------------- */

void l7_collect(struct arena *arena, const struct l7_asked_list *all, size_t from, bool apart,
		bool *done, struct l7_value *out)
{
	struct keyset known;

	keyset_init(&known, arena);
	out->first = &all->list.v[from];
	for (size_t i = from; i < all->list.n; i++) {
		const struct l7_asked *a = &all->list.v[i];
		_cleanup_buf_ struct buf key = {0};
		uint32_t number;

		if (!l7_same_value(out->first, a) || (apart && a->nth != out->first->nth))
			continue;
		done[i] = true;
		l7_pattern_key(&a->pattern, &key);
		number = keyset_add(&known, buf_str(&key), key.n);
		if (number == out->patterns.n)
			vec_push(arena, &out->patterns, a->pattern);
		vec_push(arena, &out->asked, a);
		vec_push(arena, &out->pattern, number);
	}
}
