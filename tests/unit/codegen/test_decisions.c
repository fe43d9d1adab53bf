/* SPDX-License-Identifier: Apache-2.0 */
/* Who decided, through a bundle: what the compiler says is what a node reads. */
#include "tests/unit/unit.h"

#include <unistd.h>

#include "codegen/bundle_json.h"
#include "codegen/file.h"
#include "compiler/eval.h"
#include "compiler/l7/flat.h"
#include "lang/lang.h"
#include "tests/lib/objects.h"
#include "tests/unit/bundle_memory.h"

static const char policies[] = "endpoint db {\n  labels { app = db }\n  address 10.0.0.4\n}\n"
			       "endpoint web {\n  labels { app = web }\n  address 10.0.0.3\n}\n"
			       "policy front for { app = web } {\n"
			       "  ingress {\n"
			       "    allow from { app = db } on tcp/80\n"
			       "    deny from cidr 192.0.2.0/24\n"
			       "  }\n"
			       "}\n"
			       "policy out for { app = web } {\n"
			       "  egress {\n"
			       "    allow to all on tcp\n"
			       "  }\n"
			       "}\n";

/* A directory for all of it, and in it the bundle of the policies, which no test changes. */
static char dir[] = "/tmp/polc-test-decisions-XXXXXX";
static struct buf good;

struct compiled {
	struct lang lang;
	struct ir *ir;
	struct cls *cls;
};

static void compile_text(struct compiled *c, const char *text, bool decisions)
{
	const struct cls_options opts = {.decisions = decisions};

	lang_init(&c->lang);
	assert_int_equal(
		lang_read_text(&c->lang, "shop.pol", text, strlen(text), LANG_POL, LANG_INPUT), 0);
	assert_int_equal(ir_resolve(&c->lang, &c->ir), 0);
	assert_int_equal(cls_build(c->ir, &opts, &c->lang.arena, &c->lang.diag, &c->cls), 0);
}

static void compile(struct compiled *c, bool decisions)
{
	compile_text(c, policies, decisions);
}

static int write_bundle(struct compiled *c, const char *path)
{
	struct objects kept;
	const struct bundle_options opts = {.bpf_dir = getenv("POLC_BPF_DIR"),
					    .cache_dir = objects_dir(&kept, "")};

	return bundle_write(c->cls, &c->lang.sources, path, &opts, &c->lang.diag);
}

static int setup(void **state)
{
	struct compiled c;
	int err;

	(void)state;
	if (!mkdtemp(dir))
		return -1;
	buf_printf(&good, "%s/good", dir);
	compile(&c, true);
	err = write_bundle(&c, buf_str(&good));
	lang_fini(&c.lang);
	return err;
}

static int teardown(void **state)
{
	(void)state;
	gen_dir_remove(dir);
	buf_fini(&good);
	return 0;
}

static void assert_same_decision(const struct bundle_decision *d, const struct cls_decision *want)
{
	assert_int_equal(d->outcome, want->outcome);
	assert_int_equal(d->dir, want->dir);
	assert_int_equal(!d->rule, !want->rule);
	if (d->rule) {
		assert_string_equal(d->rule->policy->name, want->rule->policy->name);
		assert_int_equal(d->rule->dir, want->rule->dir);
		assert_int_equal(d->rule->action, want->rule->action);
		return;
	}
	assert_int_equal(!d->tier, !want->tier);
	assert_int_equal(d->governing.n, want->governing.n);
	for (size_t i = 0; i < d->governing.n; i++)
		assert_string_equal(d->governing.v[i]->name, want->governing.v[i]->name);
}

TEST(decisions_read_back_as_the_compiler_made_them)
{
	struct compiled c;
	struct bundle *b;

	compile(&c, true);
	assert_int_equal(bundle_read(buf_str(&good), &c.lang.diag, &b), 0);
	assert_int_equal(b->tables.n, c.cls->tables.n);
	for (size_t i = 0; i < b->tables.n; i++) {
		const struct bundle_table *t = b->tables.v[i];
		const struct cls_table *want = c.cls->tables.v[i];

		for (size_t k = 0; k < (size_t)t->n_rows * t->n_cols; k++)
			assert_same_decision(&b->decisions.v[t->decided[k]],
					     &want->decisions.v[want->decided[k]]);
	}
	bundle_free(&b);
	lang_fini(&c.lang);
}

