/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the YAML reader share: stream.c drives the parser from document to document,
 * compose.c builds the nodes of one; json.c reads what is JSON. */
#pragma once

#include <yaml.h>

#include "lang/base/intern.h"
#include "lang/lang.h"
#include "lang/yaml/marks.h"
#include "lang/yaml/node.h"

/* Where JSON is read. */
struct yaml_place {
	size_t offset, line_start;
	uint32_t line;
};

struct yaml_stream {
	struct lang *l;
	const struct source *src;
	struct arena scratch; /* the line table */
	struct yaml_marks marks;
	yaml_parser_t parser;
	size_t base;        /* the line where the parser was started */
	size_t doc_line;    /* where the current document starts */
	size_t last_doc;    /* where the one starts that was given out, or failed */
	size_t weight;      /* nodes of the file so far, aliases expanded */
	size_t next_doc;    /* where the one starts that comes next */
	size_t failed_line; /* where the last error stopped the parser */
	size_t bad_line;    /* before it the parser gets one document at a time */
	size_t span;        /* bytes that it gets behind an error, or a few more; 0: no matter */
	size_t cut;         /* the document behind what it got; 0: it got all the rest */
	size_t text_end;    /* of the text that the parser was given */
	bool json;          /* a run of JSON values, of which the next one begins at `at` */
	struct yaml_place at;
	struct yaml_place json_from; /* the last of them; no text: the last document was YAML */
	size_t json_to;
	bool open, ended, limited;

	/* Of the current document. */
	struct arena *arena;
	struct intern anchors;
	VEC(struct yaml_node *) anchored; /* by anchor; NULL while it is still open */
	bool broken;                      /* something was reported */
};

/* The next event; -EINVAL after reporting that there is none. */
int yaml_stream_event(struct yaml_stream *s, yaml_event_t *e);
struct loc yaml_event_loc(struct yaml_stream *s, const yaml_event_t *e);

/* The node that begins with this event; -EINVAL after reporting where it cannot go on. */
int yaml_compose(struct yaml_stream *s, const yaml_event_t *e, unsigned depth,
		 struct yaml_node **out);
