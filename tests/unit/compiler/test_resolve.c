/* SPDX-License-Identifier: Apache-2.0 */
/* From text to meaning: names, tiers and the inventory, through the readers and ir_resolve(). */
#include <stdio.h>
#include <string.h>

#include "compiler/ir.h"
#include "compiler/ir_json.h"
#include "lang/base/buf.h"
#include "lang/base/codes.h"
#include "lang/lang.h"
#include "tests/unit/unit.h"

#define ENDPOINT "endpoint e { labels { a = b } address 10.0.0.1 }\n"

static void read_pol(struct lang *l, const char *text, enum lang_role role)
{
	assert_int_equal(lang_read_text(l, "test.pol", text, strlen(text), LANG_POL, role), 0);
}

static const struct diag_item *find_item(const struct lang *l, enum diag_severity severity,
					 const char *code, const char *words)
{
	_cleanup_buf_ struct buf text = {0};

	vec_each (struct diag_item *, d, &l->diag.items) {
		if ((*d)->severity == severity && strcmp((*d)->code, code) == 0 &&
		    strstr((*d)->text, words))
			return *d;
	}
	diag_render_text(&l->diag, &(struct diag_style){0}, &text);
	fail_msg("no [%s] with '%s' in:\n%s", code, words, buf_str(&text));
	return NULL;
}

/* Refused, with one error at this line and column; a note or fix holds `hint`. */
static void refuses(const char *text, const char *code, const char *words, unsigned line,
		    unsigned col, const char *hint)
{
	const struct diag_item *d;
	bool hinted = !hint;
	struct lang l;
	struct ir *ir;

	lang_init(&l);
	read_pol(&l, text, LANG_INPUT);
	assert_int_equal(ir_resolve(&l, &ir), -22);
	d = find_item(&l, DIAG_ERROR, code, words);
	assert_int_equal(l.diag.errors, 1);
	assert_int_equal(d->loc.line, line);
	assert_int_equal(d->loc.col, col);
	vec_each (const struct diag_note, note, &d->notes)
		hinted |= hint && strstr(note->text, hint);
	vec_each (const struct diag_fix, fix, &d->fixes)
		hinted |= hint && strstr(fix->text, hint);
	assert_true(hinted);
	lang_fini(&l);
}

static struct ir *resolves(struct lang *l, const char *text)
{
	struct ir *ir;

	lang_init(l);
	read_pol(l, text, LANG_INPUT);
	assert_int_equal(ir_resolve(l, &ir), 0);
	return ir;
}

static void assert_tiers(const char *text, const char *order)
{
	_cleanup_buf_ struct buf got = {0};
	struct lang l;
	struct ir *ir = resolves(&l, text);

	for (size_t i = 0; i < ir->tiers.n; i++) {
		assert_int_equal(ir->tiers.v[i]->id, i);
		buf_printf(&got, "%s%s", i ? " " : "", ir->tiers.v[i]->name);
	}
	assert_string_equal(buf_str(&got), order);
	lang_fini(&l);
}

/* --- names ---------------------------------------------------------------------------------- */

TEST(a_misspelt_name_is_an_error_with_the_near_one)
{
	refuses("let office = cidr { 10.0.0.0/8 }\n"
		"policy p for all { ingress { allow from offise } }\n",
		CODE_UNDEFINED, "offise", 2, 41, "office");
}

TEST(a_name_without_a_near_one_says_how_to_define_it)
{
	refuses("policy p for all { ingress { allow from zebra } }\n", CODE_UNDEFINED, "zebra", 1,
		41, "let zebra");
}

TEST(ports_where_a_peer_is_wanted_are_of_the_wrong_kind)
{
	refuses("let web = ports { tcp/80 }\n"
		"policy p for all { ingress { allow from web } }\n",
		CODE_WRONG_KIND, "'web' is a set of ports", 2, 41, "defined here");
}

