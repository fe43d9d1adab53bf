/* SPDX-License-Identifier: Apache-2.0 */
/* An IR read from JSON: what lies, or is not known, is refused, and the message says where. */
#include <string.h>

#include "compiler/codes.h"
#include "compiler/ir_json.h"
#include "lang/base/codes.h"
#include "lang/lang.h"
#include "tests/unit/ir_document.h"

/* One error with this code, which begins with these words. */
static void refuses_text(const char *text, size_t n, const char *code, const char *words)
{
	struct ir *ir = (struct ir *)1;
	struct diag_item *d;
	struct lang l;

	lang_init(&l);
	if (ir_json_read(&l, "ir.json", text, n, &ir) != -22)
		fail_msg("not refused: %s", words);
	assert_null(ir);
	assert_int_equal(l.diag.errors, 1);
	d = l.diag.items.v[0];
	assert_string_equal(d->code, code);
	if (strncmp(d->text, "ir.json: ", 9) != 0 ||
	    strncmp(d->text + 9, words, strlen(words)) != 0)
		fail_msg("'%s' is not what was said: %s", words, d->text);
	lang_fini(&l);
}

/* The document with `from` replaced. */
static void refuses(const char *from, const char *to, const char *words)
{
	_cleanup_buf_ struct buf text = {0};

	ir_document_make(ir_document, from, to, &text);
	refuses_text(buf_str(&text), text.n, IR_CODE_JSON, words);
}

struct lie {
	const char *from, *to, *words;
};

static void refuses_each(const struct lie *lies, size_t n)
{
	for (size_t i = 0; i < n; i++)
		refuses(lies[i].from, lies[i].to, lies[i].words);
}

#define REFUSES(...)                                                                               \
	do {                                                                                       \
		static const struct lie lies[] = {__VA_ARGS__};                                    \
		refuses_each(lies, sizeof(lies) / sizeof(*lies));                                  \
	} while (0)

TEST(what_is_no_document_is_refused)
{
	static const char with_nul[] = "{\"format\": 1}\0";

	refuses_text("", 0, IR_CODE_JSON, "line 1: ");
	refuses_text("[1]", 3, IR_CODE_JSON, "it is no policy");
	refuses_text("{}", 2, IR_CODE_JSON, "it is no policy");
	refuses_text("{\"format\": 1}", 13, IR_CODE_JSON, "the field 'tiers' is missing");
	refuses_text(with_nul, sizeof(with_nul) - 1, IR_CODE_JSON, "line 1: ");
	refuses_text("{\"format\": 1, \"format\": 1}", 26, IR_CODE_JSON, "line 1: duplicate");
	refuses_text("{\"format\": \"1\"}", 15, IR_CODE_JSON, "it is no policy");
}

TEST(another_format_is_told_by_its_number)
{
	_cleanup_buf_ struct buf text = {0};

	ir_document_make(ir_document, "'format': 1", "'format': 2, 'new': true", &text);
	refuses_text(buf_str(&text), text.n, IR_CODE_FORMAT, "the policy has format 2");
}

TEST(a_document_without_end_is_refused)
{
	_cleanup_buf_ struct buf text = {0};

	ir_document_make(ir_document, NULL, NULL, &text);
	for (size_t n = 0; n < text.n; n += 7)
		refuses_text(buf_str(&text), n, IR_CODE_JSON, "line ");
	refuses_text(NULL, (size_t)IR_JSON_MAX + 1, CODE_LIMIT, "it is longer than");
}

TEST(deeply_nested_json_is_refused)
{
	_cleanup_buf_ struct buf text = {0};

	for (int i = 0; i < 100000; i++)
		buf_putc(&text, '[');
	refuses_text(buf_str(&text), text.n, IR_CODE_JSON, "line 1: ");
}

TEST(unknown_fields_are_refused_with_their_place)
{
	REFUSES({"'format'", "'new': 1, 'format'", "there is no field 'new' here"},
		{"'end'", "'new': 1, 'end'", "tiers[0]: there is no field 'new' here"},
		{"'sparesNode'", "'new': 1, 'sparesNode'", "tiers[2].policies[0]: there is no"},
		{"'governs'", "'new': 1, 'governs'", "tiers[2].policies[0].ingress: there is no"},
		{"'log'", "'new': 1, 'log'", "tiers[2].policies[0].ingress.rules[0]: there is no"},
		{"'matchE", "'new': 1, 'matchE",
		 "tiers[2].policies[0].ingress.rules[0].peers[1].cidr: there is no"},
		{"'proto': 'any'", "'proto': 'any', 'new': 1",
		 "tiers[2].policies[0].ingress.rules[0].ports[0]: there is no"},
		{"'host': true", "'new': 1, 'host': true", "endpoints[0]: there is no"},
		{"'port': 8080", "'port': 8080, 'new': 1", "endpoints[1].ports[0]: there is no"},
		{"'claim'", "'new': 1, 'claim'", "assertions[0].claims[0]: there is no"},
		{"'findings'", "'new': 1, 'findings'", "tiers[2].policies[0].ignore: there is no"});
}

