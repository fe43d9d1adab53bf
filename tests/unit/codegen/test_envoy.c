/* SPDX-License-Identifier: Apache-2.0 */
/* Filters of Envoy beside the interpreter, and what of several values is told apart. */
#include "codegen/envoy.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "codegen/envoy/envoy.h"
#include "compiler/eval.h"
#include "compiler/resolve/resolve.h"
#include "lang/base/buf.h"
#include "lang/base/utf8.h"
#include "lang/lang.h"
#include "tests/lib/campaign.h"
#include "tests/lib/envoy_filters.h"
#include "tests/lib/random.h"
#include "tests/unit/unit.h"

/* --- values that are one -------------------------------------------------------------------- */

static enum envoy_joined join(const char *regex)
{
	enum envoy_joined joined;
	const char *fault, *example = NULL;
	const struct l7_node *tree;
	struct arena arena;

	arena_init(&arena);
	tree = l7_parse(&arena, regex, false, &fault);
	assert_non_null(tree);
	joined = envoy_join(&arena, tree, &example);
	assert_int_equal(joined == ENVOY_MIXED_UP, example != NULL);
	arena_fini(&arena);
	return joined;
}

TEST(values_are_told_apart_if_none_matches_with_its_neighbours_alone)
{
	static const char *const apart[] = {"[0-9]+",        ".*",    "a|b", ".*html.*", "[^,]*",
					    "(.*,)?1(,.*)?", "[^k]*", "",    "\\w+",     "a.*|.*b",
					    "(a|,)*"};
	static const char *const mixed[] = {"a.*b", "a,b", ".+", ".*a.*b.*", "[^a]b?,.*"};

	for (size_t i = 0; i < sizeof(apart) / sizeof(*apart); i++)
		if (join(apart[i]) != ENVOY_TOLD_APART)
			fail_msg("%s", apart[i]);
	for (size_t i = 0; i < sizeof(mixed) / sizeof(*mixed); i++)
		if (join(mixed[i]) != ENVOY_MIXED_UP)
			fail_msg("%s", mixed[i]);
	assert_int_equal(join("(a|b)*a(a|b){12}"), ENVOY_TOO_LARGE);
}

/* --- random rules --------------------------------------------------------------------------- */

static const char *const methods[] = {"GET", "POST", "any", "any"};
static const char *const paths[] = {"/a",        "/a/.*",   "/.*",       ".*",
				    "/[ab]/c",   "[^b]*",   "/\xc3\xa9", "",
				    "/(a|b/c)*", "/\\\\w+", "/a|/b/c",   "^/a$"};
static const char *const calls[] = {"p.S/M", ".*", "p\\\\.S/(M|N)", "p.S/M|a", "(?i)P.s/m"};
static const char *const values[] = {"1", "a", "", "ab", "shop.k", "1.a", "\xc3\xa9"};
static const char *const value_regexes[] = {
	"[0-9]+", ".*",      "a?b?", "(?i)A",       "[^k]*", "a|b", ".*b.*",  "\\\\Qa.|",
	"[^,]*",  "a.*|.*b", ".",    "[\xc3\xa9k]", "(?i)k", ".*0", "\\\\[.*"};

static void put_conds(struct random *dice, struct buf *out)
{
	static const char *const what[] = {"header \"A\"", "header \"b\"", "header \"HOST\"",
					   "host", "host"};
	const char *sep = " where ";

	while (random_chance(dice, 40)) {
		bool regex = random_chance(dice, 60);

		buf_printf(out, "%s%s %s \"%s\"", sep, random_pick(dice, what), regex ? "=~" : "=",
			   regex ? random_pick(dice, value_regexes) : random_pick(dice, values));
		sep = " and ";
	}
}

static void put_rule(struct random *dice, struct buf *out)
{
	bool grpc = random_chance(dice, 25);

	buf_printf(out, "allow from all on tcp/80 %s {\n", grpc ? "grpc" : "http");
	for (uint32_t n = 1 + random_below(dice, 5); n; n--) {
		buf_puts(out, random_chance(dice, 25) ? "deny " : "");
		if (grpc)
			buf_printf(out, "call \"%s\"", random_pick(dice, calls));
		else
			buf_printf(out, "%s \"%s\"", random_pick(dice, methods),
				   random_pick(dice, paths));
		put_conds(dice, out);
		buf_putc(out, '\n');
	}
	buf_puts(out, "}\n");
}

static const struct ir *draw_rules(struct random *dice, struct lang *l)
{
	_cleanup_buf_ struct buf text = {0};
	struct ir *ir;

	buf_puts(&text, "policy p for all { ingress {\n");
	for (uint32_t n = 1 + random_below(dice, 3); n; n--)
		put_rule(dice, &text);
	buf_puts(&text, "} }\nendpoint a { }\n");
	if (lang_read_text(l, "test.pol", buf_str(&text), text.n, LANG_POL, LANG_INPUT) ||
	    ir_resolve(l, &ir))
		fail_msg("not read: %s", buf_str(&text));
	return ir;
}

