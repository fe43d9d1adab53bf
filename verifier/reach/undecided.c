/* SPDX-License-Identifier: Apache-2.0 */
/* No answer, in each format: nothing that could be taken for one. */
#include "lang/base/buf.h"
#include "verifier/reach/connections/connections.h"
#include "verifier/reach/render.h"

void reach_render_undecided(const char *why, enum reach_format format, bool list, struct buf *out)
{
	static const struct {
		const char *before, *after;
	} frames[] = {
		[REACH_LIST] = {"undecided: ", "\n"},
		[REACH_TABLE] = {"undecided: ", "\n"},
		[REACH_JSON] = {"{\"undecided\":\"", "\"}\n"},
		/* The reason has no place in a table of flows. */
		[REACH_CSV] = {REACH_CSV_HEAD ",,,undecided,undecided,undecided,,,\n", NULL},
		[REACH_DOT] = {"digraph reach {\n\tlabel=\"undecided: ", "\";\n}\n"},
		[REACH_HTML] =
			{"<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
			 "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src "
			 "'none'\">\n<title>Reachability: undecided</title>\n</head>\n<body>\n"
			 "<p>undecided: ",
			 "</p>\n</body>\n</html>\n"},
	};

	if (list && format == REACH_CSV) {
		buf_puts(out, CONNECTIONS_CSV_HEAD ",,,undecided,,\n");
		return;
	}
	buf_puts(out, frames[format].before);
	if (!frames[format].after)
		return;
	buf_puts(out, why);
	buf_puts(out, frames[format].after);
}