TEST(a_rule_is_known_by_its_place_in_the_sources)
{
	struct compiled c;
	struct bundle *b;
	bool found = false;

	compile(&c, true);
	assert_int_equal(bundle_read(buf_str(&good), &c.lang.diag, &b), 0);
	assert_int_equal(b->rules.n, 3);
	assert_int_equal(b->policies.n, 2);
	vec_each (const struct bundle_decision, d, &b->decisions) {
		if (!d->rule || d->rule->action != IR_DENY)
			continue;
		found = true;
		assert_string_equal(d->rule->at, "shop.pol:12:5");
		assert_string_equal(d->rule->policy->at, "shop.pol:9:8");
	}
	assert_true(found);
	bundle_free(&b);
	lang_fini(&c.lang);
}

TEST(a_bundle_that_nobody_asked_for_decisions_has_none)
{
	_cleanup_buf_ struct buf path = {0};
	struct compiled c;
	struct bundle *b;

	compile(&c, false);
	buf_printf(&path, "%s/plain", dir);
	assert_int_equal(write_bundle(&c, buf_str(&path)), 0);
	assert_int_equal(bundle_read(buf_str(&path), &c.lang.diag, &b), 0);
	assert_int_equal(b->rules.n, 0);
	assert_int_equal(b->decisions.n, 0);
	vec_each (struct bundle_table *, t, &b->tables)
		assert_null((*t)->decided);
	bundle_free(&b);
	lang_fini(&c.lang);
}

#define DECIDED "\"decided\": [\n    "

/* Damage whose hashes are right. Table 1 is what web lets in. */
struct damage {
	const char *file, *from, *to, *text;
};

static const struct damage damages[] = {
	{"maps/decisions.json", "\"decisions\"", "\"decision\"", "not a list of decisions"},
	{"maps/decisions.json", "{\n  \"decisions\"", "{\n  \"more\": 1, \"decisions\"",
	 "not a list of decisions"},
	{"maps/decisions.json", "\"rule\":1", "\"rule\":9", "entry 2 of 'decisions'"},
	{"maps/decisions.json", "\"rule\":1", "\"rule\":-1", "entry 2 of 'decisions'"},
	{"maps/decisions.json", "\"rule\":1", "\"tier\":0,\"rule\":1", "entry 2 of 'decisions'"},
	{"maps/decisions.json", "\"verdict\":\"deny\"", "\"verdict\":\"allow\"",
	 "entry 2 of 'decisions'"},
	{"maps/decisions.json", "\"verdict\":\"deny\"", "\"verdict\":\"drop\"",
	 "entry 2 of 'decisions'"},
	{"maps/decisions.json", "\"verdict\":\"deny\",", "", "entry 2 of 'decisions'"},
	{"maps/decisions.json", "\"rule\":2", "\"rule\":0",
	 "entry 5 of 'decisions' is there twice"},
	{"maps/decisions.json", ",\"rule\":0", "", "entry 3 of 'decisions' is there twice"},
	{"maps/decisions.json", "\"tier\":0", "\"tier\":1", "entry 4 of 'decisions'"},
	{"maps/decisions.json", "\"policies\":[0]", "\"policies\":[2]", "entry 4 of 'decisions'"},
	{"maps/decisions.json", "\"policies\":[0]", "\"policies\":[]", "entry 4 of 'decisions'"},
	{"maps/decisions.json", "\"direction\":\"in", "\"direction\":\"out",
	 "entry 4 of 'decisions'"},
	{"maps/decisions.json", "\"policies\":[0]", "\"policies\":0", "entry 4 of 'decisions'"},
	{"maps/table-1.json", "\"decided\"", "\"decides\"", "not a verdict table"},
	{"maps/table-1.json", DECIDED "[3,3]", DECIDED "[3,3,3]", "'decided' is not"},
	{"maps/table-1.json", DECIDED "[3,3]", DECIDED "[3,6]", "'decided' is not"},
	{"maps/table-1.json", DECIDED "[3,3]", DECIDED "[3,-1]", "'decided' is not"},
	{"maps/table-1.json", DECIDED "[3,3]", DECIDED "3", "'decided' is not"},
	{"maps/table-1.json", DECIDED "[3,3]", DECIDED "[3,2]", "differ"},
	{"ir.json", "\"id\": 1", "\"id\": 0", "do not hold together"},
	{"ir.json", "\"id\": 1", "\"id\": 7", "do not hold together"},
	{"ir.json", "\"action\": \"deny\"", "\"action\": \"drop\"", "do not hold together"},
	{"ir.json", "\"name\": \"front\"", "\"name\": 1", "do not hold together"},
	{"ir.json", "\"tiers\"", "\"tears\"", "of 'decisions'"},
};