TEST(a_peer_where_ports_are_wanted_is_of_the_wrong_kind)
{
	refuses("let web = { a = b }\n"
		"policy p for all { ingress { allow from all on web } }\n",
		CODE_WRONG_KIND, "'web' is a peer", 2, 48, "defined here");
}

TEST(a_policy_protects_endpoints_and_no_addresses)
{
	refuses("let office = cidr { 10.0.0.0/8 }\n"
		"policy p for office { ingress { allow from all } }\n",
		CODE_WRONG_KIND, "select them by labels", 2, 14, NULL);
}

TEST(a_definition_that_leads_back_to_itself_is_told_once)
{
	refuses("let x = y\nlet y = x\n"
		"policy p for all { ingress { allow from x allow from y } }\n",
		CODE_CYCLE, "leads back to itself", 2, 9, "defined here");
}

TEST(a_definition_that_nobody_uses_is_fine)
{
	struct lang l;

	resolves(&l, "let office = cidr { 10.0.0.0/8 }\npolicy p for all { ingress { } }\n");
	assert_int_equal(l.diag.items.n, 0);
	lang_fini(&l);
}

TEST(a_mistake_in_a_definition_that_nobody_uses_is_told)
{
	static const char use[] = "policy p for all { ingress { } }\n";
	char text[128];

	snprintf(text, sizeof(text), "let a = b\n%s", use);
	refuses(text, CODE_UNDEFINED, "'b'", 1, 9, "let b");
	snprintf(text, sizeof(text), "let a = ports { b }\n%s", use);
	refuses(text, CODE_UNDEFINED, "'b'", 1, 17, "let b");
}

TEST(a_definition_may_stand_behind_its_use)
{
	struct lang l;
	struct ir *ir =
		resolves(&l, "policy p for all { ingress { allow from web on door } }\n"
			     "let web = front\nlet front = { a = b }\n"
			     "let door = ports { tcp/80, more }\nlet more = ports { udp }\n");

	assert_int_equal(ir->rules.v[0]->peers.n, 1);
	assert_int_equal(ir->rules.v[0]->peers.v[0].kind, IR_PEER_SELECTOR);
	assert_int_equal(ir->rules.v[0]->ports.n, 2);
	lang_fini(&l);
}

TEST(two_definitions_of_one_name_are_an_error)
{
	refuses("let a = { a = b }\nlet a = ports { tcp }\n" ENDPOINT, CODE_DUPLICATE, "'a'", 2, 5,
		"the first definition");
}

TEST(two_policies_of_one_name_are_an_error)
{
	refuses("policy p for all { ingress { } }\npolicy p for all { egress { } }\n",
		CODE_DUPLICATE, "policy 'p'", 2, 8, "the first definition");
}

TEST(ports_that_stand_for_millions_of_ports_are_refused)
{
	_cleanup_buf_ struct buf text = {0};

	buf_puts(&text, "let p0 = ports { tcp/80, tcp/81 }\n");
	for (int i = 1; i < 40; i++)
		buf_printf(&text, "let p%d = ports { p%d, p%d }\n", i, i - 1, i - 1);
	buf_puts(&text, "policy p for all { ingress { allow from all on p39 } }\n");
	refuses(buf_str(&text), CODE_LIMIT, "stand for more than", 1, 18, NULL);
}

TEST(a_long_chain_of_definitions_is_refused)
{
	struct lang l;
	struct ir *ir;
	_cleanup_buf_ struct buf text = {0};

	buf_puts(&text, "let p0 = all\n");
	for (int i = 1; i < 20000; i++)
		buf_printf(&text, "let p%d = p%d\n", i, i - 1);
	buf_puts(&text, "policy p for all { ingress { allow from p19999 } }\n");
	lang_init(&l);
	read_pol(&l, buf_str(&text), LANG_INPUT);
	assert_int_equal(ir_resolve(&l, &ir), -22);
	find_item(&l, DIAG_ERROR, CODE_LIMIT, "definitions that name each other");
	lang_fini(&l);
}

