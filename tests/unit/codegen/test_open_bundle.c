/* SPDX-License-Identifier: Apache-2.0 */
/* A bundle for endpoints to come: it has a classifier, and its programs look at whoever comes. */
#include "tests/unit/unit.h"

#include <unistd.h>

#include "codegen/bundle_json.h"
#include "codegen/file.h"
#include "lang/lang.h"
#include "tests/lib/objects.h"
#include "tests/unit/bundle_memory.h"

/* No endpoint of today is a `db`. */
static const char policies[] = "endpoint web {\n  labels { app = web }\n  address 10.0.0.3\n}\n"
			       "policy front for { app = web } {\n"
			       "  ingress {\n"
			       "    allow from { app = db } on tcp/80\n"
			       "  }\n"
			       "}\n";

/* A directory for all of it, and in it the bundles of the policies, which no test changes. */
static char dir[] = "/tmp/polc-test-open-XXXXXX";
static struct buf opened, closed;

static int write_bundle(const char *path, bool open)
{
	struct objects kept;
	const struct bundle_options opts = {.bpf_dir = getenv("POLC_BPF_DIR"),
					    .cache_dir = objects_dir(&kept, "")};
	const struct cls_options tables = {.open = open};
	struct lang lang;
	struct cls *cls;
	struct ir *ir;
	int err;

	lang_init(&lang);
	err = lang_read_text(&lang, "shop.pol", policies, strlen(policies), LANG_POL, LANG_INPUT);
	if (!err)
		err = ir_resolve(&lang, &ir);
	if (!err)
		err = cls_build(ir, &tables, &lang.arena, &lang.diag, &cls);
	if (!err)
		err = bundle_write(cls, &lang.sources, path, &opts, &lang.diag);
	lang_fini(&lang);
	return err;
}

static int setup(void **state)
{
	(void)state;
	if (!mkdtemp(dir))
		return -1;
	buf_printf(&opened, "%s/open", dir);
	buf_printf(&closed, "%s/closed", dir);
	return write_bundle(buf_str(&opened), true) || write_bundle(buf_str(&closed), false);
}

static int teardown(void **state)
{
	(void)state;
	gen_dir_remove(dir);
	buf_fini(&opened);
	buf_fini(&closed);
	return 0;
}

static struct bundle *read_bundle(const char *path, struct memory *m)
{
	struct bundle *b;

	mem_open(m, path);
	assert_int_equal(bundle_read(path, &m->f.diag, &b), 0);
	return b;
}

/* The class of an endpoint with this label, at an address that nobody has. */
static uint32_t class_of(const struct bundle *b, const char *app)
{
	struct intern *strings = b->classifier->own;
	struct ir_label label = {.key = intern_add(strings, "app"),
				 .value = intern_add(strings, app)};
	struct ir_endpoint ep = {.labels = {.v = &label, .n = 1}};
	struct net_addr addr;
	uint32_t cls;

	assert_int_equal(net_addr_parse("10.0.0.77", &addr), 0);
	assert_int_equal(cls_classify(b->classifier, &ep, &addr, &cls), CLS_FOUND);
	return cls;
}

TEST(who_comes_is_told_by_its_labels_and_judged_by_the_tables)
{
	const struct bundle_table *t;
	struct memory m;
	struct bundle *b = read_bundle(buf_str(&opened), &m);

	t = b->endpoints.v[0].tables[IR_INGRESS];
	assert_int_equal(b->classifier->foreseen, CLS_FORESEEN_ALL);
	assert_int_not_equal(t->row_of_class[class_of(b, "db")],
			     t->row_of_class[class_of(b, "other")]);
	bundle_free(&b);
	mem_close(&m);
}

TEST(its_programs_look_at_peers_of_both_families_that_nobody_has_met_yet)
{
	const uint32_t looks = GEN_PEERS4 | GEN_PEERS6 | GEN_IN_ROWS;
	struct memory m;
	struct bundle *b = read_bundle(buf_str(&opened), &m);

	assert_int_equal(b->endpoints.v[0].shape->features & looks, looks);
	bundle_free(&b);
	mem_close(&m);
	/* Without it, nobody can ever pass. */
	b = read_bundle(buf_str(&closed), &m);
	assert_int_equal(b->endpoints.v[0].shape->features & (looks | GEN_IN4 | GEN_IN6), 0);
	assert_null(b->classifier);
	bundle_free(&b);
	mem_close(&m);
}

TEST(a_classifier_that_does_not_fit_its_bundle_is_refused)
{
	static const struct {
		const char *from, *to, *text;
	} damages[] = {
		{"\"format\": 1", "\"format\": 2", "reads format 1"},
		{"\"atoms\": []", "\"atoms\": [5]", "maps/classifier.json in the bundle"},
		{"\"table\": 0", "\"table\": 9", "recipes[0].table"},
	};

	for (size_t i = 0; i < sizeof(damages) / sizeof(*damages); i++) {
		struct memory m;

		mem_open(&m, buf_str(&opened));
		mem_replace(&m, BUNDLE_CLASSIFIER, damages[i].from, damages[i].to);
		mem_rehash(&m);
		mem_refused(&m, damages[i].text);
		mem_close(&m);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_comes_is_told_by_its_labels_and_judged_by_the_tables),
		cmocka_unit_test(
			its_programs_look_at_peers_of_both_families_that_nobody_has_met_yet),
		cmocka_unit_test(a_classifier_that_does_not_fit_its_bundle_is_refused),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, setup, teardown);
}
