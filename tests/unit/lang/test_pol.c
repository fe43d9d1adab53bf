/* SPDX-License-Identifier: Apache-2.0 */
/* The .pol reader: what the trees hold. Messages are golden tests: tests/golden/pol. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lang/lang_internal.h"
#include "tests/lib/campaign.h"

static struct lang l;

static int parse(const char *text, size_t n, struct ast_file **file)
{
	lang_init(&l);
	return lang_parse_text(&l, LOC_NONE, "t.pol", text, n, LANG_POL, LANG_INPUT, file);
}

/* The only item of a good text. */
static const struct ast_item *item_of(const char *text)
{
	struct ast_file *file;

	assert_int_equal(parse(text, strlen(text), &file), 0);
	assert_int_equal(file->items.n, 1);
	return &file->items.v[0];
}

static size_t errors_of(const char *text, size_t n)
{
	struct ast_file *file;
	size_t errors;

	assert_int_equal(parse(text, n, &file), -EINVAL);
	errors = l.diag.errors;
	lang_fini(&l);
	return errors;
}

TEST(a_keyword_is_a_label_key_and_value_like_any_other)
{
	static const char *const keywords[] = {
#define X(token, text, begins_item) text,
#include "lang/pol/keywords.def"
#undef X
	};

	for (size_t i = 0; i < sizeof(keywords) / sizeof(*keywords); i++) {
		const struct ast_labels *labels;
		char text[256];

		snprintf(text, sizeof(text), "let x = { %s, !%s, %s = %s, %s not in (%s, a) }",
			 keywords[i], keywords[i], keywords[i], keywords[i], keywords[i],
			 keywords[i]);
		labels = &item_of(text)->let->peer.selector->labels;
		assert_int_equal(labels->reqs.n, 4);
		for (size_t r = 0; r < 4; r++)
			assert_string_equal(labels->reqs.v[r].key.s, keywords[i]);
		assert_string_equal(labels->reqs.v[2].values.v[0].s, keywords[i]);
		lang_fini(&l);
	}
}

TEST(all_is_every_endpoint_behind_for_and_everything_as_a_peer)
{
	const struct ast_policy *policy =
		item_of("policy p for all { ingress { allow from all } }")->policy;
	const struct ast_rule *rule = &policy->sections.v[0].rules.v[0];

	assert_int_equal(policy->subjects.v[0].kind, AST_PEER_SELECTOR);
	assert_int_equal(policy->subjects.v[0].selector->labels.kind, AST_LABELS_ALL);
	assert_int_equal(rule->peers.v[0].kind, AST_PEER_ENTITY);
	assert_int_equal(rule->peers.v[0].entity, AST_ENTITY_ALL);
	assert_int_equal(rule->ports.n, 0);
	lang_fini(&l);
}

TEST(a_namespace_is_given_by_name_by_names_or_by_labels)
{
	const struct ast_selector *s;

	s = item_of("let x = namespace shop { app = web }")->let->peer.selector;
	assert_int_equal(s->ns_kind, AST_NS_NAMES);
	assert_string_equal(s->ns_names.v[0].s, "shop");
	lang_fini(&l);
	s = item_of("let x = namespace (a, b) all")->let->peer.selector;
	assert_int_equal(s->ns_names.n, 2);
	assert_int_equal(s->labels.kind, AST_LABELS_ALL);
	lang_fini(&l);
	s = item_of("let x = namespace { team = a } none")->let->peer.selector;
	assert_int_equal(s->ns_kind, AST_NS_LABELS);
	assert_string_equal(s->ns_labels.reqs.v[0].key.s, "team");
	assert_int_equal(s->labels.kind, AST_LABELS_NONE);
	lang_fini(&l);
	s = item_of("let x = endpoints")->let->peer.selector;
	assert_int_equal(s->ns_kind, AST_NS_ANY);
	assert_int_equal(s->labels.kind, AST_LABELS_ALL);
	lang_fini(&l);
}

