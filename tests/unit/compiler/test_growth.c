/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is said of clusters to come, against clusters that came: random policies, first with a few
 * endpoints, then with one for every label set that there can be.
 */
#include "tests/unit/unit.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "compiler/classes/classes.h"
#include "lang/base/buf.h"
#include "tests/lib/campaign.h"
#include "tests/lib/random.h"
#include "tests/unit/irb.h"

enum { N_WORLDS = 400, N_KEYS = 3, N_VALUES = 3, N_TODAY = 3 };

/* Of a key: a value that policies mention, one that they do not, or absent. */
enum { N_CHOICES = N_VALUES + 2, N_LABEL_SETS = N_CHOICES * N_CHOICES * N_CHOICES };

static const struct cls_options grown = {.identities = 1000};

static void put_selector(struct random *r, struct buf *out)
{
	unsigned n = random_below(r, 3);

	for (unsigned i = 0; i < n; i++) {
		static const char *const forms[] = {"%sk%u=v%u", "%sk%u!=v%u", "%sk%u=v%u;v0",
						    "%sk%u", "%s!k%u"};

		buf_printf(out, forms[random_below(r, 5)], i ? "," : "", random_below(r, N_KEYS),
			   random_below(r, N_VALUES));
	}
}

static void add_policies(struct random *r, struct irb *b)
{
	static const char *const ports[] = {"tcp/80", "tcp/80|udp/53", "tcp/1000-2000", ""};
	unsigned n_policies = 1 + random_below(r, 4);

	for (unsigned i = 0; i < n_policies; i++) {
		_cleanup_buf_ struct buf subject = {0};
		struct ir_policy *p;
		unsigned n_rules = random_below(r, 5);
		char name[16];

		put_selector(r, &subject);
		snprintf(name, sizeof(name), "p%u", i);
		p = irb_policy(b, b->tier, name, buf_str(&subject));
		for (unsigned j = 0; j < n_rules; j++) {
			_cleanup_buf_ struct buf peers = {0};

			buf_puts(&peers, "sel:");
			put_selector(r, &peers);
			if (random_below(r, 4) == 0)
				buf_puts(&peers, "|cidr:192.0.2.0/24");
			irb_rule(b, p, random_below(r, 2) ? IR_INGRESS : IR_EGRESS,
				 random_below(r, 3) ? IR_ALLOW : IR_DENY, random_below(r, 2),
				 buf_str(&peers), ports[random_below(r, 4)]);
		}
	}
}

static void add_endpoint(struct irb *b, unsigned number, unsigned labels)
{
	_cleanup_buf_ struct buf text = {0};
	char name[16];

	for (unsigned k = 0; k < N_KEYS; k++, labels /= N_CHOICES) {
		unsigned choice = labels % N_CHOICES;

		if (choice < N_CHOICES - 1)
			buf_printf(&text, "%sk%u=v%u", text.n ? "," : "", k, choice);
	}
	snprintf(name, sizeof(name), "e%03u", number);
	irb_endpoint(b, name, buf_str(&text), "", "");
}

static struct cls *build(struct irb *b, uint64_t seed, bool all)
{
	struct random r = {seed};
	struct cls *cls;

	irb_init(b);
	add_policies(&r, b);
	for (unsigned i = 0; i < N_TODAY; i++)
		add_endpoint(b, i, random_below(&r, N_LABEL_SETS));
	for (unsigned i = 0; all && i < N_LABEL_SETS; i++)
		add_endpoint(b, N_TODAY + i, i);
	assert_int_equal(cls_build(&b->ir, &grown, &b->arena, &b->diag, &cls), 0);
	return cls;
}

static const struct cls_table *table_of(const struct cls *cls, uint32_t ep, enum ir_dir dir)
{
	return cls->subjects.v[cls->subject_of_endpoint[ep]]->tables[dir];
}

static void check_table(const struct cls_table *today, const struct cls_table *then, uint64_t seed)
{
	if (then->n_rows > today->max_rows || then->n_cols > today->max_cols)
		fail_msg("seed %" PRIu64 ": %u x %u, and at most %u x %u were foreseen", seed,
			 then->n_rows, then->n_cols, today->max_rows, today->max_cols);
}

TEST(no_cluster_outgrows_what_was_foreseen)
{
	struct campaign c = campaign_begin(N_WORLDS, 0.1);
	uint64_t seed;

	while (campaign_next(&c, &seed)) {
		struct irb few, all;
		const struct cls *today = build(&few, seed, false);
		const struct cls *then = build(&all, seed, true);

		/* All were foreseen, and no more than the two outside could be in vain: there
		 * a peer can be like an endpoint that nobody selects. */
		if (then->n_classes > today->max_classes ||
		    then->n_classes + 2 < today->max_classes)
			fail_msg("seed %" PRIu64 ": %u classes, and %u were foreseen", seed,
				 then->n_classes, today->max_classes);
		for (uint32_t ep = 0; ep < N_TODAY; ep++)
			for (enum ir_dir dir = 0; dir < IR_N_DIRS; dir++)
				check_table(table_of(today, ep, dir), table_of(then, ep, dir),
					    seed);
		irb_fini(&few);
		irb_fini(&all);
	}
}

TEST(growth_ends_at_the_identities_that_were_asked_for)
{
	struct ir_policy *p;
	struct cls *cls;
	struct irb b;

	irb_init(&b);
	p = irb_policy(&b, b.tier, "many", "");
	for (unsigned k = 0; k < 20; k++) {
		char peers[16];

		snprintf(peers, sizeof(peers), "sel:k%u=v", k);
		irb_rule(&b, p, IR_INGRESS, IR_ALLOW, 0, peers, "tcp/80");
	}
	irb_endpoint(&b, "e", "", "", "");
	assert_int_equal(cls_build(&b.ir, &grown, &b.arena, &b.diag, &cls), 0);
	assert_int_equal(cls->max_classes, grown.identities + 1); /* and the world outside */
	assert_int_equal(table_of(cls, 0, IR_INGRESS)->max_rows, grown.identities + 1);
	assert_int_equal(table_of(cls, 0, IR_EGRESS)->max_rows, 1);
	irb_fini(&b);
}

TEST(prefixes_and_named_ports_of_today_are_those_of_tomorrow)
{
	struct ir_policy *p;
	struct cls *cls;
	struct irb b;

	irb_init(&b);
	p = irb_policy(&b, b.tier, "p", "a=x");
	irb_rule(&b, p, IR_EGRESS, IR_ALLOW, 0, "pods:10.0.0.0/24", "tcp/http");
	irb_rule(&b, p, IR_EGRESS, IR_ALLOW, 0, "sel:a=y", "tcp/http");
	irb_endpoint(&b, "e0", "a=x", "10.0.0.1", "http=tcp/80");
	irb_endpoint(&b, "e1", "a=x", "10.0.1.1", "http=tcp/8080");
	assert_int_equal(cls_build(&b.ir, &grown, &b.arena, &b.diag, &cls), 0);
	/* a = y or not, at either place; and outside, within the prefix or not. */
	assert_int_equal(cls->max_classes, 2 * 2 + 2);
	irb_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_cluster_outgrows_what_was_foreseen),
		cmocka_unit_test(growth_ends_at_the_identities_that_were_asked_for),
		cmocka_unit_test(prefixes_and_named_ports_of_today_are_those_of_tomorrow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
