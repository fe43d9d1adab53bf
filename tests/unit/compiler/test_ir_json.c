/* SPDX-License-Identifier: Apache-2.0 */
/* An IR read from JSON: each field of it. */
#include <jansson.h>
#include <string.h>

#include "compiler/ir_json.h"
#include "lang/base/codes.h"
#include "lang/lang.h"
#include "tests/lib/ir_round_trip.h"
#include "tests/unit/ir_document.h"

struct reading {
	struct lang lang;
	struct ir *ir;
};

static void reads(struct reading *r)
{
	_cleanup_buf_ struct buf text = {0}, errors = {0};

	ir_document_make(ir_document, NULL, NULL, &text);
	lang_init(&r->lang);
	if (ir_json_read(&r->lang, "ir.json", buf_str(&text), text.n, &r->ir)) {
		diag_render_text(&r->lang.diag, &(struct diag_style){0}, &errors);
		fail_msg("%s", buf_str(&errors));
	}
	assert_int_equal(r->lang.diag.errors, 0);
}

static const char *word(const struct reading *r, uint32_t id)
{
	return intern_str(&r->ir->strings, id);
}

static void stands_at(const struct reading *r, struct loc loc, const char *file, uint32_t line,
		      uint32_t col)
{
	assert_string_equal(sources_get(&r->lang.sources, loc.file)->name, file);
	assert_int_equal(loc.line, line);
	assert_int_equal(loc.col, col);
}

TEST(tiers_keep_their_order_ends_and_places)
{
	struct reading r;

	reads(&r);
	assert_int_equal(r.ir->tiers.n, 3);
	assert_string_equal(r.ir->tiers.v[0]->name, "first");
	assert_int_equal(r.ir->tiers.v[0]->end, IR_PASS);
	stands_at(&r, r.ir->tiers.v[1]->loc, "b.pol", 1, 6);
	assert_int_equal(r.ir->tiers.v[2]->id, 2);
	assert_int_equal(r.ir->tiers.v[2]->end, IR_DENY);
	assert_int_equal(r.ir->tiers.v[2]->loc.line, 0);
	assert_int_equal(r.ir->tiers.v[2]->policies.n, 2);
	assert_int_equal(r.ir->open_orders.n, 1);
	assert_int_equal(r.ir->open_orders.v[0].runs[1].first, 1);
	assert_int_equal(r.ir->open_orders.v[0].runs[1].n, 1);
	lang_fini(&r.lang);
}

TEST(policies_are_found_by_their_ids_whatever_their_order)
{
	const struct ir_policy *p;
	struct reading r;

	reads(&r);
	assert_int_equal(r.ir->policies.n, 2);
	p = r.ir->policies.v[1];
	assert_ptr_equal(p, r.ir->tiers.v[2]->policies.v[0]);
	assert_ptr_equal(p->tier, r.ir->tiers.v[2]);
	assert_int_equal(p->id, 1);
	assert_string_equal(p->name, "shop/web");
	assert_string_equal(p->kind, "NetworkPolicy");
	assert_true(p->governs[IR_INGRESS] && !p->governs[IR_EGRESS] && p->spares_node);
	assert_string_equal(p->ignore, "shadowed x");
	stands_at(&r, p->ignore_loc, "a:b.yaml", 5, 1);
	stands_at(&r, p->loc, "a:b.yaml", 3, 9);
	p = r.ir->policies.v[0];
	assert_false(p->governs[IR_EGRESS] || p->spares_node);
	assert_null(p->ignore);
	assert_int_equal(p->subjects.n, 0);
	assert_int_equal(p->rules[IR_EGRESS].n, 1);
	lang_fini(&r.lang);
}

