/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "tests/bench/proxy/check.h"

#include <stdio.h>
#include <string.h>

#include "compiler/l7.h"
#include "compiler/resolve/resolve.h"
#include "lang/lang.h"

static bool judge(const struct ir_rule *rule, struct arena *arena, const struct genre_request *r)
{
	const struct ir_request request = {.kind = IR_REQUEST_HTTP,
					   .method = arena_strndup(arena, r->line, r->method_len),
					   .path = r->line + r->method_len + 1};
	struct ir_judgement j = {0};

	ir_judge(&j, rule, &request);
	return j.passes;
}

bool check_judge(const struct genre *g, bool allowed[static CHECK_REQUESTS])
{
	_cleanup_buf_ struct buf text = {0};
	struct lang l;
	struct ir *ir;
	bool ok;

	lang_init(&l);
	genre_policy(g, &text);
	ok = !lang_read_text(&l, "bench.pol", buf_str(&text), text.n, LANG_POL, LANG_INPUT) &&
	     !ir_resolve(&l, &ir);
	for (size_t i = 0; ok && i < CHECK_REQUESTS; i++)
		allowed[i] = judge(ir->rules.v[0], &l.arena, &g->requests.v[i]);
	lang_fini(&l);
	return ok;
}

/* Those of one method, as h2load has one for all that it sends. */
static size_t ask_method(const struct load *l, const char *method, const struct genre *g,
			 const bool *allowed)
{
	const char *paths[CHECK_REQUESTS];
	bool wanted[CHECK_REQUESTS];
	int statuses[CHECK_REQUESTS];
	size_t n = 0, wrong = 0;

	for (size_t i = 0; i < CHECK_REQUESTS; i++) {
		const struct genre_request *r = &g->requests.v[i];

		if (strlen(method) != r->method_len || memcmp(method, r->line, r->method_len) != 0)
			continue;
		paths[n] = r->line + r->method_len + 1;
		wanted[n++] = allowed[i];
	}
	if (n && !load_ask(l, method, paths, n, statuses))
		return n;
	for (size_t i = 0; i < n; i++)
		wrong += statuses[i] != (wanted[i] ? 200 : 403);
	return wrong;
}

size_t check_ask(const struct load *l, const struct genre *g,
		 const bool allowed[static CHECK_REQUESTS])
{
	static const char *const methods[] = {"GET", "POST", "PUT", "DELETE"};
	size_t wrong = 0;

	for (size_t i = 0; i < sizeof(methods) / sizeof(*methods); i++)
		wrong += ask_method(l, methods[i], g, allowed);
	return wrong;
}
