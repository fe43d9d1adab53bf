/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/random_request.h"

#include "lang/base/buf.h"

static const char *const methods[] = {"GET", "POST", "PUT", "any", "any"};
static const char *const paths[] = {"/",      "/a",        "/a/.*",  "/[ab]/c",  "/.*",
				    "/a/b?c", "/(a|b/c)*", ".*/c",   "/\\\\w+",  "[^b]*",
				    "/.*a.*", "/.*b.*",    "/.*c.*", "/\xc3\xa9"};
static const char *const values[] = {"1", "a", "", "ab", "shop.k"};
static const char *const value_regexes[] = {"[0-9]+", ".*", "a?b?", "(?i)A", "[^k]*"};
static const char *const requested[] = {"/",         "/a",       "/a/c",   "/b/c",
					"/a/b",      "/ac?b=/b", "/a/b/c", "/b/c/c",
					"/\xc3\xa9", "/a/\xff",  "a",      ""};

static void put_conds(struct random *dice, struct buf *out)
{
	static const char *const what[] = {"header \"A\"", "header \"b\"", "header \"HOST\"",
					   "host"};
	const char *sep = " where ";

	while (random_chance(dice, 35)) {
		bool regex = random_chance(dice, 50);

		buf_printf(out, "%s%s %s \"%s\"", sep, random_pick(dice, what), regex ? "=~" : "=",
			   regex ? random_pick(dice, value_regexes) : random_pick(dice, values));
		sep = " and ";
	}
}

const char *random_l7_rules(struct random *dice, struct arena *arena)
{
	_cleanup_buf_ struct buf text = {0};
	unsigned n = 1 + random_below(dice, 3);

	for (unsigned i = 0; i < n; i++) {
		unsigned entries = 1 + random_below(dice, random_chance(dice, 10) ? 90 : 5);

		buf_puts(&text, "allow from all on tcp/80 http {\n");
		for (unsigned k = 0; k < entries; k++) {
			buf_printf(&text, "%s%s \"%s\"", random_chance(dice, 20) ? "deny " : "",
				   random_pick(dice, methods), random_pick(dice, paths));
			put_conds(dice, &text);
			buf_putc(&text, '\n');
		}
		buf_puts(&text, "}\n");
	}
	return arena_strdup(arena, buf_str(&text));
}

struct ir_request random_request(struct random *dice, struct arena *arena)
{
	static const char *const names[] = {"a", "B", "c"};
	struct ir_request r = {.kind = IR_REQUEST_HTTP,
			       .method = random_pick(dice, methods),
			       .path = random_pick(dice, requested)};

	if (random_chance(dice, 60))
		r.host = random_chance(dice, 50) ? "Shop.K:80" : random_pick(dice, values);
	while (random_chance(dice, 50))
		vec_push(arena, &r.headers,
			 (struct ir_header){random_pick(dice, names), random_pick(dice, values)});
	return r;
}