TEST(ports_of_every_form_have_their_numbers)
{
	static const struct {
		const char *text;
		enum ast_port_kind kind;
		enum ast_proto proto;
		unsigned lo, hi;
	} cases[] = {
		{"tcp/80", AST_PORT_RANGE, AST_PROTO_TCP, 80, 80},
		{"udp/1-65535", AST_PORT_RANGE, AST_PROTO_UDP, 1, 65535},
		{"sctp/9", AST_PORT_RANGE, AST_PROTO_SCTP, 9, 9},
		{"icmp/8", AST_PORT_RANGE, AST_PROTO_ICMP, 0x0800, 0x08ff},
		{"icmp/3/4", AST_PORT_RANGE, AST_PROTO_ICMP, 0x0304, 0x0304},
		{"icmp6/128", AST_PORT_RANGE, AST_PROTO_ICMP6, 0x8000, 0x80ff},
		{"tcp", AST_PORT_ANY, AST_PROTO_TCP, 0, 0},
		{"any", AST_PORT_ANY, AST_PROTO_ANY, 0, 0},
		{"tcp/http", AST_PORT_NAMED, AST_PROTO_TCP, 0, 0},
		{"tcp/9-p", AST_PORT_NAMED, AST_PROTO_TCP, 0, 0},
		{"none", AST_PORT_NONE, AST_PROTO_ANY, 0, 0},
		{"rest", AST_PORT_REF, AST_PROTO_ANY, 0, 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct ast_port *port;
		char text[64];

		snprintf(text, sizeof(text), "let x = ports %s", cases[i].text);
		port = &item_of(text)->let->ports.v[0];
		assert_int_equal(port->kind, cases[i].kind);
		assert_int_equal(port->proto, cases[i].proto);
		assert_int_equal(port->lo, cases[i].lo);
		assert_int_equal(port->hi, cases[i].hi);
		lang_fini(&l);
	}
}

TEST(a_cidr_keeps_its_exceptions_and_says_if_it_includes_endpoints)
{
	const struct ast_cidr *c =
		item_of("let x = cidr 10.0.0.0/8 except { 10.1.0.0/16, 10.2.0.0/16 } "
			"including endpoints")
			->let->peer.cidr;

	assert_int_equal(c->in.n, 1);
	assert_int_equal(c->except.n, 2);
	assert_true(c->match_endpoints);
	lang_fini(&l);
	assert_false(item_of("let x = cidr 10.0.0.0/8")->let->peer.cidr->match_endpoints);
	lang_fini(&l);
}

TEST(policies_in_a_tier_know_their_tier)
{
	const struct ast_tier *tier =
		item_of("tier t after default end deny { policy p for all { egress { } } }")->tier;

	assert_int_equal(tier->place, AST_TIER_AFTER);
	assert_int_equal(tier->end, AST_END_DENY);
	assert_string_equal(tier->policies.v[0]->tier.s, "t");
	assert_int_equal(tier->policies.v[0]->sections.v[0].rules.n, 0);
	lang_fini(&l);
}

TEST(an_endpoint_keeps_labels_addresses_ports_and_the_host_mark)
{
	const struct ast_endpoint *e =
		item_of("endpoint shop/a { labels { app = host } address 10.0.0.1, ::1 "
			"port http = tcp/80 port udp/53 host }")
			->endpoint;

	assert_string_equal(e->ns.s, "shop");
	assert_string_equal(e->name.s, "a");
	assert_int_equal(e->labels.n, 1);
	assert_int_equal(e->addresses.n, 2);
	assert_int_equal(e->ports.n, 2);
	assert_null(e->ports.v[1].name.s);
	assert_true(e->host_network);
	lang_fini(&l);
}

TEST(a_backslash_in_a_string_guards_only_quotes_and_backslashes)
{
	assert_string_equal(item_of("import \"a\\\"b\\\\c\\d\"")->import->path.s, "a\"b\\c\\d");
	lang_fini(&l);
}

TEST(places_count_bytes_from_one)
{
	const struct ast_policy *policy = item_of("# x\n  policy p for web {\n"
						  "    ingress { allow from all on tcp/80 }\n  }\n")
						  ->policy;
	const struct ast_rule *rule = &policy->sections.v[0].rules.v[0];

	assert_int_equal(policy->loc.line, 2);
	assert_int_equal(policy->loc.col, 3);
	assert_int_equal(policy->loc.end_line, 4);
	assert_int_equal(policy->loc.end_col, 4);
	assert_int_equal(rule->loc.line, 3);
	assert_int_equal(rule->loc.col, 15);
	assert_int_equal(rule->ports.v[0].loc.col, 33);
	assert_int_equal(rule->ports.v[0].loc.end_col, 39);
	lang_fini(&l);
}

TEST(text_may_lack_its_last_newline_and_begin_with_a_byte_order_mark)
{
	item_of("\xef\xbb\xbflet x = all # end");
	lang_fini(&l);
	item_of("let x = all\r\n");
	lang_fini(&l);
}

TEST(every_independent_error_is_reported_once)
{
	static const char text[] = "let a = { app web }\n"
				   "polcy x for a { ingress { allow from all } }\n"
				   "policy b for a {\n"
				   "  ingress {\n"
				   "    permit from all\n"
				   "    allow from { x = } on tcp/80\n"
				   "    allow from all on tcp/0\n"
				   "  }\n"
				   "}\n"
				   "endpoint e { address 1.2.3 }\n";

	assert_int_equal(errors_of(text, sizeof(text) - 1), 6);
}

TEST(a_missing_brace_costs_one_error)
{
	static const char text[] = "policy a for x {\n"
				   "  ingress {\n"
				   "    allow from { app = b\n"
				   "    deny from all\n"
				   "\n"
				   "policy b for x {\n"
				   "  egress { allow to all }\n"
				   "}\n";

	assert_int_equal(errors_of(text, sizeof(text) - 1), 2);
}

/* --- hostile input --------------------------------------------------------------------------- */

static void read_source(const char *path, struct buf *out)
{
	const char *dir = getenv("POLC_SRCDIR");
	_cleanup_buf_ struct buf full = {0};

	buf_printf(&full, "%s/%s", dir ? dir : ".", path);
	assert_int_equal(buf_read_file(out, buf_str(&full), 1 << 20), 0);
}

TEST(every_truncation_of_a_file_parses_or_is_refused_with_words)
{
	_cleanup_buf_ struct buf text = {0};

	read_source("tests/unit/pol/everything.pol", &text);
	for (size_t n = 0; n <= text.n; n += campaign_stride(text.n)) {
		struct ast_file *file;
		int r = parse(buf_str(&text), n, &file);

		assert_true(r == 0 ? l.diag.errors == 0 : l.diag.errors > 0);
		assert_in_range(l.diag.errors, 0, 3);
		lang_fini(&l);
	}
}

TEST(every_file_with_one_byte_missing_parses_or_is_refused_with_words)
{
	_cleanup_buf_ struct buf text = {0};

	read_source("tests/unit/pol/everything.pol", &text);
	for (size_t n = 0; n < text.n; n += campaign_stride(text.n)) {
		_cleanup_buf_ struct buf cut = {0};
		struct ast_file *file;
		int r;

		buf_add(&cut, text.s, n);
		buf_add(&cut, text.s + n + 1, text.n - n - 1);
		r = parse(cut.s, cut.n, &file);
		assert_true(r == 0 ? l.diag.errors == 0 : l.diag.errors > 0);
		assert_in_range(l.diag.errors, 0, 8);
		lang_fini(&l);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_keyword_is_a_label_key_and_value_like_any_other),
		cmocka_unit_test(all_is_every_endpoint_behind_for_and_everything_as_a_peer),
		cmocka_unit_test(a_namespace_is_given_by_name_by_names_or_by_labels),
		cmocka_unit_test(ports_of_every_form_have_their_numbers),
		cmocka_unit_test(a_cidr_keeps_its_exceptions_and_says_if_it_includes_endpoints),
		cmocka_unit_test(policies_in_a_tier_know_their_tier),
		cmocka_unit_test(an_endpoint_keeps_labels_addresses_ports_and_the_host_mark),
		cmocka_unit_test(a_backslash_in_a_string_guards_only_quotes_and_backslashes),
		cmocka_unit_test(places_count_bytes_from_one),
		cmocka_unit_test(text_may_lack_its_last_newline_and_begin_with_a_byte_order_mark),
		cmocka_unit_test(every_independent_error_is_reported_once),
		cmocka_unit_test(a_missing_brace_costs_one_error),
		cmocka_unit_test(every_truncation_of_a_file_parses_or_is_refused_with_words),
		cmocka_unit_test(every_file_with_one_byte_missing_parses_or_is_refused_with_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
