/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a test of the proxy needs of a policy, whose rules each judge by themselves:
 *
 *   gateway make POLICY DIR MODULES SCRIPT PORT SERVER   rule sets R1, R2, ... and DIR/haproxy.cfg;
 *                                                        the listener of Rn is at PORT + n - 1
 *   gateway publish POLICY DIR                           the rule sets alone
 *   gateway judge POLICY < REQUESTS                      `N METHOD PATH [NAME: VALUE]...`, by tabs;
 *                                                        200 or 403 a line, as the interpreter says
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "compiler/l7/flat.h"
#include "compiler/l7/ruleset.h"
#include "lang/base/buf.h"
#include "lang/lang.h"
#include "runtime/proxy/config.h"
#include "runtime/proxy/sets.h"

static void die(const char *what)
{
	fprintf(stderr, "gateway: %s\n", what);
	exit(2);
}

/* The rules that judge requests, in their order. */
struct rules {
	struct lang lang;
	struct ir *ir;
	VEC(const struct ir_rule *) list;
};

static void read_rules(const char *policy, struct rules *out)
{
	lang_init(&out->lang);
	if (lang_read_path(&out->lang, policy, LANG_INPUT) || ir_resolve(&out->lang, &out->ir))
		die("the policy is not read");
	vec_each (struct ir_rule *const, rule, &out->ir->rules)
		if ((*rule)->l7.kind != IR_L7_NONE)
			vec_push(&out->lang.arena, &out->list, *rule);
}

/* --- make, publish -----------------------------------------------------------------------------
 */

static void publish(struct rules *rules, const char *sets)
{
	for (size_t i = 0; i < rules->list.n; i++) {
		_cleanup_buf_ struct buf file = {0};
		char name[32];
		struct proxy_set_file f = {.name = name};
		const struct l7_ruleset *set;
		struct l7_fault fault;

		snprintf(name, sizeof(name), "R%zu", i + 1);
		set = l7_ruleset_build(&rules->lang.arena, &rules->list.v[i], 1, &fault);
		if (!set || flat_write(set, &file))
			die("no rule set");
		f.data = file.s;
		f.n = file.n;
		if (proxy_sets_publish(sets, &f, 1))
			die("the rule sets are not written");
	}
}

static void write_text(struct arena *arena, const char *dir, const char *name, const char *text)
{
	FILE *f = fopen(arena_printf(arena, "%s/%s", dir, name), "w");

	if (!f || fputs(text, f) < 0 || fclose(f))
		die("a file is not written");
}

static int make(char **argv)
{
	_cleanup_buf_ struct buf text = {0};
	struct rules rules = {0};
	struct proxy_config config = {
		.module_dir = argv[2], .script = argv[3], .server = argv[5], .threads = 2};
	struct proxy_bind *binds;
	const char *sets;

	read_rules(argv[0], &rules);
	config.socket = arena_printf(&rules.lang.arena, "%s/admin.sock", argv[1]);
	config.denied = arena_printf(&rules.lang.arena, "%s/denied.sock", argv[1]);
	sets = arena_printf(&rules.lang.arena, "%s/sets", argv[1]);
	if ((mkdir(argv[1], 0755) < 0 && errno != EEXIST) || proxy_sets_make(sets))
		die("no directory");
	publish(&rules, sets);
	binds = arena_array(&rules.lang.arena, struct proxy_bind, rules.list.n);
	for (size_t i = 0; i < rules.list.n; i++)
		binds[i] =
			(struct proxy_bind){.set = arena_printf(&rules.lang.arena, "R%zu", i + 1),
					    .address = "127.0.0.1",
					    .port = (uint16_t)(strtoul(argv[4], NULL, 10) + i)};
	config.binds = binds;
	config.n = rules.list.n;
	proxy_config_put(&config, &text);
	write_text(&rules.lang.arena, argv[1], "haproxy.cfg", buf_str(&text));
	lang_fini(&rules.lang);
	return 0;
}

/* --- judge -------------------------------------------------------------------------------------
 */

static void add_header(struct arena *arena, struct ir_request *r, char *text)
{
	char *value = strstr(text, ": ");

	if (!value)
		die("no header");
	*value = '\0';
	if (strcmp(text, "Host") == 0)
		r->host = value + 2;
	else
		vec_push(arena, &r->headers, (struct ir_header){text, value + 2});
}

static bool judge_line(struct rules *rules, char *line)
{
	struct ir_request request = {.kind = IR_REQUEST_HTTP};
	struct ir_judgement j = {0};
	char *at, *number = strtok_r(line, "\t\n", &at), *text;
	size_t n = number ? strtoul(number, NULL, 10) : 0;

	request.method = strtok_r(NULL, "\t\n", &at);
	request.path = strtok_r(NULL, "\t\n", &at);
	if (!request.path || !n || n > rules->list.n)
		die("no request");
	while ((text = strtok_r(NULL, "\t\n", &at)))
		add_header(&rules->lang.arena, &request, text);
	ir_judge(&j, rules->list.v[n - 1], &request);
	return j.passes;
}

static int judge(const char *policy)
{
	struct rules rules = {0};
	char *line = NULL;
	size_t cap = 0;

	read_rules(policy, &rules);
	while (getline(&line, &cap, stdin) > 0)
		puts(judge_line(&rules, line) ? "200" : "403");
	free(line);
	lang_fini(&rules.lang);
	return 0;
}

int main(int argc, char **argv)
{
	struct rules rules = {0};

	if (argc == 8 && strcmp(argv[1], "make") == 0)
		return make(argv + 2);
	if (argc == 3 && strcmp(argv[1], "judge") == 0)
		return judge(argv[2]);
	if (argc != 4 || strcmp(argv[1], "publish") != 0)
		die("see the head of its source");
	read_rules(argv[2], &rules);
	publish(&rules, arena_printf(&rules.lang.arena, "%s/sets", argv[3]));
	lang_fini(&rules.lang);
	return 0;
}