#define L7 "tiers[2].policies[0].ingress.rules[0].l7"

TEST(rules_about_requests_that_make_no_sense_are_refused)
{
	REFUSES({"'kind': 'http'", "'kind': 'none'", L7 ".kind: a rule that looks at no request"},
		{"'kind': 'http'", "'kind': 'smtp'", L7 ".kind: this is one of: none, http"},
		{"'kind': 'http'", "'kind': 'kafka'", L7 ": entry 0: a topic is a text"},
		{"'kind': 'http'", "'kind': 'grpc'", L7 ": entry 0: there is no such verb"},
		{"{'matches': '/admin'}", "{'is': '/admin'}", L7 ": entry 1: a path or method"},
		{"{'matches': '/admin'}", "{'matches': '('}",
		 L7 ".entries[1].object: no regular expression as RE2 has them"},
		{"{'matches': '/admin'}", "{}", L7 ".entries[1].object: a value is one of"},
		{"{'is': 'b:c'}", "{'is': 'b', 'matches': 'c'}",
		 L7 ".entries[0].where[0].value: a value is one of"},
		{"'name': 'x-a', ", "", L7 ".entries[0].where[0]: a header has a name"},
		{"'what': 'host',", "'what': 'host', 'name': 'x',",
		 L7 ".entries[0].where[1]: a header has a name"},
		{"'what': 'host'", "'what': 'client'", L7 ": entry 0: this is no condition"},
		{"'action': 'allow'", "'action': 'deny'",
		 "tiers[2].policies[0].ingress.rules[0]: only an allow looks at requests"});
}

TEST(missing_fields_are_refused)
{
	REFUSES({"'name': 'first', ", "", "tiers[0]: the field 'name' is missing"},
		{"'rank': 4294967295, ", "",
		 "tiers[2].policies[0].ingress.rules[0]: the field 'rank' is missing"},
		{"'governs': true, ", "", "tiers[2].policies[0].ingress: the field 'governs'"},
		{",                 'matchEndpoints': true", "",
		 "tiers[2].policies[0].ingress.rules[0].peers[1].cidr: the field 'matchE"},
		{"'labels': {},", "", "endpoints[0]: the field 'labels' is missing"},
		{"'from': {'entity': 'world'},", "", "assertions[0].claims[0]: the field 'from'"});
}

TEST(ids_that_are_out_of_range_or_there_twice_are_refused)
{
	REFUSES({"'id': 1, 'name'", "'id': 2, 'name'",
		 "tiers[2].policies[0].id: a whole number from 0 to 1 is wanted"},
		{"'id': 1, 'name'", "'id': -1, 'name'", "tiers[2].policies[0].id: a whole"},
		{"'id': 1, 'name'", "'id': 0, 'name'",
		 "tiers[2].policies[1].id: the id 0 is there twice"},
		{"'id': 1, 'action'", "'id': 2, 'action'",
		 "tiers[2].policies[0].ingress.rules[0].id: a whole number from 0 to 1"},
		{"'id': 1, 'action'", "'id': 0, 'action'",
		 "tiers[2].policies[1].egress.rules[0].id: the id 0 is there twice"},
		{"'id': 1, 'action'", "'id': 0.5, 'action'",
		 "tiers[2].policies[0].ingress.rules[0].id: a whole"});
}

