/* SPDX-License-Identifier: Apache-2.0 */
/* What doc/diagnostics.md and doc/checks.md say about each code, as explain.awk took it from them.
 */
#pragma once

#include <stddef.h>

struct explanation {
	const char *code;
	const char *kind;  /* "check", "input", "bundle", "node", "report", "fault", "packet" */
	const char *level; /* "note" or "warning" if it is no error; empty: not told here */
	const char *page;  /* "doc/checks.md" */
	const char *const *lines; /* up to NULL; paragraphs have an empty line between */
};

extern const struct explanation explanations[];
extern const size_t n_explanations;
