/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whoever compares policies without saying that the inventory is complete gets an answer for every
 * inventory that there could be: what it says of one, and of the same policies over others that are
 * complete, must agree. tests/lib/campaign.h tells how many.
 */
#include "tests/unit/unit.h"

#include <string.h>

#include "compiler/space/suppose.h"
#include "tests/lib/campaign.h"
#include "tests/lib/random.h"
#include "tests/lib/random_policy.h"
#include "tests/unit/compared.h"

enum { N_COMPLETIONS = 3 };

/* One word behind the first `from`, if there is any, becomes another one of as many letters. */
static void edit(struct random *r, struct buf *text, const char *from)
{
	static const struct {
		const char *old, *new;
	} words[] = {{"web", "wib"},
		     {"web", "cab"},
		     {"80", "81"},
		     {"env", "app"},
		     {"203.0.113", "203.0.114"},
		     {"10.0.0.0/8", "12.0.0.0/8"}};
	size_t i = random_below(r, sizeof(words) / sizeof(*words)), n = 0;
	char *start = text->n ? strstr(text->s, from) : NULL, *chosen = NULL;

	for (char *at = start; at && (at = strstr(at, words[i].old)); at++)
		if (random_below(r, (uint32_t)++n) == 0)
			chosen = at;
	if (chosen)
		memcpy(chosen, words[i].new, strlen(words[i].new));
}

/* Half of the sets know where pods are. */
static void add_pods(struct lang *lang, uint64_t seed)
{
	static const char *const prefixes[] = {"10.0.0.0/8", "203.0.113.64/27", "192.0.2.0/24",
					       "2001:db8::/32"};
	struct net_prefix p;

	if (seed % 2)
		return;
	assert_int_equal(
		net_prefix_parse(prefixes[seed / 2 % (sizeof(prefixes) / sizeof(*prefixes))], &p),
		0);
	lang_add_pod_prefix(lang, &p);
}

static bool is_elsewhere(const struct ir *ir, const struct ir_endpoint *ep)
{
	vec_each (const struct net_addr, addr, &ep->addrs)
		if (ir->pods.n && !net_prefix_has_addr(&ir->pods.v[0], addr))
			return true;
	return false;
}

/* Pods of another inventory are where pods are; those of the inventory that the open world knows
 * may be elsewhere. */
static void move_pods(struct ir *ir)
{
	vec_each (struct ir_endpoint *, ep, &ir->endpoints)
		if (!(*ep)->host && is_elsewhere(ir, *ep))
			(*ep)->addrs.n = 0;
}

/* The policies of `seed`, and on the new side an edit of them, over this inventory. False: the edit
 * has made nonsense of them. */
static bool compare(struct compared *c, uint64_t universe, uint64_t seed, bool closed)
{
	const struct diff_options opts = {.limit = DIFF_DEFAULT_LIMIT, .closed = closed};
	bool read = true;

	compared_init(c);
	for (enum diff_side side = 0; read && side < DIFF_N_SIDES; side++) {
		struct random r = {.state = seed};
		struct random_policy p;

		random_policy_init(&p, universe, seed);
		add_pods(&c->lang[side], seed);
		if (side == DIFF_NEW) {
			edit(&r, &p.yaml, "kind: NetworkPolicy");
			edit(&r, &p.pol, "policy ");
		}
		read = compared_text(c, side, LANG_YAML, buf_str(&p.yaml)) &&
		       compared_text(c, side, LANG_POL, buf_str(&p.pol)) &&
		       ir_resolve(&c->lang[side], &c->ir[side]) == 0;
		random_policy_fini(&p);
		if (read && universe != seed)
			move_pods(c->ir[side]);
	}
	if (read && closed)
		space_suppose(c->ir, DIFF_N_SIDES);
	if (read)
		assert_int_equal(
			diff_run(c->ir[DIFF_OLD], c->ir[DIFF_NEW], &opts, &c->arena, &c->diff), 0);
	return read;
}

static bool has(const struct diff_regions *r)
{
	return r->list.n > 0;
}

/* Returns whether the answer is "equal". */
static bool check_set(uint64_t seed, long *changed)
{
	struct compared open, closed;
	bool equal = false;

	if (compare(&open, seed, seed, false) && open.diff.relation != DIFF_UNDECIDED) {
		equal = open.diff.relation == DIFF_EQUAL;
		for (uint64_t i = 0; i < N_COMPLETIONS; i++) {
			assert_true(compare(&closed, seed + i, seed, true));
			assert_true(closed.diff.closed);
			*changed += closed.diff.relation != DIFF_EQUAL;
			if ((has(&closed.diff.added) && !has(&open.diff.added)) ||
			    (has(&closed.diff.removed) && !has(&open.diff.removed)))
				fail_msg("POLC_SEED=%llu: over inventory %llu more changes than "
					 "over all",
					 (unsigned long long)seed, (unsigned long long)(seed + i));
			compared_fini(&closed);
		}
	}
	compared_fini(&open);
	return equal;
}

TEST(what_some_inventory_changes_is_changed_for_all_that_there_could_be)
{
	struct campaign c = campaign_begin(500, 1);
	long equal = 0, changed = 0;
	uint64_t seed;

	while (campaign_next(&c, &seed))
		equal += check_set(seed, &changed);
	print_message("# %llu sets, %ld of them equal; %ld inventories with a change\n",
		      (unsigned long long)c.done, equal, changed);
	assert_true(c.done < 50 || (equal && changed));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			what_some_inventory_changes_is_changed_for_all_that_there_could_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