TEST(names_that_are_empty_there_twice_or_no_names_are_refused)
{
	REFUSES({"'second'", "'first'", "tiers[1].name: the tier 'first' is there twice"},
		{"'default'", "'other'", "the tier 'default' is missing"},
		{"'first'", "''", "tiers[0].name: a name is not empty"},
		{"'first'", "1", "tiers[0].name: a text without"},
		{"'first'", "'\\u001b[2J'", "tiers[0].name: a text without control"},
		{"'name': 'x', 'kind': 'policy'", "'name': 'shop/web', 'kind': 'NetworkPolicy'",
		 "tiers[2].policies[1]: NetworkPolicy 'shop/web' is there twice"},
		{"'empty'", "'shop'", "namespaces[1]: the namespace is there twice"},
		{"'node-1'", "'shop/web'", "endpoints[1]: 'shop/web' is out of order"},
		{"'namespace': 'shop'", "'namespace': 'empty'", "endpoints[1]: 'shop/web' is not"},
		{"['shop', 'empty']", "['empty']", "endpoints[1]: 'shop/web' is not"},
		{"'z': '1'", "'': '1'", "endpoints[1].labels.: a name is not empty"},
		{"'z': '1'", "'z': null", "endpoints[1].labels.z: a text"},
		{"'title': 'closed'", "'title': 1", "assertions[0].title: a text"});
}

TEST(words_that_mean_nothing_are_refused_with_those_that_do)
{
	REFUSES({"'pass'", "'allow'", "tiers[0].end: a tier ends in deny or pass"},
		{"'pass'", "'drop'", "tiers[0].end: this is one of: allow, deny, pass"},
		{"'allow'", "'Allow'",
		 "tiers[2].policies[0].ingress.rules[0].action: this is one of: allow, deny, pass"},
		{"'host'}", "'hosts'}",
		 "tiers[2].policies[0].ingress.rules[0].peers[2].entity: this is one of: all, "},
		{"'NotIn'", "'notin'",
		 "tiers[2].policies[0].subjects[0][1].op: this is one of: In"},
		{"'endpoint'", "'pod'",
		 "tiers[2].policies[0].subjects[0][0].scope: this is one of: endpoint, namespace"},
		{"'only'", "'maybe'", "assertions[0].claims[0].claim: this is one of: never, "},
		{"'none'],", "'all'],", "tiers[2].policies[0].subjects[1]: a selector is a list"});
}

TEST(selectors_with_the_wrong_number_of_values_are_refused)
{
	REFUSES({"'values': ['a']", "'values': []",
		 "tiers[2].policies[0].subjects[0][1]: 'NotIn' has one or more values"},
		{", 'values': ['a']", "", "tiers[2].policies[0].subjects[0][1]: 'NotIn' has one"},
		{"'DoesNotExist'", "'DoesNotExist', 'values': ['a']",
		 "tiers[2].policies[0].subjects[0][2]: 'DoesNotExist' has no values"});
}

TEST(peers_of_no_or_two_kinds_are_refused)
{
	REFUSES({"{'entity': 'host'}", "{}",
		 "tiers[2].policies[0].ingress.rules[0].peers[2]: a peer is one of"},
		{"{'entity': 'host'}", "{'entity': 'host', 'selector': []}",
		 "tiers[2].policies[0].ingress.rules[0].peers[2]: a peer is one of"},
		{"{'entity': 'host'}", "'host'",
		 "tiers[2].policies[0].ingress.rules[0].peers[2]: an object is wanted"});
}

TEST(addresses_and_prefixes_that_are_none_are_refused)
{
	REFUSES({"'10.0.0.0/8'", "'10.0.0.1/8'",
		 "tiers[2].policies[0].ingress.rules[0].peers[1].cidr.in[0]: a prefix"},
		{"'10.0.0.0/8'", "'10.0.0.0/33'",
		 "tiers[2].policies[0].ingress.rules[0].peers[1].cidr.in[0]: a prefix"},
		{"'10.1.0.0/16'", "7",
		 "tiers[2].policies[0].ingress.rules[0].peers[1].cidr.except[0]: a prefix"},
		{"'fd00::1'", "'fd00::1::'", "endpoints[1].addresses[1]: an address"});
}

TEST(ports_that_are_none_are_refused)
{
	REFUSES({"'lo': 80, ", "", "tiers[2].policies[0].ingress.rules[0].ports[1]: a port is"},
		{"'hi': 90", "'hi': 79",
		 "tiers[2].policies[0].ingress.rules[0].ports[1]: the range ends before"},
		{"'hi': 90", "'hi': 65536",
		 "tiers[2].policies[0].ingress.rules[0].ports[1].hi: a whole number from 0 to "
		 "65535"},
		{"'proto': 'tcp', 'lo'", "'proto': 'any', 'lo'",
		 "tiers[2].policies[0].ingress.rules[0].ports[1]: \"any\" has no ports"},
		{"'proto': 'udp', 'name'", "'proto': 'gre', 'name'",
		 "tiers[2].policies[0].ingress.rules[0].ports[2].proto: the name of a protocol"},
		{"'none': true", "'none': false",
		 "tiers[2].policies[0].ingress.rules[0].ports[3].none: this is true"},
		{"'none': true", "'none': true, 'proto': 'tcp'",
		 "tiers[2].policies[0].ingress.rules[0].ports[3]: a port is"},
		{"'udp', 'name'", "'icmp', 'name'",
		 "tiers[2].policies[0].ingress.rules[0].ports[2]: ports of this protocol"},
		{"'port': 8080", "'port': 0", "endpoints[1].ports[0]: ports go from 1"},
		{"'tcp', 'port'", "'icmp', 'port'", "endpoints[1].ports[0].proto: ports of this"});
}