TEST(subjects_keep_scope_operator_key_and_values)
{
	static const enum ir_op ops[] = {IR_IN, IR_NOT_IN, IR_ABSENT, IR_EXISTS};
	const struct ir_selector *sel;
	struct reading r;

	reads(&r);
	assert_int_equal(r.ir->policies.v[1]->subjects.n, 2);
	sel = r.ir->policies.v[1]->subjects.v;
	assert_int_equal(sel[0].reqs.n, 4);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(sel[0].reqs.v[i].op, ops[i]);
	assert_int_equal(sel[0].reqs.v[0].scope, IR_SCOPE_ENDPOINT);
	assert_int_equal(sel[0].reqs.v[1].scope, IR_SCOPE_NAMESPACE);
	assert_string_equal(word(&r, sel[0].reqs.v[0].key), "app");
	assert_int_equal(sel[0].reqs.v[0].values.n, 2);
	assert_string_equal(word(&r, sel[0].reqs.v[0].values.v[1]), "");
	assert_false(sel[0].none);
	assert_true(sel[1].none);
	stands_at(&r, sel[0].reqs.v[0].loc, "a:b.yaml", 3, 9);
	lang_fini(&r.lang);
}

TEST(rules_know_policy_direction_action_rank_and_log)
{
	const struct ir_rule *rule;
	struct reading r;

	reads(&r);
	assert_int_equal(r.ir->rules.n, 2);
	rule = r.ir->rules.v[1];
	assert_ptr_equal(rule->policy, r.ir->policies.v[1]);
	assert_ptr_equal(rule, r.ir->policies.v[1]->rules[IR_INGRESS].v[0]);
	assert_int_equal(rule->id, 1);
	assert_int_equal(rule->dir, IR_INGRESS);
	assert_int_equal(rule->action, IR_ALLOW);
	assert_true(rule->rank == UINT32_MAX);
	assert_true(rule->log);
	stands_at(&r, rule->loc, "a:b.yaml", 7, 3);
	rule = r.ir->rules.v[0];
	assert_int_equal(rule->dir, IR_EGRESS);
	assert_int_equal(rule->action, IR_PASS);
	assert_false(rule->log);
	lang_fini(&r.lang);
}

TEST(peers_of_every_kind_are_read)
{
	const struct ir_peer *peer;
	struct reading r;

	reads(&r);
	assert_int_equal(r.ir->rules.v[1]->peers.n, 3);
	peer = r.ir->rules.v[1]->peers.v;
	assert_int_equal(peer[0].kind, IR_PEER_SELECTOR);
	assert_int_equal(peer[0].selector.reqs.n, 1);
	stands_at(&r, peer[0].loc, "a:b.yaml", 7, 3);
	assert_int_equal(peer[1].kind, IR_PEER_CIDR);
	assert_int_equal(peer[1].cidr.in.n, 2);
	assert_int_equal(peer[1].cidr.in.v[0].len, 8);
	assert_int_equal(peer[1].cidr.in.v[1].addr.family, NET_V6);
	assert_int_equal(peer[1].cidr.except.v[0].len, 16);
	assert_true(peer[1].cidr.match_endpoints);
	assert_int_equal(peer[2].kind, IR_PEER_ENTITY);
	assert_int_equal(peer[2].entity, IR_ENTITY_HOST);
	lang_fini(&r.lang);
}

TEST(ports_of_every_kind_are_read)
{
	const struct ir_port *port;
	struct reading r;

	reads(&r);
	assert_int_equal(r.ir->rules.v[1]->ports.n, 4);
	port = r.ir->rules.v[1]->ports.v;
	assert_int_equal(port[0].kind, IR_PORT_ANY);
	assert_int_equal(port[0].proto, IR_PROTO_ANY);
	assert_int_equal(port[1].kind, IR_PORT_RANGE);
	assert_int_equal(port[1].proto, IR_PROTO_TCP);
	assert_int_equal(port[1].lo, 80);
	assert_int_equal(port[1].hi, 90);
	assert_int_equal(port[2].kind, IR_PORT_NAMED);
	assert_string_equal(word(&r, port[2].name), "dns");
	assert_int_equal(port[3].kind, IR_PORT_NONE);
	lang_fini(&r.lang);
}

