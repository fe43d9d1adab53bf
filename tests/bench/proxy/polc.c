/* SPDX-License-Identifier: Apache-2.0 */
/* polc's proxy: the configuration and the rule set that a node has. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "compiler/l7/flat.h"
#include "compiler/l7/ruleset.h"
#include "compiler/resolve/resolve.h"
#include "lang/lang.h"
#include "runtime/proxy/config.h"
#include "runtime/proxy/sets.h"
#include "tests/bench/proxy/conf.h"

#define SET "R1"

static const char *below(struct lang *l, const struct conf *c, const char *name)
{
	return arena_printf(&l->arena, "%s/%s", c->dir, name);
}

/* NULL, or why not. */
static const char *publish(struct lang *l, const struct conf *c, const char *sets)
{
	_cleanup_buf_ struct buf text = {0}, file = {0};
	struct l7_fault fault = {.text = "the policy is not read"};
	const struct l7_ruleset *set = NULL;
	const struct ir_rule *rule;
	struct proxy_set_file f = {.name = SET};
	const char *why;
	struct ir *ir;

	genre_policy(c->genre, &text);
	if (lang_read_text(l, "bench.pol", buf_str(&text), text.n, LANG_POL, LANG_INPUT) ||
	    ir_resolve(l, &ir))
		return fault.text;
	rule = ir->rules.v[0];
	set = l7_ruleset_build(&l->arena, &rule, 1, &fault);
	why = set ? flat_write(set, &file) : fault.text;
	f.data = file.s;
	f.n = file.n;
	if (!why && (proxy_sets_make(sets) || proxy_sets_publish(sets, &f, 1)))
		why = "the files cannot be written";
	return why;
}

bool conf_polc(const struct conf *c, struct buf *out)
{
	const char *parts = getenv("POLC_PROXY_DIR"), *sets, *hits, *why;
	struct lang l;

	lang_init(&l);
	sets = below(&l, c, "sets");
	hits = below(&l, c, "hits");
	mkdir(hits, 0755);
	setenv("POLC_RULE_SETS", sets, 1);
	setenv("POLC_RULE_HITS", hits, 1);
	why = parts ? publish(&l, c, sets) : "POLC_PROXY_DIR is not set";
	if (why) {
		printf("polc's proxy has no rule set: %s\n", why);
	} else {
		const struct proxy_bind bind = {
			.set = SET, .address = "127.0.0.1", .port = c->port};
		const struct proxy_config config = {
			.socket = below(&l, c, "admin"),
			.told = below(&l, c, "told"),
			.denied = below(&l, c, "denied"),
			.module_dir = parts,
			.script = arena_printf(&l.arena, "%s/polc.lua", parts),
			.server = arena_printf(&l.arena, "127.0.0.1:%u", c->server),
			.threads = 1,
			.binds = &bind,
			.n = 1};

		proxy_config_put(&config, out);
	}
	lang_fini(&l);
	return !why;
}