TEST(decisions_with_damage_are_refused)
{
	for (size_t i = 0; i < sizeof(damages) / sizeof(*damages); i++) {
		struct memory m;

		mem_open(&m, buf_str(&good));
		mem_replace(&m, damages[i].file, damages[i].from, damages[i].to);
		mem_rehash(&m);
		mem_refused(&m, damages[i].text);
		mem_close(&m);
	}
}

TEST(tables_have_decisions_if_the_bundle_has_and_only_then)
{
	struct memory m;
	struct buf *table;

	mem_open(&m, buf_str(&good));
	table = mem_file(&m, "maps/table-0.json");
	*strstr(table->s, ",\n  \"decided\"") = '}';
	table->n = (size_t)(strchr(table->s, '}') - table->s) + 1;
	mem_rehash(&m);
	mem_refused(&m, "without a list of decisions");
	mem_close(&m);
	mem_open(&m, buf_str(&good));
	for (size_t i = 0; i < m.n; i++) {
		if (strcmp(m.files[i].name, BUNDLE_DECISIONS) != 0)
			continue;
		buf_fini(&m.files[i].data);
		m.files[i] = m.files[--m.n];
	}
	mem_rehash(&m);
	mem_refused(&m, "without a list of decisions");
	mem_close(&m);
}

TEST(a_decision_has_one_number_in_all_tables_and_each_number_is_of_one)
{
	struct gen_decisions d;
	struct compiled c;
	struct bundle *b;

	compile(&c, true);
	gen_decisions_number(c.cls, &c.lang.arena, &d);
	assert_int_equal(bundle_read(buf_str(&good), &c.lang.diag, &b), 0);
	assert_int_equal(b->decisions.n, d.list.n);
	for (size_t i = 0; i < d.list.n; i++)
		assert_same_decision(&b->decisions.v[i], d.list.v[i]);
	for (size_t i = 0; i < b->tables.n; i++) {
		const struct bundle_table *t = b->tables.v[i];

		for (size_t k = 0; k < (size_t)t->n_rows * t->n_cols; k++)
			assert_int_equal(t->decided[k],
					 d.numbers[i][c.cls->tables.v[i]->decided[k]]);
	}
	bundle_free(&b);
	lang_fini(&c.lang);
}

/* --- redirects ------------------------------------------------------------------------------ */

static const char asking[] = "endpoint web {\n  labels { app = web }\n  address 10.0.0.3\n}\n"
			     "policy a for { app = web } {\n  ingress {\n"
			     "    allow from all on tcp/80 http {\n      GET \"/a\"\n    }\n"
			     "    allow from all on tcp/80-81 http {\n      GET \"/b\"\n    }\n"
			     "    allow from all on tcp/82\n"
			     "  }\n}\n";

static enum ir_outcome outcome_at(const struct bundle_table *t, uint16_t port,
				  const struct bundle *b, const struct bundle_decision **d)
{
	vec_each (const struct cls_span, s, &t->spans) {
		if (s->proto != CLS_TCP || port < s->lo || port > s->hi)
			continue;
		*d = &b->decisions.v[t->decided[s->col]];
		return (enum ir_outcome)t->cells[s->col];
	}
	return IR_OUTCOME_DENY;
}