TEST(rules_about_requests_are_read_with_their_expressions)
{
	const struct ir_l7 *l7;
	struct reading r;

	reads(&r);
	l7 = &r.ir->rules.v[1]->l7;
	assert_int_equal(l7->kind, IR_L7_HTTP);
	assert_int_equal(l7->entries.n, 2);
	assert_string_equal(l7->entries.v[0].verb, "GET");
	assert_int_equal(regex_match(l7->entries.v[0].object.regex, "/cart/12", 8), REGEX_YES);
	assert_int_equal(regex_match(l7->entries.v[0].object.regex, "/cart/x", 7), REGEX_NO);
	assert_int_equal(l7->entries.v[0].conds.n, 2);
	assert_string_equal(l7->entries.v[0].conds.v[0].name, "x-a");
	assert_string_equal(l7->entries.v[0].conds.v[0].value.text, "b:c");
	assert_null(l7->entries.v[0].conds.v[0].value.regex);
	/* The case of a host does not matter. */
	assert_int_equal(regex_match(l7->entries.v[0].conds.v[1].value.regex, "SHOP.x", 6),
			 REGEX_YES);
	assert_true(l7->entries.v[1].deny && !l7->entries.v[0].deny);
	stands_at(&r, l7->entries.v[1].loc, "a:b.yaml", 9, 5);
	assert_int_equal(r.ir->rules.v[0]->l7.kind, IR_L7_NONE);
	lang_fini(&r.lang);
}

TEST(endpoints_have_labels_addresses_and_ports)
{
	const struct ir_endpoint *ep;
	struct reading r;

	reads(&r);
	assert_int_equal(r.ir->namespaces.n, 2);
	assert_string_equal(word(&r, r.ir->namespaces.v[1]), "empty");
	ep = ir_find_endpoint(r.ir, "shop/web");
	assert_int_equal(ep->id, 1);
	assert_string_equal(ep->ns, "shop");
	assert_string_equal(ep->kind, "Pod");
	assert_false(ep->host || ep->node);
	assert_int_equal(ep->labels.n, 3);
	assert_string_equal(word(&r, ir_endpoint_label(ep, IR_SCOPE_NAMESPACE,
						       intern_find(&r.ir->strings, "team"))),
			    "b");
	assert_true(ir_selector_matches(&r.ir->policies.v[1]->subjects.v[0], ep));
	assert_int_equal(ep->addrs.n, 2);
	assert_int_equal(ep->addrs.v[1].family, NET_V6);
	assert_int_equal(ir_endpoint_port(ep, IR_PROTO_TCP, intern_find(&r.ir->strings, "http")),
			 8080);
	stands_at(&r, ep->loc, "c.yaml", 1, 1);
	ep = ir_find_endpoint(r.ir, "node-1");
	assert_true(ep->host && !ep->node && !ep->ns);
	assert_true(r.ir->node && r.ir->node->node);
	lang_fini(&r.lang);
}

TEST(assertions_have_claims_with_two_ends)
{
	const struct ir_claim *claim;
	struct reading r;

	reads(&r);
	assert_int_equal(r.ir->asserts.n, 1);
	assert_string_equal(r.ir->asserts.v[0]->title, "closed");
	assert_int_equal(r.ir->asserts.v[0]->claims.n, 1);
	claim = r.ir->asserts.v[0]->claims.v;
	assert_ptr_equal(claim->assertion, r.ir->asserts.v[0]);
	assert_int_equal(claim->kind, IR_CLAIM_ONLY);
	assert_int_equal(claim->from.entity, IR_ENTITY_WORLD);
	assert_true(claim->to.kind == IR_PEER_SELECTOR && claim->to.selector.none);
	assert_int_equal(claim->ports.v[0].hi, 2303);
	stands_at(&r, claim->loc, "a.pol", 10, 3);
	lang_fini(&r.lang);
}

