/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The part that runs for each request. It allocates nothing, and reads what flat_check() has looked
 * at.
 */
#include <string.h>
#include <strings.h>

#include "compiler/l7.h"
#include "compiler/l7/flat.h"
#include "compiler/l7/ruleset.h"
#include "lang/base/utf8.h"

enum { DEAD = 0, MAX_WORDS = FLAT_MAX_ENTRIES / L7_BITS + 1 };

struct judging {
	const struct flat_header *file;
	const struct flat_column *column;
	uint64_t left[MAX_WORDS]; /* entries that all columns leave so far */
	uint64_t any[MAX_WORDS];  /* that some value of a header leaves */
};

static const void *at(const struct flat_header *file, uint32_t offset)
{
	return (const char *)file + offset;
}

/* --- automata ---------------------------------------------------------------------------- */

static bool is_ascii(const char *s, size_t n)
{
	uint64_t bits = 0;
	size_t i = 0;

	for (; i + 8 <= n; i += 8) {
		uint64_t word;

		memcpy(&word, s + i, 8);
		bits |= word;
	}
	for (; i < n; i++)
		bits |= (unsigned char)s[i];
	return !(bits & 0x8080808080808080u);
}

/* Where a run leads; DEAD, if the text is another. */
static uint32_t follow_run(const struct judging *j, uint32_t run, const unsigned char *s, size_t n,
			   size_t *i)
{
	const struct flat_run *r = (const struct flat_run *)at(j->file, j->column->runs) + run;

	while (j->column->whole_characters && *i < n && (s[*i] & 0xc0) == 0x80)
		++*i; /* of the character before */
	if (n - *i < r->len || memcmp(s + *i, at(j->file, r->text), r->len) != 0)
		return DEAD;
	*i += r->len;
	return r->next;
}

/* The set that a text is accepted by; 0: none. */
static uint32_t accepted(const struct judging *j, const char *text, size_t n)
{
	const struct flat_column *c = j->column;
	const unsigned char *s = (const unsigned char *)text;
	const uint8_t *classes = at(j->file, c->classes);
	const uint16_t *next = at(j->file, c->next), *accepts = at(j->file, c->accepts);
	uint32_t id = c->start;
	size_t i = 0;

	if (!is_ascii(text, n) && !utf8_is_valid(text, n))
		return 0;
	while (i < n && id != DEAD)
		id = id < c->n_states ? next[id * c->n_classes + classes[s[i++]]]
				      : follow_run(j, id - c->n_states, s, n, &i);
	return id < c->n_states ? accepts[id] : 0;
}

/* --- columns ----------------------------------------------------------------------------- */

static const uint64_t *row(const struct judging *j, uint32_t set)
{
	return (const uint64_t *)at(j->file, j->column->rows) + (size_t)set * j->file->n_words;
}

static void keep(struct judging *j, const uint64_t *by)
{
	for (uint32_t i = 0; i < j->file->n_words; i++)
		j->left[i] &= by[i];
}

static void look_at(struct judging *j, const struct flat_text *value, size_t n)
{
	keep(j, row(j, value->s ? accepted(j, value->s, n) : j->column->n_sets));
}

static bool is_name(const struct judging *j, const struct flat_text *name)
{
	return name->n == j->column->name_len &&
	       strncasecmp(name->s, at(j->file, j->column->name), name->n) == 0;
}

/* A header that was sent several times leaves what any of its values leaves. */
static void look_at_headers(struct judging *j, const struct flat_request *r)
{
	static const struct flat_text host = {"host", 4};
	bool present = false;

	if (is_name(j, &host)) {
		look_at(j, &r->host, r->host.n);
		return;
	}
	memset(j->any, 0, j->file->n_words * sizeof(*j->any));
	for (size_t i = 0; i < r->n_headers; i++) {
		const struct flat_text *value = &r->headers[i].value;
		const uint64_t *by;

		if (!is_name(j, &r->headers[i].name))
			continue;
		present = true;
		by = row(j, accepted(j, value->s, value->n));
		for (uint32_t k = 0; k < j->file->n_words; k++)
			j->any[k] |= by[k];
	}
	keep(j, present ? j->any : row(j, j->column->n_sets));
}

static size_t path_len(const struct flat_text *path)
{
	const char *query = path->s ? memchr(path->s, '?', path->n) : NULL;

	return query ? (size_t)(query - path->s) : path->n;
}

static void apply(struct judging *j, const struct flat_request *r)
{
	switch ((enum l7_source)j->column->source) {
	case L7_METHOD:
		look_at(j, &r->method, r->method.n);
		return;
	case L7_PATH:
		look_at(j, &r->path, path_len(&r->path));
		return;
	case L7_HOST:
		look_at(j, &r->host, r->host.s ? ir_host_len(r->host.s, r->host.n) : 0);
		return;
	case L7_HEADER:
		look_at_headers(j, r);
		return;
	case L7_API:
		look_at(j, &r->api, r->api.n);
		return;
	case L7_TOPIC:
		look_at(j, &r->topic, r->topic.n);
		return;
	case L7_CLIENT:
		look_at(j, &r->client, r->client.n);
		return;
	}
}

const struct flat_entry *flat_judge(const struct flat_header *file,
				    const struct flat_request *request)
{
	const struct flat_column *columns = at(file, file->columns);
	struct judging j; /* its arrays are set as far as they are used */

	j.file = file;
	memset(j.left, 0xff, file->n_words * sizeof(*j.left));
	for (uint32_t i = 0; i < file->n_columns; i++) {
		j.column = &columns[i];
		apply(&j, request);
	}
	for (uint32_t i = 0; i < file->n_words; i++)
		if (j.left[i])
			return (const struct flat_entry *)at(file, file->entries) + i * L7_BITS +
			       __builtin_ctzll(j.left[i]);
	return NULL;
}
