/* SPDX-License-Identifier: Apache-2.0 */
/* From document to document, also behind a broken one. */
#include "lang/yaml/stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lang/yaml/json.h"
#include "lang/yaml/problem.h"

/* Of what a parser gets; more than it reads ahead is no bound. */
enum { MIN_SPAN = 256, MAX_SPAN = 32768 };

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

/* The first line from `from` on that begins a document. */
static bool find_separator(struct yaml_stream *s, size_t from, struct yaml_line *line)
{
	bool more;

	*line = *yaml_marks_line(&s->marks, from);
	more = line->index == from;
	while (more && !yaml_is_separator(s->src->text + line->start))
		more = yaml_line_next(line, s->src);
	return more;
}

static bool is_between_documents(const char *line)
{
	return *line == '#' || line[strspn(line, " \t\r")] == '\n';
}

/* The first line that begins a document of which the separator stands at `least` or behind:
 * directives come before it. Returns the line of the separator, 0 for none. */
static size_t find_document(struct yaml_stream *s, size_t from, size_t least, struct yaml_line *out)
{
	struct yaml_line line = *yaml_marks_line(&s->marks, from);
	bool directives = false, more;

	for (more = line.index == from; more; more = yaml_line_next(&line, s->src)) {
		const char *text = s->src->text + line.start;
		bool separator = yaml_is_separator(text);

		if (!directives && (separator || *text == '%'))
			*out = line;
		if (separator && line.start >= least)
			return line.index;
		directives =
			!separator && (*text == '%' || (directives && is_between_documents(text)));
	}
	return 0;
}

/* The line of the `---` of the document that begins there, if directives stand before it; else its
 * first line. */
static size_t behind_directives(struct yaml_stream *s, size_t first)
{
	struct yaml_line line = *yaml_marks_line(&s->marks, first);
	bool directives = false, more;

	for (more = line.index == first; more; more = yaml_line_next(&line, s->src)) {
		const char *text = s->src->text + line.start;

		if (*text != '%' && !is_between_documents(text))
			break;
		directives |= *text == '%';
	}
	return more && directives && yaml_is_separator(s->src->text + line.start) ? line.index
										  : first;
}

/* Where the parser that starts there has to stop; false: it gets all the rest. */
static bool find_cut(struct yaml_stream *s, size_t from, struct yaml_line *line)
{
	size_t start = yaml_marks_line(&s->marks, from)->start, separator;

	if (from < s->bad_line)
		return find_document(s, behind_directives(s, from) + 1, 0, line);
	if (!s->span)
		return false;
	separator = find_document(s, from + 1, start + s->span, line);
	/* It is to see how the next document begins, too. */
	return separator && find_document(s, separator + 1, 0, line);
}

static void parser_start(struct yaml_stream *s, size_t line)
{
	size_t start = yaml_marks_line(&s->marks, line)->start, end;
	struct yaml_line next;

	if (start >= s->text_end)
		s->text_end = yaml_text_end(s->src, start);
	end = s->text_end;
	s->cut = 0;
	if (find_cut(s, line, &next) && next.start < end) {
		s->cut = next.index;
		end = next.start;
	}
	if (!yaml_parser_initialize(&s->parser))
		abort();
	yaml_parser_set_encoding(&s->parser, YAML_UTF8_ENCODING); /* the line starts behind a BOM */
	yaml_parser_set_input_string(&s->parser, (const unsigned char *)s->src->text + start,
				     end - start);
	s->base = s->doc_line = s->next_doc = line;
	s->open = true;
}

static void parser_stop(struct yaml_stream *s)
{
	if (s->open)
		yaml_parser_delete(&s->parser);
	s->open = false;
}

/* After an error the next line behind it that begins with "---" starts a new document. Each
 * document starts on a later line than the one before, so this ends. A parser looks far ahead,
 * which is in vain where one broken document follows another: it gets little at first. */
static void resume(struct yaml_stream *s)
{
	size_t own = behind_directives(s, s->doc_line);
	struct yaml_line line;
	bool more = find_separator(s, s->failed_line > own ? s->failed_line : own + 1, &line);

	parser_stop(s);
	s->span = MIN_SPAN;
	if (more)
		parser_start(s, line.index);
	else
		s->ended = true;
}

/* Behind the end of a text, whose byte order mark told it from the next; or of one document. */
static void start_next(struct yaml_stream *s)
{
	size_t end = s->text_end, cut = s->cut;

	parser_stop(s);
	s->span = s->span < MAX_SPAN ? 2 * s->span : 0;
	if (cut)
		parser_start(s, cut);
	else if (end == s->src->len)
		s->ended = true;
	else
		parser_start(s, yaml_marks_line_at(&s->marks, s->base, end + 3));
}

/* The parser looks at the bytes of documents that are still to come, and stops where one of these
 * is no text. Then it has to read what stands before them without a look at them. */
static bool retry(struct yaml_stream *s, const struct diag_mark *mark)
{
	struct yaml_line next;

	if (s->parser.error != YAML_READER_ERROR || s->failed_line <= s->bad_line ||
	    !find_separator(s, behind_directives(s, s->last_doc) + 1, &next) ||
	    next.index > s->failed_line)
		return false;
	diag_take_back(&s->l->diag, mark);
	s->bad_line = s->failed_line;
	parser_stop(s);
	parser_start(s, s->last_doc);
	return true;
}