/* --- tiers ---------------------------------------------------------------------------------- */

TEST(the_default_tier_always_exists_and_ends_in_deny)
{
	struct lang l;
	struct ir *ir =
		resolves(&l, "tier t after default { }\ntier u after t end deny { }\n" ENDPOINT);

	assert_string_equal(ir->tiers.v[0]->name, "default");
	assert_int_equal(ir->tiers.v[0]->end, IR_DENY);
	assert_int_equal(ir->tiers.v[1]->end, IR_PASS);
	assert_int_equal(ir->tiers.v[2]->end, IR_DENY);
	lang_fini(&l);
}

TEST(tiers_at_one_anchor_keep_the_order_of_the_text)
{
	assert_tiers("tier a before default { }\ntier b before default { }\n"
		     "tier c after default { }\ntier d after default { }\n" ENDPOINT,
		     "a b default c d");
}

TEST(a_tier_that_stands_between_does_not_change_the_order_of_its_anchors)
{
	assert_tiers("tier a after default { }\ntier b before a { }\n"
		     "tier c after default { }\n" ENDPOINT,
		     "default b a c");
	assert_tiers(
		"tier c before b { }\ntier b after a { }\ntier a before default { }\n" ENDPOINT,
		"a c b default");
}

TEST(an_anchor_that_nobody_defines_is_an_error_also_for_who_hangs_on_it)
{
	refuses("tier guard before defualt { }\ntier b before guard { }\n" ENDPOINT, CODE_UNDEFINED,
		"defualt", 1, 19, "default");
}

TEST(a_circle_of_tiers_is_told_once)
{
	refuses("tier a before b { }\ntier b before a { }\ntier c after a { }\n" ENDPOINT,
		CODE_CYCLE, "depends on its own", 1, 15, NULL);
	refuses("tier a before a { }\n" ENDPOINT, CODE_CYCLE, "depends on its own", 1, 15, NULL);
}

TEST(two_tiers_of_one_name_are_an_error)
{
	refuses("tier a before default { }\ntier a after default { }\n" ENDPOINT, CODE_DUPLICATE,
		"tier 'a'", 2, 6, "the first definition");
}

/* --- inventory ------------------------------------------------------------------------------ */

TEST(two_endpoints_of_one_name_are_an_error)
{
	refuses("endpoint a/x { address 10.0.0.1 }\nendpoint a/x { address 10.0.0.2 }\n",
		CODE_DUPLICATE, "'a/x'", 2, 12, "the first definition");
}

TEST(two_endpoints_with_one_address_are_named_both)
{
	const struct diag_item *d;
	struct lang l;

	resolves(&l, "endpoint a { address 10.0.0.1 }\nendpoint b { address 10.0.0.1 }\n");
	d = find_item(&l, DIAG_WARNING, CODE_DUPLICATE, "'b' has the address 10.0.0.1");
	assert_non_null(strstr(d->text, "'a'"));
	lang_fini(&l);
}

TEST(a_namespace_said_twice_alike_is_one)
{
	struct lang l;

	resolves(&l, "namespace n { labels { a = b } }\nnamespace n { labels { a = b } }\n"
		     "endpoint n/e { address 10.0.0.1 }\n");
	assert_int_equal(l.diag.items.n, 0);
	lang_fini(&l);
}

TEST(of_a_namespace_said_twice_differently_the_later_labels_count)
{
	struct lang l;
	struct ir *ir = resolves(&l, "endpoint n/e { }\n"
				     "namespace n { labels { a = b, only = x } }\n"
				     "namespace n { labels { a = c, new = y } }\n");
	const struct ir_endpoint *e = ir_find_endpoint(ir, "n/e");
	static const char *const labels[][2] = {{"a", "c"}, {"only", "x"}, {"new", "y"}};

	assert_int_equal(l.diag.warnings, 1);
	for (size_t i = 0; i < 3; i++) {
		uint32_t key = intern_find(&ir->strings, labels[i][0]);

		assert_string_equal(
			intern_str(&ir->strings, ir_endpoint_label(e, IR_SCOPE_NAMESPACE, key)),
			labels[i][1]);
	}
	lang_fini(&l);
}

