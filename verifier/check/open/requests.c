/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entries of rules that judge requests: one that no request matches (`empty-rule`), one whose
 * requests others deny (`shadowed`), one without which every request would be judged as it is
 * (`redundant`). Entries of one rule are always asked together, so what is said of them holds
 * wherever the rule does.
 */
#include "compiler/l7/space.h"
#include "verifier/check/engine/checker.h"

/* More are not listed. */
enum { MAX_NAMED = 8 };

struct requests {
	struct checker *c;
	const struct ir_rule *rule;
	struct l7_entries entries;
	const struct l7_space *space;
	size_t words;
	l7_bits *gone; /* entries that are told */
};

static l7_bits *bits(struct requests *r)
{
	return arena_array(r->c->arena, l7_bits, r->words);
}

static const struct ir_l7_entry *entry_at(const struct requests *r, size_t i)
{
	return r->entries.list.v[i].entry;
}

/* Is there no request that entry `i` matches and none of `others`? What has no answer counts as no.
 */
static bool is_covered(struct requests *r, size_t i, const l7_bits *others)
{
	l7_bits *must = bits(r);
	struct ir_request request;

	l7_bits_set(must, i);
	return l7_space_find(r->c->arena, r->space, must, others, &request) == L7_NONE;
}

/* Those that do what `deny` says, but for `i` and those that are told. */
static l7_bits *others_that(struct requests *r, size_t i, bool deny)
{
	l7_bits *out = bits(r);

	for (size_t k = 0; k < r->entries.list.n; k++)
		if (k != i && !l7_bits_has(r->gone, k) && entry_at(r, k)->deny == deny)
			l7_bits_set(out, k);
	return out;
}

/* Without those that are not needed to cover it. */
static void reduce(struct requests *r, size_t i, l7_bits *others)
{
	for (size_t k = 0; k < r->entries.list.n; k++) {
		if (!l7_bits_has(others, k))
			continue;
		l7_bits_clear(others, k);
		if (!is_covered(r, i, others))
			l7_bits_set(others, k);
	}
}

static void name_others(struct requests *r, struct diag_item *item, const l7_bits *others,
			const char *what)
{
	size_t n = 0;

	for (size_t k = 0; k < r->entries.list.n; k++)
		if (l7_bits_has(others, k) && n++ < MAX_NAMED)
			checker_note(r->c, item, entry_at(r, k)->loc, "%s", what);
}

static const char *kind_name(const struct requests *r)
{
	static const char *const names[] = {
		[IR_L7_HTTP] = "http", [IR_L7_GRPC] = "grpc", [IR_L7_KAFKA] = "kafka"};

	return names[r->rule->l7.kind];
}

/* --- what is found ------------------------------------------------------------------------ */

static bool report_empty(struct requests *r, size_t i)
{
	const struct ir_l7_entry *e = entry_at(r, i);

	if (!is_covered(r, i, bits(r)))
		return false;
	checker_report(r->c, CHECK_ID_EMPTY_RULE, e->loc,
		       r->rule->l7.kind == IR_L7_HTTP
			       ? "no request matches this %s entry: a path begins with '/'"
			       : "no request matches this %s entry",
		       kind_name(r));
	return true;
}

static bool report_denied(struct requests *r, size_t i)
{
	l7_bits *denies = others_that(r, i, true);

	if (entry_at(r, i)->deny || !is_covered(r, i, denies))
		return false;
	reduce(r, i, denies);
	name_others(r,
		    checker_report(r->c, CHECK_ID_SHADOWED, entry_at(r, i)->loc,
				   "this %s entry allows nothing: every request that it matches is "
				   "denied by the same rule",
				   kind_name(r)),
		    denies, "denied here");
	return true;
}

static bool report_said_again(struct requests *r, size_t i)
{
	bool deny = entry_at(r, i)->deny;
	l7_bits *others = others_that(r, i, deny), *denies = others_that(r, i, true);

	/* What is denied anyway, another entry need not allow. */
	for (size_t k = 0; !deny && k < r->words; k++)
		others[k] |= denies[k];
	if (!is_covered(r, i, others))
		return false;
	reduce(r, i, others);
	name_others(r,
		    checker_report(r->c, CHECK_ID_REDUNDANT, entry_at(r, i)->loc,
				   "this %s entry changes nothing: every request that it %s is %s "
				   "without it, too",
				   kind_name(r), deny ? "denies" : "allows",
				   deny ? "denied" : "allowed"),
		    others, "by this entry");
	return true;
}

/* From the last to the first, so that of two alike the later one is told. */
static void check_entries(struct requests *r)
{
	for (size_t i = r->entries.list.n; i-- > 0;) {
		if (checker_is_spent(r->c, CHECK_ID_REDUNDANT, r->rule->l7.loc))
			return;
		if (report_empty(r, i) || report_denied(r, i) || report_said_again(r, i))
			l7_bits_set(r->gone, i);
	}
}

static void check_rule(struct checker *c, const struct ir_rule *rule)
{
	struct requests r = {.c = c, .rule = rule};
	struct l7_fault fault;

	l7_take_entries(c->arena, &rule, 1, &r.entries);
	r.words = l7_bits_words(&r.entries);
	r.gone = bits(&r);
	r.space = l7_space_build(c->arena, &r.entries, 1, &fault);
	if (r.space)
		check_entries(&r);
	else
		checker_left_out(c, CHECK_ID_REDUNDANT, rule->l7.loc, "for these entries: %s",
				 fault.text);
}

void check_requests(struct checker *c)
{
	checker_each_judging(c, CHECK_ID_REDUNDANT, NULL, check_rule);
}
