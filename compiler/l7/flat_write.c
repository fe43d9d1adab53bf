/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <sha256.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/l7/flat.h"
#include "compiler/l7/ruleset.h"
#include "lang/base/arena.h"
#include "lang/base/buf.h"

enum { LEAST_RUN = 2 };  /* shorter ones are no gain */
enum { LEAST_LOOP = 8 }; /* bytes of ASCII that leave a state as it is */
/* Where a state is put, if none of so many gaps fits: at the end. */
enum { MOST_TRIES = 2000 };

enum { NO_ID = UINT32_MAX };

struct writer {
	struct arena arena;
	const struct l7_ruleset *set;
	struct buf *out;
	const struct dfa *dfa; /* of the column at hand */
	int *only;             /* by state: the one byte that leads somewhere, or -1 */
	uint32_t *only_to;
	uint32_t tails;       /* the class of bytes that change nothing, see find_tails() */
	uint32_t *to;         /* by state: as in a cell, whose step is left open */
	VEC(uint32_t) states; /* that are written as such */
	VEC(struct run) runs;
	VEC(uint32_t) cells;
	VEC(bool) is_base; /* by cell */
	uint32_t least;    /* the first cell that may be free */
};

struct run {
	uint32_t from;
	size_t len;
	uint32_t next; /* a state */
};

static uint32_t put(struct writer *w, const void *bytes, size_t n)
{
	static const char zeros[8];
	uint32_t at;

	buf_add(w->out, zeros, (8 - w->out->n % 8) % 8);
	at = (uint32_t)w->out->n;
	buf_add(w->out, bytes, n);
	return at;
}

/* --- runs -------------------------------------------------------------------------------- */

/* The byte of a class, if it has but one of ASCII. */
static int single_byte(const struct dfa *d, uint32_t class)
{
	int found = -1;

	for (int c = 0; c < 256; c++) {
		if (d->classes[c] != class)
			continue;
		if (found >= 0 || c > CHARSET_LAST_ASCII)
			return -1;
		found = c;
	}
	return found;
}

/* Bytes behind the first of a character leave each state as it is, where the automaton takes whole
 * characters. Their class may have other bytes that do, too, and is none of their own then. */
static void find_tails(struct writer *w)
{
	const struct dfa *d = w->dfa;
	uint8_t class = d->classes[0x80];

	w->tails = d->whole_characters ? class : NO_ID;
	for (unsigned c = 0; c < 256; c++)
		if (d->classes[c] == class && (c & 0xc0) != 0x80)
			w->tails = NO_ID;
}

/* A state that matches nothing itself and goes on by one byte alone. */
static void find_only(struct writer *w)
{
	const struct dfa *d = w->dfa;
	int single[256];

	w->only = arena_array(&w->arena, int, d->n_states);
	w->only_to = arena_array(&w->arena, uint32_t, d->n_states);
	for (uint32_t k = 0; k < d->n_classes; k++)
		single[k] = single_byte(d, k);
	for (uint32_t s = 0; s < d->n_states; s++) {
		const uint32_t *row = d->next + (size_t)s * d->n_classes;
		unsigned ways = 0;

		w->only[s] = -1;
		for (uint32_t k = 0; k < d->n_classes; k++) {
			if (row[k] == DFA_DEAD || k == w->tails)
				continue;
			ways++;
			w->only[s] = single[k];
			w->only_to[s] = row[k];
		}
		if (ways != 1 || d->accepts[s] || w->only_to[s] == s)
			w->only[s] = -1;
	}
}

static size_t run_length(const struct writer *w, uint32_t from, uint32_t *to)
{
	size_t n = 0;

	*to = from;
	while (w->only[*to] >= 0 && n < FLAT_RUN_TEXT) {
		*to = w->only_to[*to];
		n++;
	}
	return n;
}