static const char *yaml_text(struct yaml_stream *s, size_t *len, struct loc *loc)
{
	const struct yaml_line first = *yaml_marks_line(&s->marks, s->last_doc);
	size_t end = s->src->len;
	struct yaml_line next;

	loc->line = first.line;
	if (!s->limited && find_separator(s, behind_directives(s, s->last_doc) + 1, &next)) {
		end = next.start;
		loc->end_line = next.line;
		loc->end_col = next.col;
	}
	next = *yaml_marks_line(&s->marks, s->next_doc);
	if (s->next_doc > s->last_doc && next.start < end) {
		end = next.start;
		loc->end_line = next.line;
		loc->end_col = next.col;
	}
	*len = end - first.start;
	return s->src->text + first.start;
}

static const char *json_text(struct yaml_stream *s, size_t *len, struct loc *loc)
{
	const struct yaml_place *from = &s->json_from;

	loc->line = from->line;
	loc->col = (uint32_t)(from->offset - from->line_start) + 1;
	if (s->json_to < s->src->len) {
		loc->end_line = s->at.line;
		loc->end_col = (uint32_t)(s->json_to - s->at.line_start) + 1;
	}
	*len = s->json_to - from->offset;
	return s->src->text + from->offset;
}

const char *yaml_stream_text(struct yaml_stream *s, size_t *len, struct loc *loc)
{
	*loc = (struct loc){.file = s->marks.file, .col = 1, .end_line = UINT32_MAX, .end_col = 1};
	return s->json_to > s->json_from.offset ? json_text(s, len, loc) : yaml_text(s, len, loc);
}

bool yaml_stream_limited(const struct yaml_stream *s)
{
	return s->limited;
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
	s->json = yaml_json_begins(s);
	if (!s->json)
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
	if (r < 0)
		return r;
	s->next_doc = s->base + e.end_mark.line;
	yaml_event_delete(&e);
	return 0;
}

/* Nothing of a document has been read. */
static void forget(struct yaml_stream *s, struct yaml_node **out)
{
	*out = NULL;
	s->broken = false;
	s->anchored.n = s->anchored.cap = 0;
	intern_init(&s->anchors, s->arena);
}

/* The next document, if there is one. */
static int read_next(struct yaml_stream *s, struct yaml_node **out)
{
	yaml_event_type_t type;
	yaml_event_t e;

	forget(s, out);
	s->last_doc = s->next_doc;
	while (!s->ended) {
		if (yaml_stream_event(s, &e) < 0)
			return -EINVAL;
		type = e.type;
		if (type == YAML_DOCUMENT_START_EVENT)
			s->doc_line = s->last_doc = s->base + e.start_mark.line;
		yaml_event_delete(&e);
		if (type == YAML_DOCUMENT_START_EVENT)
			return read_document(s, out);
		if (type == YAML_STREAM_END_EVENT)
			start_next(s);
	}
	return 0;
}

static int next_yaml(struct yaml_stream *s, struct yaml_node **out)
{
	struct diag_mark mark = diag_mark(&s->l->diag);
	int r;

	do {
		r = read_next(s, out);
	} while (r < 0 && !s->limited && retry(s, &mark));
	if (s->limited)
		s->ended = true;
	else if (r < 0)
		resume(s);
	return r;
}

/* What only begins like JSON is YAML, unless the file's name says what it is. */
static bool is_json_file(const struct yaml_stream *s)
{
	size_t n = strlen(s->src->name);

	return n > 5 && strcmp(s->src->name + n - 5, ".json") == 0;
}

static void turn_to_yaml(struct yaml_stream *s, size_t line)
{
	s->json = false;
	s->json_from = (struct yaml_place){0};
	s->json_to = 0;
	parser_start(s, line);
}

/* kubectl reads alike: JSON values behind each other, from the first `---` on YAML, or YAML from
 * the beginning where the first value is no JSON. */
static int next_json(struct yaml_stream *s, struct yaml_node **out)
{
	struct diag_mark mark = diag_mark(&s->l->diag);
	bool first = s->json_to == 0;
	int r;

	forget(s, out);
	r = yaml_json_next(s, out);
	if (r < 0 && first && !is_json_file(s)) {
		diag_take_back(&s->l->diag, &mark);
		s->limited = false;
		s->weight = 0;
		turn_to_yaml(s, 0);
	} else if (r == 0 && s->at.offset < s->src->len) {
		turn_to_yaml(s, yaml_marks_line_at(&s->marks, 0, s->at.offset));
	} else if (r <= 0) {
		s->ended = true;
	}
	return s->json ? r : next_yaml(s, out);
}

int yaml_stream_next(struct yaml_stream *s, struct arena *arena, struct yaml_node **out)
{
	s->arena = arena;
	if (!s->ended && s->json)
		next_json(s, out);
	else
		next_yaml(s, out);
	if (s->broken)
		return -EINVAL;
	return *out ? 1 : 0;
}
