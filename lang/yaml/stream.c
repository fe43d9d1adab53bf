/* SPDX-License-Identifier: Apache-2.0 */
/* From document to document, also behind a broken one. */
#include "lang/yaml/stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lang/yaml/problem.h"

struct loc yaml_event_loc(struct yaml_stream *s, const yaml_event_t *e)
{
	return yaml_marks_loc(&s->marks, s->base, e->start_mark, e->end_mark);
}

int yaml_stream_event(struct yaml_stream *s, yaml_event_t *e)
{
	if (!yaml_parser_parse(&s->parser, e)) {
		s->broken = true;
		s->failed_line = yaml_report_problem(&s->l->diag, &s->marks, s->base, &s->parser);
		return -EINVAL;
	}
	s->failed_line = s->base + e->start_mark.line;
	return 0;
}

static void parser_start(struct yaml_stream *s, size_t line)
{
	size_t start = yaml_marks_line(&s->marks, line)->start;

	if (!yaml_parser_initialize(&s->parser))
		abort();
	yaml_parser_set_encoding(&s->parser, YAML_UTF8_ENCODING); /* the line starts behind a BOM */
	yaml_parser_set_input_string(&s->parser, (const unsigned char *)s->src->text + start,
				     s->src->len - start);
	s->base = s->doc_line = line;
	s->open = true;
}

static void parser_stop(struct yaml_stream *s)
{
	if (s->open)
		yaml_parser_delete(&s->parser);
	s->open = false;
}

static bool is_separator(const char *p)
{
	return strncmp(p, "---", 3) == 0 && strchr(" \t\r\n", p[3]);
}

/* After an error the next line behind it that begins with "---" starts a new document. Each
 * document starts on a later line than the one before, so this ends. */
static void resume(struct yaml_stream *s)
{
	size_t from = s->failed_line > s->doc_line ? s->failed_line : s->doc_line + 1;
	struct yaml_line line = *yaml_marks_line(&s->marks, from);
	bool more = line.index == from;

	parser_stop(s);
	while (more && !is_separator(s->src->text + line.start))
		more = yaml_line_next(&line, s->src);
	if (more)
		parser_start(s, line.index);
	else
		s->ended = true;
}

const char *yaml_stream_text(struct yaml_stream *s, size_t *len)
{
	struct yaml_line line = *yaml_marks_line(&s->marks, s->last_doc);
	size_t start = line.start, end = s->src->len;

	while (yaml_line_next(&line, s->src)) {
		if (!is_separator(s->src->text + line.start))
			continue;
		end = line.start;
		break;
	}
	*len = end - start;
	return s->src->text + start;
}

struct yaml_stream *yaml_stream_new(struct lang *l, uint32_t file)
{
	struct yaml_stream *s = calloc(1, sizeof(*s));

	if (!s)
		abort();
	s->l = l;
	s->src = sources_get(&l->sources, file);
	arena_init(&s->scratch);
	yaml_marks_init(&s->marks, &s->scratch, s->src, file);
	parser_start(s, 0);
	return s;
}

void yaml_stream_free(struct yaml_stream **sp)
{
	struct yaml_stream *s = *sp;

	if (!s)
		return;
	parser_stop(s);
	arena_fini(&s->scratch);
	free(s);
	*sp = NULL;
}

/* The root of the document whose start event was just read, and its end event. */
static int read_document(struct yaml_stream *s, struct yaml_node **out)
{
	yaml_event_t e;
	int r = yaml_stream_event(s, &e);

	if (r < 0)
		return r;
	r = yaml_compose(s, &e, 0, out);
	yaml_event_delete(&e);
	if (r < 0)
		return r;
	r = yaml_stream_event(s, &e);
	if (r == 0)
		yaml_event_delete(&e);
	return r;
}

int yaml_stream_next(struct yaml_stream *s, struct arena *arena, struct yaml_node **out)
{
	yaml_event_type_t type;
	yaml_event_t e;
	int r = 0;

	*out = NULL;
	s->last_doc = s->base > s->doc_line ? s->base : s->doc_line;
	s->arena = arena;
	s->broken = false;
	s->anchored.n = s->anchored.cap = 0;
	intern_init(&s->anchors, arena);
	while (!s->ended) {
		r = yaml_stream_event(s, &e);
		if (r < 0)
			break;
		type = e.type;
		s->doc_line = s->last_doc = s->base + e.start_mark.line;
		yaml_event_delete(&e);
		if (type == YAML_STREAM_END_EVENT)
			s->ended = true;
		if (type != YAML_DOCUMENT_START_EVENT)
			continue;
		r = read_document(s, out);
		break;
	}
	if (s->limited)
		s->ended = true;
	else if (r < 0 && s->l->diag.unkept)
		s->ended = true;
	else if (r < 0)
		resume(s);
	if (s->broken)
		return -EINVAL;
	return *out ? 1 : 0;
}