/* A state that is come to: as a state, or as a run from here on. */
static void reach(struct writer *w, uint32_t state)
{
	struct run run = {.from = state};

	run.len = run_length(w, state, &run.next);
	w->to[state] = run.len < LEAST_RUN ? 0 : (uint32_t)w->runs.n << FLAT_INDEX | FLAT_RUN;
	if (run.len < LEAST_RUN)
		vec_push(&w->arena, &w->states, state);
	else
		vec_push(&w->arena, &w->runs, run);
}

/* All that can be come to, runs taken at once. What follows on each other is put side by side. */
static void reach_all(struct writer *w)
{
	const struct dfa *d = w->dfa;
	VEC(uint32_t) todo = {0};

	w->to = arena_array(&w->arena, uint32_t, d->n_states);
	memset(w->to, 0xff, d->n_states * sizeof(*w->to));
	vec_push(&w->arena, &todo, d->start);
	while (todo.n) {
		uint32_t state = todo.v[--todo.n];

		if (w->to[state] != NO_ID)
			continue;
		reach(w, state);
		if (w->to[state] & FLAT_RUN) {
			vec_push(&w->arena, &todo, w->runs.v[w->runs.n - 1].next);
			continue;
		}
		for (uint32_t k = 0; k < d->n_classes; k++)
			if (d->next[(size_t)state * d->n_classes + k] != DFA_DEAD)
				vec_push(&w->arena, &todo,
					 d->next[(size_t)state * d->n_classes + k]);
	}
}

/* --- states ------------------------------------------------------------------------------ */

/* Which bytes leave a state as it is, as the judge cares for it. */
static uint32_t loops(const struct dfa *d, uint32_t state)
{
	const uint32_t *row = d->next + (size_t)state * d->n_classes;
	unsigned n = 0, printable = 0;

	for (unsigned c = 0; c <= CHARSET_LAST_ASCII && state != DFA_DEAD; c++) {
		n += row[d->classes[c]] == state;
		printable += c >= 0x20 && row[d->classes[c]] == state;
	}
	return printable == CHARSET_LAST_ASCII + 1 - 0x20 ? FLAT_FINAL
	       : n >= LEAST_LOOP                          ? FLAT_LOOP
							  : 0;
}

/* Does this way get a cell? Those to nowhere do not, and what changes nothing does not. */
static bool has_cell(const struct writer *w, uint32_t state, uint32_t class)
{
	return w->dfa->next[(size_t)state * w->dfa->n_classes + class] != DFA_DEAD &&
	       class != w->tails;
}

static void grow_cells(struct writer *w, size_t n)
{
	while (w->cells.n < n) {
		vec_push(&w->arena, &w->cells, FLAT_NO_CLASS);
		vec_push(&w->arena, &w->is_base, false);
	}
}

static bool fits(const struct writer *w, uint32_t state, size_t base)
{
	const struct dfa *d = w->dfa;

	if (w->is_base.v[base] ||
	    (d->accepts[state] && w->cells.v[base + d->n_classes] != FLAT_NO_CLASS))
		return false;
	for (uint32_t k = 0; k < d->n_classes; k++)
		if (has_cell(w, state, k) && w->cells.v[base + k] != FLAT_NO_CLASS)
			return false;
	return true;
}

/* Takes the cells of a state, the first that are free. What they say is written later. */
static void place(struct writer *w, uint32_t state)
{
	const struct dfa *d = w->dfa;
	uint32_t first = 0, base;

	while (first < d->n_classes && !has_cell(w, state, first))
		first++;
	while (w->least < w->cells.n && w->cells.v[w->least] != FLAT_NO_CLASS)
		w->least++;
	base = w->least > first ? w->least - first : 0;
	for (unsigned tries = 0;; tries++, base++) {
		if (tries == MOST_TRIES)
			base = (uint32_t)w->cells.n;
		grow_cells(w, base + d->n_classes + 1);
		if (fits(w, state, base))
			break;
	}
	w->is_base.v[base] = true;
	for (uint32_t k = 0; k < d->n_classes; k++)
		if (has_cell(w, state, k))
			w->cells.v[base + k] = k;
	if (d->accepts[state])
		w->cells.v[base + d->n_classes] = d->accepts[state] << FLAT_INDEX | d->n_classes;
	w->to[state] = base << FLAT_INDEX | loops(d, state);
}

