/* SPDX-License-Identifier: Apache-2.0 */
/* What doc/diagnostics.md and doc/checks.md say about each code, as explain.awk took it from them.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "lang/base/diag.h"

struct explanation {
	const char *code;
	const char *kind;  /* "check", "input", "bundle", "node", "report", "fault", "packet" */
	const char *level; /* "note" or "warning" if it is no error; empty: not told here */
	const char *page;  /* "doc/checks.md" */
	const char *const *lines; /* up to NULL; paragraphs have an empty line between */
};

extern const struct explanation explanations[];
extern const size_t n_explanations;

/* NULL: there is no such code. */
const struct explanation *explain_find(const char *code);
/* As the user sees it who sets none: "error", "note or warning", "off", "counted"... */
const char *explain_level(const struct explanation *e);
/* What the table of checks says, or else the first sentence, on one line without its end. */
void explain_put_summary(const struct explanation *e, struct buf *out);
/* The same for reports. */
bool explain_help(struct arena *arena, const char *code, struct diag_help *out);