static struct ir_request draw_request(struct random *dice, struct arena *arena)
{
	static const char *const requested[] = {
		"/a",      "/a/c",  "/b/c",      "/a?b=/b", "/p.S/M",
		"/P.s/M",  "/a",    "/\xc3\xa9", "/a/\xff", "/a/\xc0\xaf",
		"/a/%2Fc", "/a\\b", "/%25",      "/a/..;",  "a",
		"*",       "",      "/a/%00",    "/b",      "/\xed\xa0\x80"};
	static const char *const hosts[] = {"shop.k", "Shop.K:80", "A",     "a:0",
					    "1",      "[::1]:80",  "[::1]", "a:b",
					    "a:1:2",  "b\xff",     "",      "ab:"};
	static const char *const sent[] = {
		"1",   "a",        "",         "ab",   "1,a", "a,b",          "b",   "x,y",
		"a.|", "\xc3\xa9", "\xc0\xaf", "\xff", "K",   "\xe2\x84\xaa", "1.a", ","};
	static const char *const names[] = {"a", "B", "c"};
	struct ir_request r = {.kind = IR_REQUEST_HTTP,
			       .method = random_chance(dice, 50) ? "POST" : "GET",
			       .path = random_pick(dice, requested)};

	if (random_chance(dice, 90))
		r.host = random_pick(dice, hosts);
	while (random_chance(dice, 50))
		vec_push(arena, &r.headers,
			 (struct ir_header){random_pick(dice, names), random_pick(dice, sent)});
	return r;
}

/* --- what Envoy reads as polc does ---------------------------------------------------------- */

static bool is_host(const char *host)
{
	static const char digits[] = "0123456789";
	size_t n = *host == '[' ? 1 + strspn(host + 1, "0123456789ABCDEFabcdef:.") + 1
				: strcspn(host, ":");

	if (!*host || n < 1 || n > strlen(host) || (*host == '[' && (n < 3 || host[n - 1] != ']')))
		return false;
	if (*host != '[' && strspn(host, "abkhopsABKHOPS.0123456789") < n)
		return false;
	host += n;
	return !*host || (*host == ':' && strspn(host + 1, digits) == strlen(host + 1));
}

static bool is_read_alike(const struct ir_request *r)
{
	static const char *const twofold[] = {"%2F", "\\", "%25", "..;", "%00"};

	if (!r->host || !is_host(r->host) || r->path[0] != '/' ||
	    !utf8_is_valid(r->path, strlen(r->path)))
		return false;
	for (size_t i = 0; i < sizeof(twofold) / sizeof(*twofold); i++)
		if (strstr(r->path, twofold[i]))
			return false;
	vec_each (const struct ir_header, h, &r->headers) {
		if (strchr(h->value, ',') || !utf8_is_valid(h->value, strlen(h->value)))
			return false;
		vec_each (const struct ir_header, other, &r->headers)
			if (other != h && strcasecmp(other->name, h->name) == 0)
				return false;
	}
	return true;
}

struct seen {
	size_t sets, refused, requests, alike, passed;
};

static void hold(const struct ir *ir, const json_t *filters, const struct ir_request *r,
		 uint64_t seed, struct seen *seen)
{
	struct ir_judgement j = {0};
	bool passes = envoy_filters_pass(filters, r), alike = is_read_alike(r);

	vec_each (struct ir_rule *const, rule, &ir->rules)
		ir_judge(&j, *rule, r);
	if (passes ? !j.passes : j.passes && alike)
		fail_msg("POLC_SEED=%llu: %s %s of '%s': Envoy %s, line %u",
			 (unsigned long long)seed, r->method, r->path, r->host ? r->host : "",
			 passes ? "lets it pass" : "denies it", j.entry ? j.entry->loc.line : 0);
	seen->requests++;
	seen->alike += alike;
	seen->passed += passes;
}

static void try_seed(uint64_t seed, struct seen *seen)
{
	struct random dice = {seed};
	struct lang l;
	const struct ir *ir;
	json_t *filters;

	lang_init(&l);
	ir = draw_rules(&dice, &l);
	filters = gen_envoy_filters((const struct ir_rule *const *)ir->rules.v, ir->rules.n,
				    &l.sources, &l.diag);
	seen->sets++;
	seen->refused += !filters;
	assert_int_equal(!filters, l.diag.errors > 0);
	for (unsigned i = 0; filters && i < 100; i++) {
		struct ir_request r = draw_request(&dice, &l.arena);

		hold(ir, filters, &r, seed, seen);
	}
	json_decref(filters);
	lang_fini(&l);
}

TEST(no_request_passes_that_the_rules_do_not_let_pass_and_what_is_read_alike_is_judged_alike)
{
	struct campaign c = campaign_begin(150, 1);
	struct seen seen = {0};
	uint64_t seed;

	while (campaign_next(&c, &seed))
		try_seed(seed, &seen);
	print_message("# %zu of %zu rule sets refused; %zu requests, %zu read alike, %zu passed\n",
		      seen.refused, seen.sets, seen.requests, seen.alike, seen.passed);
	assert_true(c.one || (seen.refused < seen.sets / 2 && seen.alike > seen.requests / 20 &&
			      seen.passed > seen.requests / 50));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_told_apart_if_none_matches_with_its_neighbours_alone),
		cmocka_unit_test(
			no_request_passes_that_the_rules_do_not_let_pass_and_what_is_read_alike_is_judged_alike),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