static void fill_cells(struct writer *w)
{
	const struct dfa *d = w->dfa;

	vec_each (const uint32_t, state, &w->states)
		place(w, *state);
	vec_each (const uint32_t, state, &w->states) {
		uint32_t *cells = w->cells.v + (w->to[*state] >> FLAT_INDEX);

		for (uint32_t k = 0; k < d->n_classes; k++)
			if (has_cell(w, *state, k))
				cells[k] |= w->to[d->next[(size_t)*state * d->n_classes + k]];
	}
}

/* --- columns ----------------------------------------------------------------------------- */

static uint32_t put_runs(struct writer *w)
{
	struct flat_run *runs = arena_array(&w->arena, struct flat_run, w->runs.n + 1);

	for (size_t i = 0; i < w->runs.n; i++) {
		const struct run *run = &w->runs.v[i];
		uint32_t state = run->from;

		runs[i].to = w->to[run->next] | (uint32_t)run->len;
		for (size_t k = 0; k < run->len; k++, state = w->only_to[state])
			runs[i].text[k] = (char)w->only[state];
	}
	return put(w, runs, w->runs.n * sizeof(*runs));
}

static uint32_t count(const struct writer *w, const l7_bits *bits)
{
	uint32_t n = 0;

	for (size_t i = 0; i < w->set->n_words; i++)
		n += (uint32_t)__builtin_popcountll(bits[i]);
	return n;
}

static struct flat_row put_row(struct writer *w, const l7_bits *bits)
{
	uint16_t list[FLAT_MAX_LIST];
	struct flat_row row = {.n = count(w, bits)};
	uint32_t n = 0;

	if (row.n > FLAT_MAX_LIST) {
		row.n = FLAT_BITS;
		row.entries = put(w, bits, w->set->n_words * sizeof(*bits));
		return row;
	}
	for (size_t i = 0; n < row.n; i++)
		if (l7_bits_has(bits, i))
			list[n++] = (uint16_t)i;
	row.entries = put(w, list, n * sizeof(*list));
	return row;
}

static uint32_t put_rows(struct writer *w, const struct l7_column *c)
{
	size_t n = c->dfa->sets.n + 1;
	struct flat_row *rows = arena_array(&w->arena, struct flat_row, n);

	for (size_t i = 0; i < n; i++)
		rows[i] = put_row(w, c->rows + i * w->set->n_words);
	return put(w, rows, n * sizeof(*rows));
}

/* Writes the parts of a column; false: it has too many. */
static bool put_column(struct writer *w, const struct l7_column *c, struct flat_column *out)
{
	w->dfa = c->dfa;
	w->states.n = w->runs.n = w->cells.n = w->is_base.n = w->least = 0;
	assert(c->dfa->n_classes <= FLAT_MAX_CLASSES); /* bytes that no text has share one */
	find_tails(w);
	find_only(w);
	reach_all(w);
	if (w->runs.n > FLAT_MAX_INDEX || c->dfa->sets.n > FLAT_MAX_INDEX)
		return false;
	fill_cells(w);
	if (w->cells.n > FLAT_MAX_INDEX)
		return false;
	*out = (struct flat_column){
		.source = c->source,
		.whole_characters = c->dfa->whole_characters,
		.start = w->to[c->dfa->start],
		.n_classes = c->dfa->n_classes,
		.n_cells = (uint32_t)w->cells.n,
		.n_runs = (uint32_t)w->runs.n,
		.n_sets = (uint32_t)c->dfa->sets.n,
		.classes = put(w, c->dfa->classes, sizeof(c->dfa->classes)),
		.cells = put(w, w->cells.v, w->cells.n * sizeof(*w->cells.v)),
		.runs = put_runs(w),
		.rows = put_rows(w, c),
	};
	if (c->name) {
		out->name = put(w, c->name, strlen(c->name));
		out->name_len = (uint32_t)strlen(c->name);
	}
	return true;
}

