/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "codegen/shape.h"
#include "tests/unit/cls_fixture.h"

/* The name of the shape of one subject with these tables. */
static void assert_shape(const char *in, const char *in_rows, const char *eg, const char *eg_rows,
			 const char *want)
{
	_cleanup_buf_ struct buf name = {0};
	const struct cls_table *t_in, *t_eg;
	struct fixture f;

	fix_init(&f);
	t_in = fix_table(&f, in, in_rows);
	t_eg = fix_table(&f, eg, eg_rows);
	fix_subject(&f, t_in, t_eg);
	gen_shape_features_text(gen_shapes_of(&f.cls, 0, &f.arena)[0], &name);
	assert_string_equal(buf_str(&name), want);
	fix_fini(&f);
}

TEST(constant_tables_need_no_lookup_at_all)
{
	assert_shape("0", "000000", "0", "000000", "deny");
	assert_shape("1", "000000", "1", "000000", "in4all-eg4all-in6all-eg6all");
	assert_shape("0", "000000", "1", "000000", "eg4all-eg6all");
	assert_shape("1", "000000", "0", "000000", "in4all-in6all");
}

TEST(a_general_shape_is_the_same_for_everybody)
{
	struct gen_shape *shapes;
	struct fixture f;

	fix_init(&f);
	fix_subject(&f, fix_table(&f, "01", "000000"), fix_table(&f, "1", "000000"));
	fix_subject(&f, fix_table(&f, "0", "000000"), fix_table(&f, "0/1", "010010"));
	shapes = gen_shapes_of(&f.cls, GEN_GENERAL | GEN_EVENTS, &f.arena);
	assert_int_equal(shapes[0].features, GEN_GENERAL | GEN_EVENTS);
	assert_int_equal(shapes[1].features, GEN_GENERAL | GEN_EVENTS);
	fix_fini(&f);
}

TEST(a_policy_by_ports_alone_looks_up_no_peer)
{
	assert_shape("01", "000000", "1", "000000", "in4-eg4all-in6-eg6all-inports");
}

TEST(a_policy_by_peers_alone_looks_up_no_port)
{
	assert_shape("0/1", "000010", "1", "000000", "in4-eg4all-eg6all-peers4-inpeers");
}

TEST(a_policy_by_prefixes_alone_looks_up_no_endpoint)
{
	/* 10.0.0.0/8, and the endpoints in it are no exception. */
	assert_shape("1", "000000", "0/1", "010010", "in4all-eg4-in6all-peers4-cidrs4-egpeers");
	assert_shape("1", "000000", "0/1", "010110", "in4all-eg4-in6all-eg6-cidrs4-peers6-egpeers");
	assert_shape("1", "000000", "0/1", "001000", "in4all-in6all-eg6-cidrs6-egpeers");
}

TEST(a_family_that_nothing_can_use_is_left_out)
{
	assert_shape("00/01", "000010", "00/10", "000010",
		     "in4-eg4-peers4-inpeers-inports-egpeers-egports");
	assert_shape("00/01", "001000", "00/10", "001000",
		     "in6-eg6-cidrs6-inpeers-inports-egpeers-egports");
}

TEST(an_endpoint_without_an_address_may_get_one_of_either_family)
{
	assert_shape("0/1", "000001", "0", "000000", "in4-in6-peers4-peers6-inpeers");
}

TEST(replies_are_told_apart_only_where_one_direction_can_hold_them_back)
{
	static const struct {
		uint32_t features;
		bool tracks;
	} cases[] = {
		{0, false},
		{GEN_IN4_ALL | GEN_EG4_ALL, false},
		{GEN_IN4_ALL, true},
		{GEN_EG4_ALL, true},
		{GEN_IN4 | GEN_EG4_ALL, true},
		{GEN_IN4, true},
		{GEN_IN4 | GEN_EG4, true},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct gen_shape s = {cases[i].features};

		assert_int_equal(gen_shape_tracks(s, GEN_V4), cases[i].tracks);
		assert_false(gen_shape_tracks(s, GEN_V6));
	}
}