TEST(open_orders_of_tiers_that_are_not_there_are_refused)
{
	REFUSES({"'first': 1", "'first': 3", "openOrders[0][1]: there are no such tiers"},
		{"'first': 1, 'tiers': 1", "'first': 1, 'tiers': 4294967295",
		 "openOrders[0][1]: there are no such tiers"},
		{"'first': 1, 'tiers': 1", "'first': 1, 'tiers': 0",
		 "openOrders[0][1]: there are no such tiers"},
		{"'first': 0, 'tiers': 1", "'first': 0, 'tiers': 2",
		 "openOrders[0]: the first run does not end"},
		{", {'first': 1, 'tiers': 1}", "", "openOrders[0]: an open order has two"},
		{"{'first': 1, 'tiers': 1}", "{'first': 1, 'tiers': 1}, {'first': 2, 'tiers': 1}",
		 "openOrders[0][2]: an open order has two"});
}

TEST(places_that_are_none_are_refused)
{
	REFUSES({"'a.pol:1:6'", "'a.pol'", "tiers[0].at: a place is"},
		{"'a.pol:1:6'", "'a.pol:1'", "tiers[0].at: a place is"},
		{"'a.pol:1:6'", "':1:6'", "tiers[0].at: a place is"},
		{"'a.pol:1:6'", "'1:6'", "tiers[0].at: a place is"},
		{"'a.pol:1:6'", "'a.pol:0:6'", "tiers[0].at: a place is"},
		{"'a.pol:1:6'", "'a.pol:1:06'", "tiers[0].at: a place is"},
		{"'a.pol:1:6'", "'a.pol:1:4294967296'", "tiers[0].at: a place is"},
		{"'a.pol:1:6'", "'a.pol:99999999999999999999:6'", "tiers[0].at: a place is"},
		{"'a.pol:1:6'", "null", "tiers[0].at: a place is"});
}

TEST(lists_and_objects_of_the_wrong_type_are_refused)
{
	REFUSES({"'tiers': [", "'x': [", "there is no field 'x' here"},
		{"'policies': []", "'policies': {}", "tiers[0].policies: a list is wanted"},
		{"'policies': []", "'policies': [[]]", "tiers[0].policies[0]: an object is wanted"},
		{"'labels': {}", "'labels': []", "endpoints[0].labels: an object is wanted"},
		{"'governs': true", "'governs': 1", "tiers[2].policies[0].ingress.governs: true"},
		{"'sparesNode': true", "'sparesNode': false",
		 "tiers[2].policies[0].sparesNode: this is true, or left out"});
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_no_document_is_refused),
		cmocka_unit_test(another_format_is_told_by_its_number),
		cmocka_unit_test(a_document_without_end_is_refused),
		cmocka_unit_test(deeply_nested_json_is_refused),
		cmocka_unit_test(unknown_fields_are_refused_with_their_place),
		cmocka_unit_test(rules_about_requests_that_make_no_sense_are_refused),
		cmocka_unit_test(missing_fields_are_refused),
		cmocka_unit_test(ids_that_are_out_of_range_or_there_twice_are_refused),
		cmocka_unit_test(names_that_are_empty_there_twice_or_no_names_are_refused),
		cmocka_unit_test(words_that_mean_nothing_are_refused_with_those_that_do),
		cmocka_unit_test(selectors_with_the_wrong_number_of_values_are_refused),
		cmocka_unit_test(peers_of_no_or_two_kinds_are_refused),
		cmocka_unit_test(addresses_and_prefixes_that_are_none_are_refused),
		cmocka_unit_test(ports_that_are_none_are_refused),
		cmocka_unit_test(open_orders_of_tiers_that_are_not_there_are_refused),
		cmocka_unit_test(places_that_are_none_are_refused),
		cmocka_unit_test(lists_and_objects_of_the_wrong_type_are_refused),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
