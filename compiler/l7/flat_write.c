/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <sha256.h>
#include <string.h>

#include "compiler/l7/flat.h"
#include "compiler/l7/ruleset.h"
#include "lang/base/arena.h"
#include "lang/base/buf.h"

/* Shorter ones are no gain; longer ones that begin at each of their bytes would take too much. */
enum { LEAST_RUN = 2, LONGEST_RUN = 64 };

enum { NO_ID = UINT32_MAX };

struct writer {
	struct arena arena;
	const struct l7_ruleset *set;
	struct buf *out;
	const struct dfa *dfa; /* of the column at hand */
	int *only;             /* by state: the one byte that leads somewhere, or -1 */
	uint32_t *only_to;
	uint32_t *ids;        /* by state */
	VEC(uint32_t) states; /* that are written as such */
	VEC(struct run) runs;
};

struct run {
	uint32_t from;
	uint32_t text; /* offset */
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
			bool stays = row[k] == s && d->whole_characters && k == d->classes[0x80];

			if (row[k] == DFA_DEAD || stays)
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
	while (w->only[*to] >= 0 && n < LONGEST_RUN) {
		*to = w->only_to[*to];
		n++;
	}
	return n;
}

/* Gives a state its number: as a state, or as a run from here on. */
static void reach(struct writer *w, uint32_t state)
{
	struct run run = {.from = state};

	if (w->ids[state] != NO_ID)
		return;
	w->ids[state] = 0;
	run.len = run_length(w, state, &run.next);
	if (run.len < LEAST_RUN)
		vec_push(&w->arena, &w->states, state);
	else
		vec_push(&w->arena, &w->runs, run);
}

/* All that can be come to, runs taken at once. */
static void reach_all(struct writer *w)
{
	const struct dfa *d = w->dfa;
	size_t runs = 0;

	w->ids = arena_array(&w->arena, uint32_t, d->n_states);
	memset(w->ids, 0xff, d->n_states * sizeof(*w->ids));
	reach(w, DFA_DEAD);
	reach(w, d->start);
	for (size_t i = 0; i < w->states.n || runs < w->runs.n;) {
		if (runs < w->runs.n) {
			reach(w, w->runs.v[runs++].next);
			continue;
		}
		for (uint32_t k = 0; k < d->n_classes; k++)
			reach(w, d->next[(size_t)w->states.v[i] * d->n_classes + k]);
		i++;
	}
	for (size_t i = 0; i < w->states.n; i++)
		w->ids[w->states.v[i]] = (uint32_t)i;
	for (size_t i = 0; i < w->runs.n; i++)
		w->ids[w->runs.v[i].from] = (uint32_t)(w->states.n + i);
	assert(w->ids[DFA_DEAD] == DFA_DEAD);
}

/* --- columns ----------------------------------------------------------------------------- */

static uint32_t put_next(struct writer *w)
{
	size_t n = w->states.n * w->dfa->n_classes;
	uint16_t *next = arena_array(&w->arena, uint16_t, n);

	for (size_t i = 0; i < n; i++)
		next[i] = (uint16_t)w->ids[w->dfa->next[(size_t)w->states.v[i / w->dfa->n_classes] *
								w->dfa->n_classes +
							i % w->dfa->n_classes]];
	return put(w, next, n * sizeof(*next));
}

static uint32_t put_accepts(struct writer *w)
{
	uint16_t *accepts = arena_array(&w->arena, uint16_t, w->states.n);

	for (size_t i = 0; i < w->states.n; i++)
		accepts[i] = (uint16_t)w->dfa->accepts[w->states.v[i]];
	return put(w, accepts, w->states.n * sizeof(*accepts));
}

static uint32_t put_runs(struct writer *w)
{
	struct flat_run *runs = arena_array(&w->arena, struct flat_run, w->runs.n + 1);

	for (size_t i = 0; i < w->runs.n; i++) {
		const struct run *run = &w->runs.v[i];
		uint32_t state = run->from;

		runs[i] = (struct flat_run){.text = (uint32_t)w->out->n,
					    .len = (uint16_t)run->len,
					    .next = (uint16_t)w->ids[run->next]};
		for (size_t k = 0; k < run->len; k++, state = w->only_to[state])
			buf_putc(w->out, (char)w->only[state]);
	}
	return put(w, runs, w->runs.n * sizeof(*runs));
}

static bool put_column(struct writer *w, const struct l7_column *c, struct flat_column *out)
{
	w->dfa = c->dfa;
	w->states.n = w->runs.n = 0;
	find_only(w);
	reach_all(w);
	if (w->states.n + w->runs.n > FLAT_MAX_IDS || c->dfa->sets.n > FLAT_MAX_IDS)
		return false;
	*out = (struct flat_column){
		.source = c->source,
		.whole_characters = c->dfa->whole_characters,
		.start = w->ids[c->dfa->start],
		.n_states = (uint32_t)w->states.n,
		.n_classes = c->dfa->n_classes,
		.n_runs = (uint32_t)w->runs.n,
		.n_sets = (uint32_t)c->dfa->sets.n,
		.classes = put(w, c->dfa->classes, sizeof(c->dfa->classes)),
		.next = put_next(w),
		.accepts = put_accepts(w),
		.runs = put_runs(w),
	};
	out->rows = put(w, c->rows, (c->dfa->sets.n + 1) * w->set->n_words * sizeof(*c->rows));
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

static const char *write_file(struct writer *w)
{
	size_t n = w->set->columns.n;
	struct flat_column *columns = arena_array(&w->arena, struct flat_column, n + 1);
	struct flat_header h = {.magic = FLAT_MAGIC, .version = FLAT_VERSION};
	const size_t hashed = offsetof(struct flat_header, version);
	SHA2_CTX sha;

	if (w->set->entries.list.n > FLAT_MAX_ENTRIES)
		return "it has more than 65536 entries";
	buf_add(w->out, &h, sizeof(h));
	for (size_t i = 0; i < n; i++)
		if (!put_column(w, &w->set->columns.v[i], &columns[i]))
			return "its expressions take more than 65536 states";
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