TEST(subjects_with_the_same_needs_share_a_shape)
{
	struct gen_shape *shapes;
	struct fixture f;

	fix_init(&f);
	fix_subject(&f, fix_table(&f, "01", "000000"), fix_table(&f, "1", "000000"));
	fix_subject(&f, fix_table(&f, "10", "000000"), fix_table(&f, "11", "000000"));
	fix_subject(&f, fix_table(&f, "10/11", "000010"), f.cls.tables.v[1]);
	shapes = gen_shapes_of(&f.cls, 0, &f.arena);
	assert_int_equal(shapes[0].features, shapes[1].features);
	assert_int_not_equal(shapes[0].features, shapes[2].features);
	fix_fini(&f);
}

/* A decision of a tier for all cells of a table. */
static struct cls_table *decide(struct fixture *f, struct cls_table *t)
{
	struct cls_decision d = {.outcome = (enum ir_outcome)t->cells[0], .tier = &f->tier};

	t->decided = arena_array(&f->arena, uint16_t, (size_t)t->n_rows * t->n_cols);
	vec_push(&f->arena, &t->decisions, d);
	return t;
}

TEST(a_default_deny_takes_a_table_where_it_is_counted)
{
	struct gen_shape *shapes;
	struct fixture f;

	fix_init(&f);
	fix_subject(&f, decide(&f, fix_table(&f, "0", "000000")), fix_table(&f, "1", "000000"));
	shapes = gen_shapes_of(&f.cls, GEN_RULES, &f.arena);
	assert_int_equal(gen_shape_kind(shapes[0], GEN_V4, IR_INGRESS), GEN_KIND_TABLE);
	assert_int_equal(gen_shape_kind(shapes[0], GEN_V4, IR_EGRESS), GEN_KIND_ALLOW);
	assert_true(gen_shape_decides(shapes[0]));
	fix_fini(&f);
}

TEST(where_no_rule_has_a_say_none_is_counted_but_drops_are_told)
{
	const struct cls_table *open;
	struct gen_shape *shapes;
	struct fixture f;

	fix_init(&f);
	open = fix_table(&f, "1", "000000");
	fix_subject(&f, open, open);
	shapes = gen_shapes_of(&f.cls, GEN_RULES | GEN_EVENTS, &f.arena);
	assert_false(shapes[0].features & GEN_RULES);
	assert_true(shapes[0].features & GEN_EVENTS);
	assert_false(gen_shape_decides(shapes[0]));
	fix_fini(&f);
}

TEST(a_name_is_the_same_for_the_same_features_and_short_for_any)
{
	static const struct gen_shape open = {GEN_IN4_ALL | GEN_EG4_ALL | GEN_IN6_ALL |
					      GEN_EG6_ALL},
				      all = {(1u << GEN_N_FEATURES) - 1};
	_cleanup_buf_ struct buf title = {0}, name = {0};

	gen_shape_title(open, &title);
	assert_string_equal(buf_str(&title), "aa29e3a1998f (in4all-eg4all-in6all-eg6all)");
	gen_shape_name(all, &name);
	assert_int_equal(name.n, GEN_SHAPE_NAME);
	assert_int_equal(strspn(buf_str(&name), "0123456789abcdef"), GEN_SHAPE_NAME);
}

TEST(a_feature_is_found_by_its_name)
{
	for (enum gen_feature_bit bit = 0; bit < GEN_N_FEATURES; bit++)
		assert_int_equal(gen_feature_find(gen_feature_name(bit)), bit);
	assert_int_equal(gen_feature_find("in5"), GEN_N_FEATURES);
	assert_int_equal(gen_feature_find(""), GEN_N_FEATURES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(constant_tables_need_no_lookup_at_all),
		cmocka_unit_test(a_general_shape_is_the_same_for_everybody),
		cmocka_unit_test(a_policy_by_ports_alone_looks_up_no_peer),
		cmocka_unit_test(a_policy_by_peers_alone_looks_up_no_port),
		cmocka_unit_test(a_policy_by_prefixes_alone_looks_up_no_endpoint),
		cmocka_unit_test(a_family_that_nothing_can_use_is_left_out),
		cmocka_unit_test(an_endpoint_without_an_address_may_get_one_of_either_family),
		cmocka_unit_test(
			replies_are_told_apart_only_where_one_direction_can_hold_them_back),
		cmocka_unit_test(a_name_is_the_same_for_the_same_features_and_short_for_any),
		cmocka_unit_test(a_feature_is_found_by_its_name),
		cmocka_unit_test(subjects_with_the_same_needs_share_a_shape),
		cmocka_unit_test(a_default_deny_takes_a_table_where_it_is_counted),
		cmocka_unit_test(where_no_rule_has_a_say_none_is_counted_but_drops_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