TEST(endpoints_are_in_order_and_know_the_labels_of_their_namespace)
{
	struct lang l;
	struct ir *ir = resolves(&l, "endpoint n/z { labels { a = b } }\nendpoint m/e { }\n"
				     "namespace n { labels { team = x } }\n");
	const struct ir_endpoint *z = ir_find_endpoint(ir, "n/z");
	uint32_t team = intern_find(&ir->strings, "team");
	uint32_t name = intern_find(&ir->strings, IR_NS_NAME_KEY);

	assert_string_equal(ir->endpoints.v[0]->name, "m/e");
	assert_string_equal(
		intern_str(&ir->strings, ir_endpoint_label(z, IR_SCOPE_NAMESPACE, team)), "x");
	assert_int_equal(ir_endpoint_label(z, IR_SCOPE_ENDPOINT, team), INTERN_NONE);
	assert_string_equal(intern_str(&ir->strings, ir_endpoint_label(ir->endpoints.v[0],
								       IR_SCOPE_NAMESPACE, name)),
			    "m");
	lang_fini(&l);
}

TEST(an_input_without_policy_and_endpoint_is_refused)
{
	refuses("let a = all\n", CODE_EMPTY_INPUT, "no policy and no endpoint", 0, 0, NULL);
}

/* --- what cannot be enforced ------------------------------------------------------------------ */

TEST(dns_names_are_refused_and_not_dropped)
{
	refuses("policy p for all { egress { allow to fqdn \"example.com\" } }\n",
		CODE_NOT_SUPPORTED, "DNS names", 1, 38, NULL);
}

TEST(services_are_refused_and_not_dropped)
{
	refuses("service s { address 10.96.0.10 tcp/80 -> all on tcp/8080 }\n" ENDPOINT,
		CODE_NOT_SUPPORTED, "services", 1, 1, NULL);
}

/* --- assertions ------------------------------------------------------------------------------- */

TEST(the_ends_and_ports_of_a_claim_are_resolved_like_those_of_a_rule)
{
	_cleanup_buf_ struct buf json = {0};
	const struct ir_claim *claim;
	struct lang l;
	struct ir *ir = resolves(&l, "let web = { app = web }\nlet db = ports { tcp/5432 }\n"
				     "assert \"closed\" { never world -> web  only web -> "
				     "{ app = db } on db }\n" ENDPOINT);

	assert_int_equal(ir->asserts.n, 1);
	assert_string_equal(ir->asserts.v[0]->title, "closed");
	assert_int_equal(ir->asserts.v[0]->claims.n, 2);
	claim = &ir->asserts.v[0]->claims.v[1];
	assert_int_equal(claim->kind, IR_CLAIM_ONLY);
	assert_int_equal(claim->from.kind, IR_PEER_SELECTOR);
	assert_int_equal(claim->ports.v[0].lo, 5432);
	ir_json(ir, &l.sources, &json);
	assert_non_null(strstr(buf_str(&json), "\"title\": \"closed\""));
	assert_non_null(strstr(buf_str(&json), "\"claim\": \"only\""));
	lang_fini(&l);
}

TEST(a_misspelt_name_in_a_claim_is_an_error_with_the_near_one)
{
	refuses("let web = { app = web }\nassert \"x\" { never world -> wbe }\n" ENDPOINT,
		CODE_UNDEFINED, "'wbe'", 2, 29, "web");
}

/* --- JSON ----------------------------------------------------------------------------------- */