/* --- the file ---------------------------------------------------------------------------- */

static uint32_t put_entries(struct writer *w)
{
	struct flat_entry *entries =
		arena_array(&w->arena, struct flat_entry, w->set->entries.list.n + 1);

	for (size_t i = 0; i < w->set->entries.list.n; i++) {
		const struct l7_entry *e = &w->set->entries.list.v[i];

		entries[i] = (struct flat_entry){
			.rule = e->rule->id,
			.index = (uint32_t)(e->entry - e->rule->l7.entries.v),
			.line = e->entry->loc.line,
			.deny = e->entry->deny,
		};
	}
	return put(w, entries, w->set->entries.list.n * sizeof(*entries));
}

/* Columns, those first of which a value leaves the fewest entries: the others are then asked about
 * these alone, or not at all. */
struct ordered {
	const struct l7_column *column;
	double left; /* of a set, on average */
};

static int compare(const void *a, const void *b)
{
	const struct ordered *x = a, *y = b;

	if (x->left != y->left)
		return x->left < y->left ? -1 : 1;
	return (x->column > y->column) - (x->column < y->column);
}

static void by_size(struct writer *w, struct ordered *out)
{
	for (size_t i = 0; i < w->set->columns.n; i++) {
		const struct l7_column *c = &w->set->columns.v[i];
		double sum = 0;

		for (size_t s = 0; s < c->dfa->sets.n; s++)
			sum += count(w, c->rows + s * w->set->n_words);
		out[i] = (struct ordered){c, sum / (double)c->dfa->sets.n};
	}
	qsort(out, w->set->columns.n, sizeof(*out), compare);
}

static const char *write_file(struct writer *w)
{
	size_t n = w->set->columns.n;
	struct flat_column *columns = arena_array(&w->arena, struct flat_column, n + 1);
	struct ordered *order = arena_array(&w->arena, struct ordered, n + 1);
	struct flat_header h = {.magic = FLAT_MAGIC, .version = FLAT_VERSION};
	const size_t hashed = offsetof(struct flat_header, version);
	SHA2_CTX sha;

	by_size(w, order);
	if (w->set->entries.list.n > FLAT_MAX_ENTRIES)
		return "it has more than 65536 entries";
	buf_add(w->out, &h, sizeof(h));
	for (size_t i = 0; i < n; i++)
		if (!put_column(w, order[i].column, &columns[i]))
			return "its expressions take more than 2097152 cells";
	h.entries = put_entries(w);
	h.columns = put(w, columns, n * sizeof(*columns));
	h.n_columns = (uint32_t)n;
	h.n_entries = (uint32_t)w->set->entries.list.n;
	h.n_words = (uint32_t)w->set->n_words;
	if (w->out->n > UINT32_MAX)
		return "it would take more than 4 GiB";
	h.size = (uint32_t)w->out->n;
	memcpy(w->out->s, &h, sizeof(h));
	SHA256Init(&sha);
	SHA256Update(&sha, (const uint8_t *)w->out->s + hashed, w->out->n - hashed);
	SHA256Final(h.sha256, &sha);
	memcpy(w->out->s, &h, sizeof(h));
	return NULL;
}

const char *flat_write(const struct l7_ruleset *set, struct buf *out)
{
	struct writer w = {.set = set, .out = out};
	const char *fault;

	assert(!out->n);
	arena_init(&w.arena);
	fault = write_file(&w);
	arena_fini(&w.arena);
	return fault;
}
