/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/cli/explain.h"

#include <string.h>

#include "lang/base/buf.h"
#include "verifier/check/options.h"

const char *explain_level(const struct explanation *e)
{
	static const char *const names[] = {[CHECK_OFF] = "off",
					    [CHECK_INFO] = "note",
					    [CHECK_WARNING] = "warning",
					    [CHECK_ERROR] = "error"};
	struct check_options options;
	int index = check_level_find(e->code);

	check_options_init(&options);
	if (strcmp(e->kind, "packet") == 0)
		return "counted";
	if (index < 0)
		return *e->level ? e->level : "error";
	if (index < CHECK_N || options.levels[index] == CHECK_INFO)
		return names[options.levels[index]];
	return *e->level ? "note or warning" : "error or warning";
}

const struct explanation *explain_find(const char *code)
{
	for (size_t i = 0; i < n_explanations; i++) {
		if (strcmp(explanations[i].code, code) == 0)
			return &explanations[i];
	}
	return NULL;
}

void explain_put_summary(const struct explanation *e, struct buf *out)
{
	int check = check_find(e->code);

	if (check >= 0) {
		buf_printf(out, "%s", check_get((enum check_id)check)->text);
		return;
	}
	for (const char *const *line = e->lines; *line && **line; line++) {
		const char *stop = strstr(*line, ". ");
		size_t n = strlen(*line);

		if (line != e->lines)
			buf_putc(out, ' ');
		if (stop || (*line)[n - 1] == '.') {
			buf_add(out, *line, stop ? (size_t)(stop - *line) : n - 1);
			break;
		}
		buf_add(out, *line, n);
	}
}

static const char *all_lines(struct arena *arena, const struct explanation *e)
{
	_cleanup_buf_ struct buf b = {0};

	for (const char *const *line = e->lines; *line; line++)
		buf_printf(&b, "%s%s", line == e->lines ? "" : "\n", *line);
	return arena_strdup(arena, buf_str(&b));
}

/* Without the marks of Markdown that stand within a line. */
static const char *plain(struct arena *arena, const char *markdown)
{
	char *text = arena_strdup(arena, markdown), *end = text;

	for (const char *p = markdown; *p; p++)
		if (*p != '`')
			*end++ = *p;
	*end = '\0';
	return text;
}

/* The gravest that explain_level() names. */
static enum diag_severity severity_of(const char *level)
{
	if (strstr(level, "error"))
		return DIAG_ERROR;
	return strcmp(level, "note") == 0 ? DIAG_INFO : DIAG_WARNING;
}

bool explain_help(struct arena *arena, const char *code, struct diag_help *out)
{
	const struct explanation *e = explain_find(code);
	_cleanup_buf_ struct buf summary = {0};
	const char *level;

	if (!e)
		return false;
	level = explain_level(e);
	explain_put_summary(e, &summary);
	buf_putc(&summary, '.');
	*out = (struct diag_help){
		.summary = plain(arena, buf_str(&summary)),
		.markdown = all_lines(arena, e),
		.uri = arena_printf(arena, "%s%s#%s", POLC_DOC_URL, strrchr(e->page, '/'), code),
		.level = severity_of(level),
		.off = strcmp(level, "off") == 0};
	out->text = plain(arena, out->markdown);
	return true;
}