static bool lets_pass(const struct bundle_decision *d, const char *path)
{
	const struct flat_request request = {.method = {"GET", 3}, .path = {path, strlen(path)}};
	const struct flat_entry *entry = flat_judge(d->set, &request);

	return entry && !entry->deny;
}

TEST(a_redirect_names_the_rules_that_it_asks_and_has_their_rule_set)
{
	const struct bundle_decision *d;
	const struct bundle_table *t;
	_cleanup_buf_ struct buf path = {0};
	struct compiled c;
	struct bundle *b;

	buf_printf(&path, "%s/asking", dir);
	compile_text(&c, asking, false);
	assert_int_equal(write_bundle(&c, buf_str(&path)), 0);
	assert_int_equal(bundle_read(buf_str(&path), &c.lang.diag, &b), 0);
	t = b->endpoints.v[0].tables[IR_INGRESS];
	assert_int_equal(outcome_at(t, 80, b, &d), IR_OUTCOME_REDIRECT);
	assert_int_equal(d->asked.n, 2);
	assert_true(lets_pass(d, "/b"));
	assert_true(lets_pass(d, "/a"));
	assert_false(lets_pass(d, "/c"));
	assert_int_equal(outcome_at(t, 81, b, &d), IR_OUTCOME_REDIRECT);
	assert_int_equal(d->asked.n, 1);
	assert_string_equal(d->rule->at, "shop.pol:10:5");
	assert_true(lets_pass(d, "/b"));
	assert_false(lets_pass(d, "/a"));
	assert_int_equal(outcome_at(t, 82, b, &d), IR_OUTCOME_ALLOW);
	assert_int_equal(d->asked.n, 0);
	assert_null(d->set);
	assert_int_equal(outcome_at(t, 83, b, &d), IR_OUTCOME_DENY);
	bundle_free(&b);
	lang_fini(&c.lang);
}

TEST(a_redirect_that_asks_nobody_is_refused)
{
	static const struct damage redirects[] = {
		{"maps/decisions.json", "\"rules\":[0,1]", "\"rules\":[]", "of 'decisions'"},
		{"maps/decisions.json", "\"rules\":[0,1]", "\"rules\":[0,0]", "of 'decisions'"},
		{"maps/decisions.json", "\"rules\":[0,1]", "\"rule\":0", "of 'decisions'"},
		{"maps/decisions.json", "\"rules\":[0,1]", "\"rules\":[0,3]", "of 'decisions'"},
		{"maps/decisions.json", "\"rules\":[0,1]", "\"rules\":[0,2]", "of 'decisions'"},
		{"maps/decisions.json", "\"rules\":[0,1]", "\"rules\":[0]",
		 "not of the rules that its decision asks"},
	};

	for (size_t i = 0; i < sizeof(redirects) / sizeof(*redirects); i++) {
		_cleanup_buf_ struct buf path = {0};
		struct memory m;

		buf_printf(&path, "%s/asking", dir);
		mem_open(&m, buf_str(&path));
		mem_replace(&m, redirects[i].file, redirects[i].from, redirects[i].to);
		mem_rehash(&m);
		mem_refused(&m, redirects[i].text);
		mem_close(&m);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decisions_read_back_as_the_compiler_made_them),
		cmocka_unit_test(a_rule_is_known_by_its_place_in_the_sources),
		cmocka_unit_test(a_bundle_that_nobody_asked_for_decisions_has_none),
		cmocka_unit_test(decisions_with_damage_are_refused),
		cmocka_unit_test(tables_have_decisions_if_the_bundle_has_and_only_then),
		cmocka_unit_test(a_decision_has_one_number_in_all_tables_and_each_number_is_of_one),
		cmocka_unit_test(a_redirect_names_the_rules_that_it_asks_and_has_their_rule_set),
		cmocka_unit_test(a_redirect_that_asks_nobody_is_refused),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, setup, teardown);
}
