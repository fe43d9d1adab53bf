/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/random_judging.h"

#include <string.h>

static const char *const peers[] = {"all",         "world",        "{ app = a }",
				    "{ app = b }", "{ app != a }", "{ env = x }"};
static const char *const subjects[] = {"{ app = a }", "{ app = b }", "all", "{ env = x }"};
static const char *const ports[] = {"", "tcp/80", "tcp/81", "tcp/80-81"};
static const char *const http[] = {
	"GET \"/a\"",
	"any \"/a/.*\"",
	"any \".*\"",
	"any \"/.*\"",
	"any \"/[ab].*\" where header \"A\" = \"1\"",
	"any \".*\" where header \"a\" = \"2\"",
	"POST \"/.*\" where header \"A\" =~ \"[0-9]\" and header \"B\" = \"x\"",
	"any \".*\" where header \"A\" = \"1\" and header \"a\" = \"2\"",
	"GET \"/b/c\" where host = \"h\"",
	"any \"[^/].*\"",
	"PUT \"/.*\"",
	"POST \"/p.S/M\"",
};
static const char *const grpc[] = {"call \"p.S/M\"", "call \".*\"", "call \"p\\.S/.*\""};
static const char *const kafka[] = {"produce topic \"orders\"", "any topic \"orders\"",
				    "consume topic \"prices\" client \"c\""};

void judging_put_entries(struct random *dice, bool denies, struct buf *out)
{
	static const struct {
		const char *kind;
		const char *const *entries;
		uint32_t n;
	} kinds[] = {{"http", http, sizeof(http) / sizeof(*http)},
		     {"http", http, sizeof(http) / sizeof(*http)},
		     {"http", http, sizeof(http) / sizeof(*http)},
		     {"grpc", grpc, sizeof(grpc) / sizeof(*grpc)},
		     {"kafka", kafka, sizeof(kafka) / sizeof(*kafka)}};
	uint32_t kind = random_below(dice, sizeof(kinds) / sizeof(*kinds));

	buf_printf(out, " %s {\n", kinds[kind].kind);
	for (uint32_t n = 1 + random_below(dice, 4); n; n--)
		buf_printf(out, "%s%s\n", denies && random_chance(dice, 25) ? "deny " : "",
			   kinds[kind].entries[random_below(dice, kinds[kind].n)]);
	buf_puts(out, "}");
}

static void put_rule(struct random *dice, bool ingress, struct buf *out)
{
	static const char *const actions[] = {"allow", "allow", "allow", "allow", "deny", "pass"};
	const char *action = random_pick(dice, actions), *port = random_pick(dice, ports);
	bool judges = strcmp(action, "allow") == 0 && random_chance(dice, 70);

	buf_printf(out, "%s %s %s", action, ingress ? "from" : "to", random_pick(dice, peers));
	if (judges && !*port)
		port = "tcp/80";
	if (*port)
		buf_printf(out, " on %s", port);
	if (judges)
		judging_put_entries(dice, true, out);
	buf_putc(out, '\n');
}

static void put_section(struct random *dice, bool ingress, struct buf *out)
{
	buf_printf(out, "%s {\n", ingress ? "ingress" : "egress");
	for (uint32_t n = random_below(dice, 4); n; n--)
		put_rule(dice, ingress, out);
	buf_puts(out, "}\n");
}

void judging_put_policies(struct random *dice, const char *name, struct buf *out)
{
	for (uint32_t n = 1 + random_below(dice, 3); n; n--) {
		uint32_t sections = 1 + random_below(dice, 3);

		buf_printf(out, "policy %s%u ", name, n);
		if (random_chance(dice, 30))
			buf_printf(out, "rank %u ", 1 + random_below(dice, 2));
		buf_printf(out, "for %s {\n", random_pick(dice, subjects));
		if (sections & 1)
			put_section(dice, true, out);
		if (sections & 2)
			put_section(dice, false, out);
		buf_puts(out, "}\n");
	}
}

const char *judging_peer(struct random *dice)
{
	return random_pick(dice, peers);
}

const char *judging_port(struct random *dice)
{
	return random_pick(dice, ports);
}

const char judging_inventory[] = "endpoint a1 { labels { app = a } address 10.0.0.1 }\n"
				 "endpoint a2 { labels { app = a, env = x } address 10.0.0.2 }\n"
				 "endpoint b1 { labels { app = b, env = x } address 10.0.0.3 }\n"
				 "endpoint b2 { labels { app = b } address 10.0.0.4 }\n";

static void add_http(struct arena *arena, struct judging_requests *out, const char *path)
{
	static const char *const methods[] = {"GET", "POST", "PUT"}, *const hosts[] = {NULL, "h"};
	static const char *const a[][2] = {{NULL}, {"1"}, {"2"}, {"1", "2"}}, *const b[] = {NULL,
											    "x"};

	for (unsigned i = 0; i < 3 * 4 * 2 * 2; i++) {
		struct ir_request r = {.kind = IR_REQUEST_HTTP,
				       .method = methods[i % 3],
				       .path = path,
				       .host = hosts[i / 3 % 2]};

		for (unsigned k = 0; k < 2; k++)
			if (a[i / 6 % 4][k])
				vec_push(arena, &r.headers,
					 (struct ir_header){"A", a[i / 6 % 4][k]});
		if (b[i / 24])
			vec_push(arena, &r.headers, (struct ir_header){"B", b[i / 24]});
		vec_push(arena, &out->list, r);
	}
}

void judging_add_requests(struct arena *arena, struct judging_requests *out)
{
	static const char *const paths[] = {"/", "/a", "/a/c", "/b/c", "/p.S/M", "*"};
	static const char *const apis[] = {"produce", "fetch", "metadata"},
				 *const topics[] = {NULL, "orders", "prices"},
				 *const clients[] = {NULL, "c"};

	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++)
		add_http(arena, out, paths[i]);
	for (unsigned i = 0; i < 3 * 3 * 2; i++)
		vec_push(arena, &out->list,
			 (struct ir_request){.kind = IR_REQUEST_KAFKA,
					     .api = apis[i % 3],
					     .topic = topics[i / 3 % 3],
					     .client = clients[i / 9]});
}