TEST(the_same_input_gives_the_same_json)
{
	static const char text[] =
		"let w = { a in (x, y), !c }\n"
		"policy p for w { ingress { deny from cidr { 10.0.0.0/8 } except "
		"{ 10.1.0.0/16 } on tcp/http, icmp/3/4 log } }\n" ENDPOINT;
	_cleanup_buf_ struct buf a = {0}, b = {0};
	struct lang l, m;
	struct ir *x = resolves(&l, text), *y = resolves(&m, text);

	ir_json(x, &l.sources, &a);
	ir_json(y, &m.sources, &b);
	assert_string_equal(buf_str(&a), buf_str(&b));
	assert_non_null(strstr(buf_str(&a), "\"at\": \"test.pol:2:28\""));
	assert_non_null(strstr(buf_str(&a), "\"10.1.0.0/16\""));
	lang_fini(&l);
	lang_fini(&m);
}

TEST(a_file_whose_name_is_no_text_still_has_json)
{
	static const char text[] = "policy p for all { ingress { } }\n";
	_cleanup_buf_ struct buf json = {0};
	struct lang l;
	struct ir *ir;

	lang_init(&l);
	assert_int_equal(lang_read_text(&l, "\xff.pol", text, strlen(text), LANG_POL, LANG_INPUT),
			 0);
	assert_int_equal(ir_resolve(&l, &ir), 0);
	ir_json(ir, &l.sources, &json);
	assert_non_null(strstr(buf_str(&json), "?.pol:1:"));
	lang_fini(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_misspelt_name_is_an_error_with_the_near_one),
		cmocka_unit_test(a_name_without_a_near_one_says_how_to_define_it),
		cmocka_unit_test(ports_where_a_peer_is_wanted_are_of_the_wrong_kind),
		cmocka_unit_test(a_peer_where_ports_are_wanted_is_of_the_wrong_kind),
		cmocka_unit_test(a_policy_protects_endpoints_and_no_addresses),
		cmocka_unit_test(a_definition_that_leads_back_to_itself_is_told_once),
		cmocka_unit_test(a_definition_that_nobody_uses_is_fine),
		cmocka_unit_test(a_mistake_in_a_definition_that_nobody_uses_is_told),
		cmocka_unit_test(a_definition_may_stand_behind_its_use),
		cmocka_unit_test(two_definitions_of_one_name_are_an_error),
		cmocka_unit_test(two_policies_of_one_name_are_an_error),
		cmocka_unit_test(ports_that_stand_for_millions_of_ports_are_refused),
		cmocka_unit_test(a_long_chain_of_definitions_is_refused),
		cmocka_unit_test(the_default_tier_always_exists_and_ends_in_deny),
		cmocka_unit_test(tiers_at_one_anchor_keep_the_order_of_the_text),
		cmocka_unit_test(
			a_tier_that_stands_between_does_not_change_the_order_of_its_anchors),
		cmocka_unit_test(
			an_anchor_that_nobody_defines_is_an_error_also_for_who_hangs_on_it),
		cmocka_unit_test(a_circle_of_tiers_is_told_once),
		cmocka_unit_test(two_tiers_of_one_name_are_an_error),
		cmocka_unit_test(two_endpoints_of_one_name_are_an_error),
		cmocka_unit_test(two_endpoints_with_one_address_are_named_both),
		cmocka_unit_test(a_namespace_said_twice_alike_is_one),
		cmocka_unit_test(of_a_namespace_said_twice_differently_the_later_labels_count),
		cmocka_unit_test(endpoints_are_in_order_and_know_the_labels_of_their_namespace),
		cmocka_unit_test(an_input_without_policy_and_endpoint_is_refused),
		cmocka_unit_test(dns_names_are_refused_and_not_dropped),
		cmocka_unit_test(the_ends_and_ports_of_a_claim_are_resolved_like_those_of_a_rule),
		cmocka_unit_test(a_misspelt_name_in_a_claim_is_an_error_with_the_near_one),
		cmocka_unit_test(services_are_refused_and_not_dropped),
		cmocka_unit_test(the_same_input_gives_the_same_json),
		cmocka_unit_test(a_file_whose_name_is_no_text_still_has_json),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
