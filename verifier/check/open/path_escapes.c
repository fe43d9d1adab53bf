/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `path-escape`: an entry denies a path, and the same path in another spelling (RFC 3986, sections
 * 5.2.4 and 6.2.2, and what servers do besides) passes by another entry of its rule. Spellings of a
 * few paths that it denies are tried, so each one that is told is one, and that none is told proves
 * nothing.
 */
#include <string.h>

#include "compiler/l7/space.h"
#include "lang/base/buf.h"
#include "verifier/check/engine/checker.h"
#include "verifier/flow/request.h"

struct escapes {
	struct checker *c;
	const struct ir_rule *rule;
	struct l7_entries entries;
	const struct l7_space *space;
	const struct ir_l7_entry *denying;
	struct ir_request request; /* that passes, in another spelling */
	const char *means;         /* its path */
};

/* --- spellings -------------------------------------------------------------------------------- */

/* A plain path means itself: of segments of plain characters, none of which is dots alone. */
static bool is_plain(const char *path)
{
	static const char chars[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789-_~/";

	return path[0] == '/' && path[strspn(path, chars)] == '\0' && !strstr(path, "//");
}

/* `passes`: the path of a request that the entry lets pass; all of its directories are left again.
 */
static void leave_directories(const char *passes, const char *dots, const char *path,
			      struct buf *out)
{
	size_t n = strcspn(passes, "?");

	while (n && passes[n - 1] != '/')
		n--;
	if (n < 2)
		return;
	buf_add(out, passes, n - 1);
	for (size_t i = 0; i + 1 < n; i++)
		if (passes[i] == '/')
			buf_printf(out, "/%s", dots);
	buf_puts(out, path);
}

static void leave_by_dots(const char *passes, const char *path, struct buf *out)
{
	leave_directories(passes, "..", path, out);
}

static void leave_by_codes(const char *passes, const char *path, struct buf *out)
{
	leave_directories(passes, "%2e%2e", path, out);
}

static void double_slash(const char *passes, const char *path, struct buf *out)
{
	(void)passes;
	buf_printf(out, "/%s", path);
}

static void stay_here(const char *passes, const char *path, struct buf *out)
{
	(void)passes;
	buf_printf(out, "/.%s", path);
}

static void leave_nowhere(const char *passes, const char *path, struct buf *out)
{
	(void)passes;
	buf_printf(out, "/x/..%s", path);
}

static void code_a_letter(const char *passes, const char *path, struct buf *out)
{
	size_t i = strspn(path, "/");

	(void)passes;
	if (path[i])
		buf_printf(out, "%.*s%%%02x%s", (int)i, path, (unsigned char)path[i], path + i + 1);
}

static void code_a_slash(const char *passes, const char *path, struct buf *out)
{
	const char *last = strrchr(path, '/');

	(void)passes;
	if (last != path)
		buf_printf(out, "%.*s%%2f%s", (int)(last - path), path, last + 1);
}

/* Leave `out` empty if the path has no such spelling. */
static void (*const spellings[])(const char *passes, const char *path, struct buf *out) = {
	leave_by_dots, double_slash, stay_here,      leave_nowhere,
	code_a_letter, code_a_slash, leave_by_codes,
};

/* --- trying ----------------------------------------------------------------------------------- */

static bool passes(const struct ir_rule *rule, const struct ir_request *request)
{
	struct ir_judgement j = {0};

	ir_judge(&j, rule, request);
	return j.passes;
}

/* The request, which has a path that the entry denies, in all spellings. */
static bool try_spellings(struct escapes *e, struct ir_request request, const char *passing)
{
	const char *path = request.path;

	for (size_t i = 0; i < sizeof(spellings) / sizeof(*spellings); i++) {
		_cleanup_buf_ struct buf out = {0};

		spellings[i](passing, path, &out);
		if (!out.n)
			continue;
		request.path = buf_str(&out);
		if (!passes(e->rule, &request))
			continue;
		request.path = arena_strdup(e->c->arena, request.path);
		e->request = request;
		e->means = path;
		return true;
	}
	return false;
}

/* A request that these entries match, and none that denies but for `but`. */
static bool example(const struct escapes *e, const size_t *which, size_t n, bool denied,
		    struct ir_request *out)
{
	size_t words = l7_bits_words(&e->entries);
	l7_bits *must = arena_array(e->c->arena, l7_bits, words);
	l7_bits *never = arena_array(e->c->arena, l7_bits, words);

	for (size_t i = 0; i < n; i++)
		l7_bits_set(must, which[i]);
	for (size_t i = 0; !denied && i < e->entries.list.n; i++)
		if (e->entries.list.v[i].entry->deny)
			l7_bits_set(never, i);
	return l7_space_find(e->c->arena, e->space, must, never, out) == L7_FOUND;
}

/* Does the entry deny this request, in a path that means itself? */
static bool is_denied_plainly(const struct escapes *e, const struct ir_request *request)
{
	return is_plain(request->path) && ir_entry_matches(e->rule->l7.kind, e->denying, request);
}

/* By the entry `allow`: with a path that both match, or with one that `deny` alone does. */
static bool try_entry(struct escapes *e, size_t deny, size_t allow)
{
	const size_t both[] = {deny, allow};
	struct ir_request request, denied, passing;
	const char *passing_path;

	if (!example(e, &allow, 1, false, &passing))
		return false;
	passing_path = passing.path;
	if (example(e, both, 2, true, &request) && is_denied_plainly(e, &request) &&
	    try_spellings(e, request, passing_path))
		return true;
	if (!example(e, &deny, 1, true, &denied))
		return false;
	passing.path = denied.path;
	return is_denied_plainly(e, &passing) && try_spellings(e, passing, passing_path);
}

static bool find_escape(struct escapes *e, size_t deny)
{
	e->denying = e->entries.list.v[deny].entry;
	for (size_t i = 0; i < e->entries.list.n; i++)
		if (!e->entries.list.v[i].entry->deny && try_entry(e, deny, i))
			return true;
	return false;
}

/* --- findings --------------------------------------------------------------------------------- */

static void report(const struct escapes *e)
{
	_cleanup_buf_ struct buf text = {0}, means = {0};
	struct diag_item *item;

	request_put_http(&e->request, &text);
	buf_puts_shown(&means, e->means);
	item = checker_report(e->c, CHECK_ID_PATH_ESCAPE, e->denying->loc,
			      "what this entry denies passes in another spelling of its path");
	checker_note(e->c, item, LOC_NONE, "for example %s, which a server may take for \"%s\"",
		     buf_str(&text), buf_str(&means));
	checker_note(e->c, item, LOC_NONE,
		     "name the paths that are allowed, without '.*' over '.', '/' and '%%'");
}

static bool denies_paths(const struct ir_rule *rule)
{
	vec_each (const struct ir_l7_entry, entry, &rule->l7.entries)
		if (entry->deny && rule->l7.kind != IR_L7_KAFKA)
			return true;
	return false;
}

static void check_rule(struct checker *c, const struct ir_rule *rule)
{
	struct escapes e = {.c = c, .rule = rule};
	struct l7_fault fault;

	l7_take_entries(c->arena, &rule, 1, &e.entries);
	e.space = l7_space_build(c->arena, &e.entries, 2, &fault);
	if (!e.space)
		return; /* which check_requests() tells */
	for (size_t i = 0; i < e.entries.list.n; i++) {
		if (checker_is_spent(c, CHECK_ID_PATH_ESCAPE, rule->l7.loc))
			return;
		if (e.entries.list.v[i].entry->deny && find_escape(&e, i))
			report(&e);
	}
}

void check_path_escape(struct checker *c)
{
	checker_each_judging(c, CHECK_ID_PATH_ESCAPE, denies_paths, check_rule);
}
