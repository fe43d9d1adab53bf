/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/asks.h"

#include <string.h>

#include "tests/unit/unit.h"

static const char *const texts[] = {
	"http GET /a",
	"http GET /a",
	"http GET /[ab]",
	"http any /.*",
	"http any [^/].*",
	"http any /.*|-any /.*c",
	"http -any /a.*|any /.*",
	"http GET /[ab]|GET /b/c",
	"http GET /b/c|GET /[ab]",
	"http any /.* x=1",
	"http any /.* x=2",
	"http any /.*|-GET /.* x=1",
	"http POST /s/M",
	"grpc call s/M",
	"grpc call s/.*|-call s/N",
	"kafka produce t",
	"kafka any t",
};

static struct ir_header one[] = {{"X", "1"}}, two[] = {{"x", "2"}},
			both[] = {{"x", "1"}, {"x", "2"}};

#define HTTP(m, p)                                                                                 \
	{                                                                                          \
		.kind = IR_REQUEST_HTTP, .method = (m), .path = (p)                                \
	}
#define WITH(m, p, h)                                                                              \
	{                                                                                          \
		.kind = IR_REQUEST_HTTP, .method = (m), .path = (p), .headers = {                  \
			.v = (h),                                                                  \
			.n = sizeof(h) / sizeof(*(h))                                              \
		}                                                                                  \
	}

const struct ir_request asks_requests[] = {
	HTTP("GET", "/a"),
	HTTP("GET", "/b"),
	HTTP("GET", "/b/c"),
	HTTP("POST", "/a/c"),
	HTTP("POST", "/s/M"),
	HTTP("POST", "/s/N"),
	HTTP("GET", "*"),
	WITH("GET", "/a", one),
	WITH("POST", "/b", one),
	WITH("GET", "/b", two),
	WITH("POST", "/a", both),
	{.kind = IR_REQUEST_KAFKA, .api = "produce", .topic = "t"},
	{.kind = IR_REQUEST_KAFKA, .api = "fetch", .topic = "t"},
	{.kind = IR_REQUEST_KAFKA, .api = "metadata"},
};
const size_t asks_n_requests = sizeof(asks_requests) / sizeof(*asks_requests);

const char *asks_draw(struct random *r)
{
	return random_pick(r, texts);
}

static char *word(char **rest)
{
	char *out = strsep(rest, " ");

	assert_non_null(out);
	return out;
}

static void add_entry(struct irb *b, struct ir_l7 *l7, char *text)
{
	struct ir_l7_entry e = {.deny = *text == '-'};
	const char *fault;

	text += e.deny;
	e.verb = word(&text);
	e.object.text = word(&text);
	if (l7->kind != IR_L7_KAFKA) {
		e.object.regex = regex_compile(&b->arena, e.object.text, false, &fault);
		assert_non_null(e.object.regex);
	}
	if (text) {
		struct ir_l7_cond cond = {.what = IR_L7_HEADER, .name = strsep(&text, "=")};

		cond.value.text = text;
		vec_push(&b->arena, &e.conds, cond);
	}
	vec_push(&b->arena, &l7->entries, e);
}

void asks_set(struct irb *b, struct ir_rule *rule, const char *text)
{
	static const char *const kinds[] = {
		[IR_L7_HTTP] = "http", [IR_L7_GRPC] = "grpc", [IR_L7_KAFKA] = "kafka"};
	char *rest = arena_strdup(&b->arena, text), *kind = word(&rest), *entry;

	for (int i = IR_L7_HTTP; i <= IR_L7_KAFKA; i++)
		if (strcmp(kinds[i], kind) == 0)
			rule->l7.kind = (enum ir_l7_kind)i;
	assert_int_not_equal(rule->l7.kind, IR_L7_NONE);
	rule->l7.loc = rule->loc;
	while ((entry = strsep(&rest, "|")))
		add_entry(b, &rule->l7, entry);
}

static bool same_entry(const struct ir_l7_entry *a, const struct ir_l7_entry *b)
{
	if (a->deny != b->deny || strcmp(a->verb, b->verb) != 0 ||
	    strcmp(a->object.text, b->object.text) != 0 || a->conds.n != b->conds.n)
		return false;
	return !a->conds.n || (strcmp(a->conds.v[0].name, b->conds.v[0].name) == 0 &&
			       strcmp(a->conds.v[0].value.text, b->conds.v[0].value.text) == 0);
}

bool asks_same(const struct ir_rule *a, const struct ir_rule *b)
{
	if (a->l7.kind != b->l7.kind || a->l7.entries.n != b->l7.entries.n)
		return false;
	for (size_t i = 0; i < a->l7.entries.n; i++)
		if (!same_entry(&a->l7.entries.v[i], &b->l7.entries.v[i]))
			return false;
	return true;
}
