/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random rule sets, each with a listener of its own, and random requests to each:
 *
 *   random_sets make SEED SETS DIR MODULES SCRIPT PORT SERVER   rule sets, and DIR/haproxy.cfg
 *   random_sets ask SEED SETS REQUESTS PORT   every answer is what the interpreter says
 *
 * Rule set number i stands at PORT + i, and both draw it from SEED + i. Requests go one behind the
 * other over one connection a rule set, many before the first answer.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "compiler/l7/flat.h"
#include "compiler/l7/ruleset.h"
#include "lang/base/buf.h"
#include "lang/lang.h"
#include "runtime/proxy/config.h"
#include "runtime/proxy/sets.h"
#include "tests/lib/random_request.h"

/* Answers that may be under way. */
enum { AT_ONCE = 20 };

static void die(const char *what)
{
	fprintf(stderr, "random_sets: %s\n", what);
	exit(2);
}

/* --- rule sets ---------------------------------------------------------------------------------
 */

struct drawn {
	struct lang lang;
	struct random dice;
	const char *text;
	VEC(const struct ir_rule *) rules;
};

static void draw(uint64_t seed, struct drawn *out)
{
	struct ir *ir;

	lang_init(&out->lang);
	out->rules.v = NULL;
	out->rules.n = out->rules.cap = 0;
	out->dice = (struct random){seed};
	out->text = arena_printf(&out->lang.arena, "policy p for all {\ningress {\n%s}\n}\n",
				 random_l7_rules(&out->dice, &out->lang.arena));
	if (lang_read_text(&out->lang, "in.pol", out->text, strlen(out->text), LANG_POL,
			   LANG_INPUT) ||
	    ir_resolve(&out->lang, &ir))
		die("a rule set is not read");
	vec_each (struct ir_rule *const, rule, &ir->rules)
		vec_push(&out->lang.arena, &out->rules, *rule);
}

static void publish(const char *sets, size_t i, const struct drawn *drawn)
{
	_cleanup_buf_ struct buf file = {0};
	struct arena arena;
	struct l7_fault fault;
	const struct l7_ruleset *set;
	char name[32];

	arena_init(&arena);
	set = l7_ruleset_build(&arena, drawn->rules.v, drawn->rules.n, &fault);
	snprintf(name, sizeof(name), "S%zu", i);
	if (!set || flat_write(set, &file) ||
	    proxy_sets_publish(sets, &(struct proxy_set_file){name, file.s, file.n}, 1))
		die("a rule set is not written");
	arena_fini(&arena);
}

static void write_text(struct arena *arena, const char *dir, const char *name, const char *text)
{
	FILE *f = fopen(arena_printf(arena, "%s/%s", dir, name), "w");

	if (!f || fputs(text, f) < 0 || fclose(f))
		die("a file is not written");
}

static void make(uint64_t seed, size_t n, char **argv)
{
	_cleanup_buf_ struct buf text = {0};
	struct proxy_config config = {
		.module_dir = argv[1], .script = argv[2], .server = argv[4], .threads = 2, .n = n};
	struct proxy_bind *binds;
	struct arena arena;
	const char *sets;

	arena_init(&arena);
	config.socket = arena_printf(&arena, "%s/admin.sock", argv[0]);
	config.denied = arena_printf(&arena, "%s/denied.sock", argv[0]);
	sets = arena_printf(&arena, "%s/sets", argv[0]);
	if (proxy_sets_make(sets))
		die("no directory");
	binds = arena_array(&arena, struct proxy_bind, n);
	for (size_t i = 0; i < n; i++) {
		struct drawn drawn;

		draw(seed + i, &drawn);
		publish(sets, i, &drawn);
		lang_fini(&drawn.lang);
		binds[i] = (struct proxy_bind){.set = arena_printf(&arena, "S%zu", i),
					       .address = "127.0.0.1",
					       .port = (uint16_t)(strtoul(argv[3], NULL, 10) + i)};
	}
	config.binds = binds;
	proxy_config_put(&config, &text);
	write_text(&arena, argv[0], "haproxy.cfg", buf_str(&text));
	arena_fini(&arena);
}

/* --- requests ----------------------------------------------------------------------------------
 */

