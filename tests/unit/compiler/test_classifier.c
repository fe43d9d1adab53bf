/* SPDX-License-Identifier: Apache-2.0 */
/* A classifier read from JSON: what lies, or is not known, is refused; test_classes.c tells whether
 * what is read classifies as the one that was written. */
#include <string.h>

#include "compiler/classes/classifier_json.h"
#include "compiler/codes.h"
#include "lang/base/diag.h"
#include "tests/unit/ir_document.h"

/* Everything that a document can have. */
static const char document[] =
	"{'format': 1, 'foreseen': 'all',"
	" 'atoms': ["
	"  {'selector': [{'scope': 'endpoint', 'key': 'app', 'op': 'In', 'values': ['web']}]},"
	"  {'cidr': {'in': ['10.0.0.0/8'], 'except': [], 'matchEndpoints': true}}],"
	" 'names': [{'proto': 'tcp', 'name': 'http'}],"
	" 'sparesNode': true,"
	" 'classes': ["
	"  {'atoms': [], 'ports': [null]},"
	"  {'atoms': [1], 'ports': [null], 'node': true},"
	"  {'atoms': [0, 1], 'ports': [80]}],"
	" 'selections': ["
	"  {'subjects': [[{'scope': 'endpoint', 'key': 'app', 'op': 'Exists'}]],"
	"   'concerns': ['ingress'], 'ports': [{'proto': 'udp', 'name': 'dns'}]},"
	"  {'subjects': [[]], 'concerns': ['ingress', 'egress']}],"
	" 'recipes': ["
	"  {'direction': 'ingress', 'selections': [0, 1], 'ports': [53], 'table': 1},"
	"  {'direction': 'egress', 'selections': [1], 'table': 0}]}";

static const struct cls_classifier_limits limits = {.classes = 3, .tables = 2};

struct reading {
	struct arena arena;
	struct sources sources;
	struct diag diag;
	struct cls_classifier *c;
	int err;
};

static void reads(struct reading *r, const char *from, const char *to)
{
	_cleanup_buf_ struct buf text = {0};

	ir_document_make(document, from, to, &text);
	arena_init(&r->arena);
	sources_init(&r->sources, &r->arena);
	diag_init(&r->diag, &r->arena, &r->sources);
	r->err = cls_classifier_read("classifier", buf_str(&text), text.n, &limits, &r->arena,
				     &r->diag, &r->c);
}

static enum cls_found classify(struct reading *r, const char *app, const char *addr, int http,
			       uint32_t *cls)
{
	struct intern *strings = r->c->own;
	struct ir_endpoint ep = {0};
	struct net_addr at;

	if (app)
		vec_push(&r->arena, &ep.labels,
			 (struct ir_label){.key = intern_add(strings, "app"),
					   .value = intern_add(strings, app)});
	if (http)
		vec_push(&r->arena, &ep.ports,
			 (struct ir_named_port){.name = intern_add(strings, "http"),
						.proto = IR_PROTO_TCP,
						.port = (uint16_t)http});
	assert_int_equal(net_addr_parse(addr, &at), 0);
	return cls_classify(r->c, &ep, &at, cls);
}

TEST(labels_address_and_ports_lead_to_the_class)
{
	struct reading r;
	uint32_t cls;

	reads(&r, NULL, NULL);
	assert_int_equal(r.err, 0);
	assert_int_equal(classify(&r, "web", "10.1.2.3", 80, &cls), CLS_FOUND);
	assert_int_equal(cls, 2);
	assert_int_equal(classify(&r, "unheard-of", "192.0.2.1", 0, &cls), CLS_FOUND);
	assert_int_equal(cls, 0);
	assert_int_equal(classify(&r, "web", "10.1.2.3", 81, &cls), CLS_NEW_PORTS);
	assert_int_equal(classify(&r, "web", "192.0.2.1", 80, &cls), CLS_NEW_PLACE);
	arena_fini(&r.arena);
}

TEST(who_is_selected_as_another_gets_its_tables_and_nobody_else)
{
	struct ir_endpoint ep = {0};
	uint32_t tables[IR_N_DIRS];
	struct reading r;

	reads(&r, NULL, NULL);
	assert_int_equal(cls_classify_subject(r.c, &ep, tables), CLS_NEW_LABELS);
	vec_push(&r.arena, &ep.labels,
		 (struct ir_label){.key = intern_add(r.c->own, "app"),
				   .value = intern_add(r.c->own, "new")});
	assert_int_equal(cls_classify_subject(r.c, &ep, tables), CLS_NEW_PORTS);
	vec_push(&r.arena, &ep.ports,
		 (struct ir_named_port){
			 .name = intern_add(r.c->own, "dns"), .proto = IR_PROTO_UDP, .port = 53});
	assert_int_equal(cls_classify_subject(r.c, &ep, tables), CLS_FOUND);
	assert_int_equal(tables[IR_INGRESS], 1);
	assert_int_equal(tables[IR_EGRESS], 0);
	arena_fini(&r.arena);
}

