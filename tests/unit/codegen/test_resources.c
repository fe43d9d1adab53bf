/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include <errno.h>
#include <string.h>

#include "bpf/abi.h"
#include "codegen/bundle.h"
#include "codegen/resources.h"
#include "tests/unit/cls_fixture.h"

/* Three endpoints; what tables can become is up to the test. */
struct trial {
	struct fixture f;
	struct cls_table *tables[3];
	struct bundle_options opts;
	struct gen_resources resources;
};

static void trial_init(struct trial *t)
{
	*t = (struct trial){.opts = {.identities = GEN_IDENTITIES}};
	fix_init(&t->f);
	t->tables[0] = fix_table(&t->f, "000/010/011", "011220");
	t->tables[1] = fix_table(&t->f, "1", "000000");
	t->tables[2] = fix_table(&t->f, "01/11", "010011");
	for (int i = 0; i < 3; i++) {
		t->tables[i]->max_rows = t->tables[i]->n_rows;
		t->tables[i]->max_cols = t->tables[i]->n_cols;
	}
	fix_policy(&t->f, fix_subject(&t->f, t->tables[0], t->tables[1]), "front");
	fix_subject(&t->f, t->tables[1], t->tables[1]);
	fix_policy(&t->f, fix_subject(&t->f, t->tables[2], t->tables[0]), "back");
	t->f.cls.max_classes = FIX_CLASSES;
}

static int prove(struct trial *t)
{
	t->resources = (struct gen_resources){0};
	return gen_resources_prove(&t->resources, &t->f.cls, &t->opts, &t->f.arena, &t->f.diag);
}

static void said(struct trial *t, const char *text)
{
	_cleanup_buf_ struct buf all = {0};

	diag_render_text(&t->f.diag, &(struct diag_style){0}, &all);
	if (!strstr(buf_str(&all), text))
		fail_msg("no '%s' in: %s", text, buf_str(&all));
}

TEST(a_small_policy_fits_many_times)
{
	struct trial t;

	trial_init(&t);
	assert_int_equal(prove(&t), 0);
	assert_int_equal(t.resources.endpoints, 3);
	assert_int_equal(t.resources.fits, POLC_ENDPOINTS - 1);
	assert_int_equal(t.resources.needs[GEN_NEED_CLASSES].now, FIX_CLASSES);
	assert_int_equal(t.resources.needs[GEN_NEED_LINES].now, 3);
	assert_int_equal(t.resources.needs[GEN_NEED_PEERS6].now, 1);
	assert_int_equal(t.resources.needs[GEN_NEED_CIDRS6].now, 1);
	for (enum gen_need_id id = 0; id < GEN_N_NEEDS; id++)
		assert_true(t.resources.needs[id].now <= t.resources.needs[id].worst);
	fix_fini(&t.f);
}

TEST(a_table_that_can_outgrow_a_node_names_its_policies)
{
	struct trial t;

	trial_init(&t);
	t.tables[0]->max_rows = 60000;
	t.tables[0]->max_cols = 2000;
	assert_int_equal(prove(&t), -E2BIG);
	said(&t, "a node of 3 endpoints would need 234377 verdict lines, and it has room for "
		 "131072");
	said(&t, "that is with 65536 identities; today it is 3");
	said(&t, "any 0 endpoints fit");
	said(&t, "of the ingress table of 'shop/db'");
	said(&t, "at most 60000 x 2000");
	fix_fini(&t.f);
}

TEST(fewer_endpoints_on_a_node_need_less)
{
	struct trial t;

	trial_init(&t);
	for (int i = 0; i < 3; i++) {
		t.tables[i]->max_rows = 20000;
		t.tables[i]->max_cols = 1200;
	}
	assert_int_equal(prove(&t), -E2BIG);
	assert_int_equal(t.resources.fits, 1);
	t.opts.node_endpoints = t.resources.fits;
	assert_int_equal(prove(&t), 0);
	fix_fini(&t.f);
}

TEST(more_classes_than_an_address_can_name_are_refused)
{
	struct trial t;

	trial_init(&t);
	t.f.cls.max_classes = CLS_MAX_CLASSES;
	assert_int_equal(prove(&t), 0);
	t.f.cls.max_classes = CLS_MAX_CLASSES + 1;
	assert_int_equal(prove(&t), -E2BIG);
	said(&t, "would need 32768 peer classes, and it has room for 32767");
	said(&t, "provide for fewer with --identities N");
	fix_fini(&t.f);
}

TEST(without_growth_the_worst_is_today)
{
	struct trial t;

	trial_init(&t);
	t.f.cls.max_classes = 0;
	for (int i = 0; i < 3; i++)
		t.tables[i]->max_rows = t.tables[i]->max_cols = 0;
	assert_int_equal(prove(&t), 0);
	assert_int_equal(t.resources.identities, 0);
	for (enum gen_need_id id = 0; id < GEN_N_NEEDS; id++)
		assert_int_equal(t.resources.needs[id].now, t.resources.needs[id].worst);
	fix_fini(&t.f);
}

/* So many decisions of one table, the last of which redirects if `redirect`. */
static uint64_t pages_with(size_t n, bool redirect)
{
	struct trial t;
	struct ir_rule *rules;

	trial_init(&t);
	rules = arena_array(&t.f.arena, struct ir_rule, n);
	for (size_t i = 0; i < n; i++) {
		struct cls_decision d = {.outcome = IR_OUTCOME_ALLOW, .rule = &rules[i]};

		rules[i].id = (uint32_t)i;
		if (redirect && i == n - 1)
			d.outcome = IR_OUTCOME_REDIRECT;
		vec_push(&t.f.arena, &t.tables[0]->decisions, d);
	}
	assert_int_equal(prove(&t), 0);
	fix_fini(&t.f);
	return t.resources.needs[GEN_NEED_PAGES].now;
}

TEST(listeners_take_pages_where_a_decision_redirects)
{
	uint64_t none = pages_with(1, false);

	assert_int_equal(pages_with(300, false), none);
	assert_int_equal(pages_with(1, true), none + 1);
	assert_int_equal(pages_with(POLC_PAGE, true), none + 1);
	assert_int_equal(pages_with(POLC_PAGE + 1, true), none + 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_small_policy_fits_many_times),
		cmocka_unit_test(a_table_that_can_outgrow_a_node_names_its_policies),
		cmocka_unit_test(fewer_endpoints_on_a_node_need_less),
		cmocka_unit_test(more_classes_than_an_address_can_name_are_refused),
		cmocka_unit_test(without_growth_the_worst_is_today),
		cmocka_unit_test(listeners_take_pages_where_a_decision_redirects),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