/* One that has one reading, and that a client can send. */
static bool can_be_sent(const struct ir_request *r)
{
	if (!r->host || !*r->host || r->path[0] != '/')
		return false;
	for (const char *c = r->path; *c; c++)
		if ((unsigned char)*c <= ' ' || (unsigned char)*c >= 0x7f || *c == '%')
			return false;
	return true;
}

static struct ir_request draw_request(struct drawn *drawn)
{
	struct ir_request r = random_request(&drawn->dice, &drawn->lang.arena);

	while (!can_be_sent(&r))
		r = random_request(&drawn->dice, &drawn->lang.arena);
	return r;
}

static void put_request(const struct ir_request *r, struct buf *out)
{
	buf_printf(out, "%s %s HTTP/1.1\r\nHost: %s\r\n", r->method, r->path, r->host);
	vec_each (const struct ir_header, h, &r->headers)
		buf_printf(out, "%s: %s\r\n", h->name, h->value);
	buf_puts(out, "Content-Length: 0\r\n\r\n");
}

static bool passes(const struct drawn *drawn, const struct ir_request *r)
{
	struct ir_judgement j = {0};

	vec_each (const struct ir_rule *const, rule, &drawn->rules)
		ir_judge(&j, *rule, r);
	return j.passes;
}

/* --- answers -----------------------------------------------------------------------------------
 */

static FILE *connect_to(uint16_t port)
{
	struct sockaddr_in at = {.sin_family = AF_INET,
				 .sin_port = htons(port),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	FILE *f;

	if (fd < 0 || connect(fd, (struct sockaddr *)&at, sizeof(at)) < 0)
		die("no connection");
	f = fdopen(fd, "r+");
	if (!f)
		die("no stream");
	return f;
}

static int read_status(FILE *f)
{
	char line[4096];
	size_t length = 0;
	int status = 0;

	while (fgets(line, sizeof(line), f) && strcmp(line, "\r\n") != 0) {
		if (!status)
			status = atoi(line + strlen("HTTP/1.1 "));
		if (strncasecmp(line, "content-length:", 15) == 0)
			length = strtoul(line + 15, NULL, 10);
	}
	while (length--)
		fgetc(f);
	return status;
}

struct asked {
	struct ir_request request;
	bool passes;
};

static void ask_some(struct drawn *drawn, FILE *f, size_t n, size_t *allowed)
{
	_cleanup_buf_ struct buf text = {0};
	struct asked asked[AT_ONCE];

	for (size_t i = 0; i < n; i++) {
		asked[i].request = draw_request(drawn);
		asked[i].passes = passes(drawn, &asked[i].request);
		put_request(&asked[i].request, &text);
	}
	if (write(fileno(f), text.s, text.n) != (ssize_t)text.n)
		die("a request is not sent");
	for (size_t i = 0; i < n; i++) {
		int status = read_status(f);

		*allowed += asked[i].passes;
		if (status == (asked[i].passes ? 200 : 403))
			continue;
		printf("%s %s: %d, not %d, of\n%s", asked[i].request.method, asked[i].request.path,
		       status, asked[i].passes ? 200 : 403, drawn->text);
		exit(1);
	}
}

static void ask(uint64_t seed, size_t sets, size_t requests, uint16_t port)
{
	size_t allowed = 0;

	for (size_t i = 0; i < sets; i++) {
		struct drawn drawn;
		FILE *f = connect_to((uint16_t)(port + i));

		draw(seed + i, &drawn);
		for (size_t done = 0; done < requests; done += AT_ONCE)
			ask_some(&drawn, f, AT_ONCE, &allowed);
		fclose(f);
		lang_fini(&drawn.lang);
	}
	printf("%zu requests, %zu allowed\n", sets * requests, allowed);
	if (sets * requests > 1000 &&
	    (allowed * 20 < sets * requests || allowed == sets * requests))
		die("too few requests pass, or too many, for a test");
}

int main(int argc, char **argv)
{
	if (argc == 9 && strcmp(argv[1], "make") == 0)
		make(strtoull(argv[2], NULL, 10), strtoul(argv[3], NULL, 10), argv + 4);
	else if (argc == 6 && strcmp(argv[1], "ask") == 0)
		ask(strtoull(argv[2], NULL, 10), strtoul(argv[3], NULL, 10),
		    strtoul(argv[4], NULL, 10), (uint16_t)strtoul(argv[5], NULL, 10));
	else
		die("see the head of its source");
	return 0;
}