TEST(what_is_written_again_is_the_same)
{
	_cleanup_buf_ struct buf first = {0}, second = {0};
	struct cls_classifier *again;
	struct reading r;

	reads(&r, NULL, NULL);
	cls_classifier_json(r.c, &first);
	assert_int_equal(cls_classifier_read("again", buf_str(&first), first.n, &limits, &r.arena,
					     &r.diag, &again),
			 0);
	cls_classifier_json(again, &second);
	assert_string_equal(buf_str(&first), buf_str(&second));
	arena_fini(&r.arena);
}

static void refuses(const char *from, const char *to, const char *words)
{
	struct reading r;
	const struct diag_item *d;

	reads(&r, from, to);
	if (r.err != -22)
		fail_msg("not refused: %s", words);
	assert_null(r.c);
	assert_int_equal(r.diag.errors, 1);
	d = r.diag.items.v[0];
	assert_string_equal(d->code, IR_CODE_JSON);
	if (strncmp(d->text, "classifier: ", 12) != 0 ||
	    strncmp(d->text + 12, words, strlen(words)) != 0)
		fail_msg("'%s' is not what was said: %s", words, d->text);
	arena_fini(&r.arena);
}

TEST(what_lies_is_refused_and_the_message_says_where)
{
	static const struct {
		const char *from, *to, *words;
	} lies[] = {
		{"'format': 1", "'format': 2", "format: this polc reads format 1"},
		{"'foreseen': 'all'", "'foreseen': 'some'",
		 "foreseen: this is one of: none, here, all"},
		{"{'selector'", "{'entity': 'all', 'selector'", "atoms[0]: a peer is one of"},
		{"'tcp'", "'icmp'", "names[0].proto: ports of this protocol have no names"},
		{"'sparesNode': true,", "", "classes[1].node: this is true where policies spare"},
		{"'node': true", "'node': false", "classes[1].node: this is true where"},
		{"[0, 1], 'ports': [80]", "[0, 2], 'ports': [80]",
		 "classes[2].atoms[1]: a whole number from 0 to 1"},
		{"[0, 1], 'ports': [80]", "[0, 0], 'ports': [80]",
		 "classes[2].atoms[1]: the atom is there twice"},
		{"'ports': [80]", "'ports': [65536]", "classes[2].ports[0]: a whole number"},
		{"'ports': [80]", "'ports': []", "classes[2].ports: a port for each of the 1"},
		{"{'atoms': [], 'ports': [null]}", "{'atoms': []}",
		 "classes[0]: the field 'ports' is missing"},
		{"{'atoms': [], 'ports': [null]},", "", "it has 2 classes, the bundle has 3"},
		{"'atoms': [0, 1], 'ports': [80]", "'atoms': [], 'ports': [null]",
		 "classes[2]: the class is there twice"},
		{"'concerns': ['ingress']", "'concerns': ['inward']",
		 "selections[0].concerns[0]: this is one of: ingress, egress"},
		{"'selections': [0, 1]", "'selections': [1, 0]",
		 "recipes[0].selections[1]: this is no selection, or out of order"},
		{"'selections': [0, 1]", "'selections': [0, 2]",
		 "recipes[0].selections[1]: this is no selection, or out of order"},
		{"'selections': [1], 'table'", "'selections': [0], 'table'",
		 "recipes[1].selections[0]: this is no selection, or out of order"},
		{"'ports': [53]", "'ports': [53, 54]", "recipes[0]: its selections name 1 ports"},
		{"'ports': [53], ", "", "recipes[0]: its selections name 1 ports"},
		{"'table': 1", "'table': 2", "recipes[0].table: a whole number from 0 to 1"},
		{"{'direction': 'egress', 'selections': [1], 'table': 0}",
		 "{'direction': 'ingress', 'selections': [0, 1], 'ports': [53], 'table': 0}",
		 "recipes[1]: the recipe is there twice"},
		{"'recipes'", "'receipts'", "there is no field 'receipts' here"},
	};

	for (size_t i = 0; i < sizeof(lies) / sizeof(*lies); i++)
		refuses(lies[i].from, lies[i].to, lies[i].words);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(labels_address_and_ports_lead_to_the_class),
		cmocka_unit_test(who_is_selected_as_another_gets_its_tables_and_nobody_else),
		cmocka_unit_test(what_is_written_again_is_the_same),
		cmocka_unit_test(what_lies_is_refused_and_the_message_says_where),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