TEST(what_was_read_is_written_again_with_every_field)
{
	_cleanup_buf_ struct buf text = {0}, written = {0};
	json_t *before, *after;
	struct reading r;

	ir_document_make(ir_document, NULL, NULL, &text);
	reads(&r);
	ir_json(r.ir, &r.lang.sources, &written);
	before = json_loads(buf_str(&text), 0, NULL);
	after = json_loads(buf_str(&written), 0, NULL);
	assert_true(before && json_equal(before, after));
	json_decref(before);
	json_decref(after);
	lang_fini(&r.lang);
}

static void add_text(struct lang *l, const char *name, enum lang_syntax syntax, const char *text)
{
	assert_int_equal(lang_read_text(l, name, text, strlen(text), syntax, LANG_INPUT), 0);
}

TEST(what_only_some_inputs_have_comes_back_too)
{
	struct random r = {.state = 1};
	const char *differs;
	struct lang l;
	struct ir *ir;

	lang_init(&l);
	add_text(
		&l, "a.pol", LANG_POL,
		"tier a before default { policy p for all { ingress { pass from world } } }\n"
		"tier a2 after a { }\nassert \"closed\" { never world -> { app = web } on tcp }\n");
	add_text(&l, "b.pol", LANG_POL, "tier b before default { }\ntier b2 after default { }\n");
	add_text(&l, "c.pol", LANG_POL,
		 "tier c before default { }\ntier c2 after default { }\n"
		 "policy none-at-all for namespace shop none { ingress { } }\n"
		 "endpoint n { address 10.0.0.1 host }\n"
		 "endpoint shop/web { labels { app = web, note = \"\" } address 10.0.0.2 }\n");
	add_text(&l, "d.yaml", LANG_YAML,
		 "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n"
		 "metadata: {name: np, namespace: shop, annotations: {polc.dev/ignore: 'shadowed "
		 "as is'}}\nspec: {podSelector: {}}\n"
		 "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: empty}\n");
	assert_int_equal(ir_resolve(&l, &ir), 0);
	assert_int_equal(ir->open_orders.n, 4);
	assert_int_equal(ir->namespaces.n, 2);
	differs = ir_round_trip(&l, ir, &r);
	if (differs)
		fail_msg("%s", differs);
	lang_fini(&l);
}

TEST(places_in_files_that_are_not_there_can_be_shown)
{
	_cleanup_buf_ struct buf text = {0}, json = {0};
	struct reading r;

	reads(&r);
	diag_error(&r.lang.diag, r.ir->rules.v[1]->loc, CODE_SYNTAX, "look here");
	diag_render_text(&r.lang.diag, &(struct diag_style){0}, &text);
	diag_render_json(&r.lang.diag, NULL, &json);
	assert_non_null(strstr(buf_str(&text), "a:b.yaml:7:3: error: look here"));
	lang_fini(&r.lang);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tiers_keep_their_order_ends_and_places),
		cmocka_unit_test(policies_are_found_by_their_ids_whatever_their_order),
		cmocka_unit_test(subjects_keep_scope_operator_key_and_values),
		cmocka_unit_test(rules_know_policy_direction_action_rank_and_log),
		cmocka_unit_test(peers_of_every_kind_are_read),
		cmocka_unit_test(ports_of_every_kind_are_read),
		cmocka_unit_test(rules_about_requests_are_read_with_their_expressions),
		cmocka_unit_test(endpoints_have_labels_addresses_and_ports),
		cmocka_unit_test(assertions_have_claims_with_two_ends),
		cmocka_unit_test(what_was_read_is_written_again_with_every_field),
		cmocka_unit_test(what_only_some_inputs_have_comes_back_too),
		cmocka_unit_test(places_in_files_that_are_not_there_can_be_shown),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
