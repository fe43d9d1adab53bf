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

static bool has(const struct regex *re, const char *text, size_t n)
{
	return regex_match(re, text, n) == REGEX_YES;
}

/* Can the text be several values of which none matches? It has `several` if it is the rest of one.
 */
static bool comes_apart(const struct regex *re, const char *text, bool several)
{
	if (several && !has(re, text, strlen(text)))
		return true;
	for (const char *comma = strchr(text, ','); comma; comma = strchr(comma + 1, ','))
		if (!has(re, text, (size_t)(comma - text)) && comes_apart(re, comma + 1, true))
			return true;
	return false;
}

static void put_expression(struct random *dice, unsigned depth, struct buf *out)
{
	/* No repetition of another one, which PCRE2 may give up. */
	static const char *const atoms[] = {"a",  "b",     ",",      ".",     "[^,]", "[^a]",
					    ".*", "[^a]*", "(a|,)*", "(ab)*", ""};
	static const char *const around[] = {"(%s)?", "(%s|a)", "(%s|,)", "%s.*", "b%s"};
	_cleanup_buf_ struct buf inner = {0};

	for (uint32_t n = 1 + random_below(dice, 3); n; n--) {
		const char *form = random_pick(dice, around), *hole = strchr(form, '%');

		if (!depth || random_chance(dice, 50)) {
			buf_puts(out, random_pick(dice, atoms));
			continue;
		}
		inner.n = 0;
		put_expression(dice, depth - 1, &inner);
		buf_add(out, form, (size_t)(hole - form));
		buf_puts(out, buf_str(&inner));
		buf_puts(out, hole + 2);
	}
}

/* Every text of up to five of these characters. */
static const char *apart_by_trying(const struct regex *re, char *text)
{
	static const char letters[] = "ab,";

	for (unsigned i = 0; i < 3 * 3 * 3 * 3 * 3 * 6; i++) {
		unsigned n = i % 6, rest = i / 6;

		for (unsigned k = 0; k < n; k++, rest /= 3)
			text[k] = letters[rest % 3];
		text[n] = '\0';
		if (has(re, text, n) && comes_apart(re, text, false))
			return text;
	}
	return NULL;
}

static void try_expression(uint64_t seed, size_t *mixed)
{
	_cleanup_buf_ struct buf text = {0};
	struct random dice = {seed};
	const char *fault, *example = NULL, *tried;
	const struct l7_node *tree;
	const struct regex *re;
	struct arena arena;
	char room[8];

	arena_init(&arena);
	put_expression(&dice, 2, &text);
	re = regex_compile(&arena, buf_str(&text), false, &fault);
	tree = re ? l7_parse(&arena, buf_str(&text), false, &fault) : NULL;
	if (tree && envoy_join(&arena, tree, &example) == ENVOY_MIXED_UP) {
		++*mixed;
		if (!has(re, example, strlen(example)) || !comes_apart(re, example, false))
			fail_msg("'%s': no example is '%s'", buf_str(&text), example);
	} else if (tree) {
		tried = apart_by_trying(re, room);
		if (tried)
			fail_msg("'%s' is mixed up by '%s'", buf_str(&text), tried);
	}
	arena_fini(&arena);
}

/* Of which nobody knows what there should be. */
enum { FEW = 20 };

TEST(random_expressions_are_told_apart_as_by_trying)
{
	struct campaign c = campaign_begin(1000, 0.3);
	size_t mixed = 0, n = 0;
	uint64_t seed;

	for (; campaign_next(&c, &seed); n++)
		try_expression(seed, &mixed);
	print_message("# %zu expressions, %zu mixed up\n", n, mixed);
	assert_true(n < FEW || (mixed > n / 20 && mixed < n * 9 / 10));
}

/* --- random rules --------------------------------------------------------------------------- */

static const char *const methods[] = {"GET", "POST", "any", "any"};
static const char *const paths[] = {"/a",        "/a/.*",   "/.*",       ".*",
				    "/[ab]/c",   "[^b]*",   "/\xc3\xa9", "",
				    "/(a|b/c)*", "/\\\\w+", "/a|/b/c",   "^/a$"};
static const char *const calls[] = {"p.S/M", ".*", "p\\\\.S/(M|N)", "p.S/M|a", "(?i)P.s/m"};
static const char *const values[] = {"1", "a", "", "ab", "shop.k", "1.a", "\xc3\xa9"};
static const char *const value_regexes[] = {
	"[0-9]+",  ".*", "a?b?",        "(?i)A", "[^k]*", "a|b",  ".*b.*", "\\\\Qa.|", "[^,]*",
	"a.*|.*b", ".",  "[\xc3\xa9k]", "(?i)k", ".*0",   "a.*b", "[^k]+", "\\\\[.*"};

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
	static const char *const plain[] = {"/a", "/a/c", "/b/c", "/a?b=/b", "/p.S/M", "/\xc3\xa9"};
	static const char *const odd[] = {
		"/P.s/M",       "/a/\xff", "/a/\xc0\xaf", "/a/%2Fc", "/a\\b",  "/%25",
		"/a/..;",       "a",       "*",           "",        "/a/%00", "/b",
		"/\xed\xa0\x80"};
	static const char *const hosts[] = {"shop.k", "shopxk", "Shop.K:80", "A",
					    "a:0",    "1",      "[::1]:80",  "[::1]"};
	static const char *const odd_hosts[] = {"a:b", "a:1:2", "b\xff", "", "ab:"};
	static const char *const sent[] = {
		"1",   "a",   "",         "ab",       "1,a",  "a,b", "b",
		"x,y", "a.|", "\xc3\xa9", "\xc0\xaf", "\xff", "K",   "\xe2\x84\xaa",
		"1.a", ",",   "1",        "a",        "b"};
	static const char *const names[] = {"a", "A", "B"};
	struct ir_request r = {.kind = IR_REQUEST_HTTP,
			       .method = random_chance(dice, 50) ? "POST" : "GET",
			       .path = random_chance(dice, 75) ? random_pick(dice, plain)
							       : random_pick(dice, odd)};

	if (random_chance(dice, 95))
		r.host = random_chance(dice, 85) ? random_pick(dice, hosts)
						 : random_pick(dice, odd_hosts);
	while (random_chance(dice, 60))
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
	struct campaign c = campaign_begin(300, 0.7);
	struct seen seen = {0};
	uint64_t seed;

	while (campaign_next(&c, &seed))
		try_seed(seed, &seen);
	print_message("# %zu of %zu rule sets refused; %zu requests, %zu read alike, %zu passed\n",
		      seen.refused, seen.sets, seen.requests, seen.alike, seen.passed);
	assert_true(seen.sets < FEW ||
		    (seen.refused < seen.sets / 2 && seen.alike > seen.requests / 20 &&
		     seen.passed > seen.requests / 50));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_told_apart_if_none_matches_with_its_neighbours_alone),
		cmocka_unit_test(random_expressions_are_told_apart_as_by_trying),
		cmocka_unit_test(
			no_request_passes_that_the_rules_do_not_let_pass_and_what_is_read_alike_is_judged_alike),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
