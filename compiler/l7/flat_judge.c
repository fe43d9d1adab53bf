/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The part that runs for each request. It allocates nothing, and reads what flat_check() has looked
 * at.
 */
#include <endian.h>
#include <string.h>
#include <strings.h>

#include "compiler/l7.h"
#include "compiler/l7/flat.h"
#include "compiler/l7/ruleset.h"
#include "lang/base/utf8.h"

enum { MAX_WORDS = FLAT_MAX_ENTRIES / L7_BITS + 1 };

/* Entries: of a list those whose bit is set in `alive`, or bits. */
struct some_entries {
	const uint16_t *list;
	uint32_t n;
	uint32_t alive;
	const uint64_t *bits; /* NULL: the list */
};

struct judging {
	const struct flat_header *file;
	const struct flat_column *column;
	bool begun;
	struct some_entries left; /* that all columns leave so far */
	uint64_t both[MAX_WORDS]; /* the bits of `left`, where several columns had some */
	uint64_t any[MAX_WORDS];  /* that some value of a header leaves */
};

static const void *at(const struct flat_header *file, uint32_t offset)
{
	return (const char *)file + offset;
}

/* --- automata ---------------------------------------------------------------------------- */

/* What the bytes of a text are, the best first. */
enum kind { PRINTABLE, ASCII, CHARACTERS, NO_TEXT };

#define EACH_BYTE(x) (0x0101010101010101u * (x))

static uint64_t eight_bytes(const void *bytes)
{
	uint64_t word;

	memcpy(&word, bytes, sizeof(word));
	return le64toh(word);
}

/* The same of less than eight bytes, and zeros. */
static uint64_t few_bytes(const char *s, size_t n)
{
	uint64_t word = 0;
	uint32_t first, last;

	if (n >= 4) {
		memcpy(&first, s, 4);
		memcpy(&last, s + n - 4, 4);
		return le32toh(first) | (uint64_t)le32toh(last) << (8 * (n - 4));
	}
	for (size_t i = 0; i < n; i++)
		word |= (uint64_t)(unsigned char)s[i] << (8 * i);
	return word;
}

/* The bits that say which bytes are none of ASCII, and which are below 0x20. */
struct odd_bytes {
	uint64_t high, low;
};

static void look_for_odd(struct odd_bytes *odd, uint64_t word)
{
	odd->high |= word;
	odd->low |= word - EACH_BYTE(0x20); /* what borrows is low itself */
}

static enum kind kind_of(const char *s, size_t n)
{
	struct odd_bytes odd = {0};

	for (size_t i = 0; i + 8 < n; i += 8)
		look_for_odd(&odd, eight_bytes(s + i));
	if (n >= 8)
		look_for_odd(&odd, eight_bytes(s + n - 8));
	else if (n)
		look_for_odd(&odd, few_bytes(s, n) | EACH_BYTE(0x20) << (8 * n));
	if (odd.high & EACH_BYTE(0x80))
		return utf8_is_valid(s, n) ? CHARACTERS : NO_TEXT;
	return odd.low & EACH_BYTE(0x80) ? ASCII : PRINTABLE;
}

struct walk {
	const struct flat_column *column;
	const uint8_t *classes;
	const uint32_t *cells;
	const struct flat_run *runs;
	const unsigned char *s;
	size_t n, i;
	uint32_t to; /* as in a cell */
	enum kind kind;
	uint64_t few; /* all bytes, if there are less than eight */
};

/* Mostly without a call or a loop: by a word that ends with the run. */
static inline bool is_run(const struct walk *w, const struct flat_run *run)
{
	size_t len = (uint8_t)run->to, end = w->i + len;

	if (end > w->n)
		return false;
	if (len <= 8 && end >= 8)
		return eight_bytes(w->s + end - 8) >> (64 - 8 * len) == eight_bytes(run->text);
	if (w->n < 8)
		return ((w->few >> (8 * w->i)) ^ eight_bytes(run->text)) << (64 - 8 * len) == 0;
	return memcmp(w->s + w->i, run->text, len) == 0;
}

/* A byte belongs to the character before, and nothing tells these apart. */
static inline bool is_tail(const struct walk *w, size_t i)
{
	return w->column->whole_characters && (w->s[i] & 0xc0) == 0x80;
}

/* Goes on in a state that many bytes leave as it is, as long as they do. That does not wait for
 * what was read before. */
static inline void stay(struct walk *w)
{
	const uint32_t *cells = w->cells + (w->to >> FLAT_INDEX);
	uint32_t state = w->to & ~(uint32_t)0xff;

	for (; w->i < w->n; w->i++) {
		uint32_t class = w->classes[w->s[w->i]];

		if (cells[class] != (state | class))
			return;
	}
}

/* One run, or one step of a state; false: nothing matches any more. */
static inline bool take_run(struct walk *w)
{
	const struct flat_run *run = &w->runs[w->to >> FLAT_INDEX];

	if (is_run(w, run)) {
		w->i += (uint8_t)run->to;
		w->to = run->to;
		return true;
	}
	w->i++;
	return is_tail(w, w->i - 1);
}

static inline bool take_step(struct walk *w)
{
	uint32_t class = w->classes[w->s[w->i]], cell = w->cells[(w->to >> FLAT_INDEX) + class];

	w->i++;
	if ((uint8_t)cell != class)
		return is_tail(w, w->i - 1);
	w->to = cell;
	return true;
}

/* Goes to the end of the text, or to where the rest does not count. */
static inline bool take_all(struct walk *w)
{
	while (w->i < w->n) {
		if (w->to & FLAT_RUN) {
			if (!take_run(w))
				return false;
			continue;
		}
		if (w->to & (FLAT_LOOP | FLAT_FINAL)) {
			if (w->to & FLAT_FINAL && w->kind == PRINTABLE)
				return true;
			stay(w);
			if (w->i == w->n)
				return true;
		}
		if (!take_step(w))
			return false;
	}
	return !(w->to & FLAT_RUN);
}

/* The set that a text is accepted by; 0: none. */
static uint32_t accepted(const struct judging *j, const char *text, size_t n)
{
	const struct flat_column *c = j->column;
	struct walk w = {.column = c,
			 .classes = at(j->file, c->classes),
			 .cells = at(j->file, c->cells),
			 .runs = at(j->file, c->runs),
			 .s = (const unsigned char *)text,
			 .n = n,
			 .to = c->start,
			 .kind = kind_of(text, n),
			 .few = n < 8 ? few_bytes(text, n) : 0};
	uint32_t end;

	if (w.kind == NO_TEXT || !take_all(&w))
		return 0;
	end = w.cells[(w.to >> FLAT_INDEX) + c->n_classes];
	return (uint8_t)end == c->n_classes ? end >> FLAT_INDEX : 0;
}

/* --- columns ----------------------------------------------------------------------------- */

static bool bit(const uint64_t *bits, uint32_t i)
{
	return bits[i / L7_BITS] >> i % L7_BITS & 1;
}

static inline struct some_entries row(const struct judging *j, uint32_t set)
{
	const struct flat_row *r = (const struct flat_row *)at(j->file, j->column->rows) + set;

	if (r->n == FLAT_BITS)
		return (struct some_entries){.bits = at(j->file, r->entries)};
	return (struct some_entries){.list = at(j->file, r->entries),
				     .n = r->n,
				     .alive = (uint32_t)(((uint64_t)1 << r->n) - 1)};
}

static bool has_entry(const struct some_entries *e, uint32_t entry)
{
	if (e->bits)
		return bit(e->bits, entry);
	for (uint32_t i = 0; i < e->n; i++)
		if (e->list[i] == entry)
			return e->alive >> i & 1;
	return false;
}

/* Takes from a list those that are not among others. */
static void keep_listed(struct some_entries *list, const struct some_entries *others)
{
	for (uint32_t rest = list->alive; rest; rest &= rest - 1) {
		uint32_t i = (uint32_t)__builtin_ctz(rest);

		if (!has_entry(others, list->list[i]))
			list->alive &= ~(1u << i);
	}
}

static inline void keep(struct judging *j, const struct some_entries *by)
{
	struct some_entries left = j->left;

	if (!j->begun) {
		j->left = *by;
		j->begun = true;
	} else if (!left.bits) {
		keep_listed(&j->left, by);
	} else if (!by->bits) {
		j->left = *by;
		keep_listed(&j->left, &left);
	} else {
		for (uint32_t i = 0; i < j->file->n_words; i++)
			j->both[i] = left.bits[i] & by->bits[i];
		j->left.bits = j->both;
	}
}

static void look_at(struct judging *j, const struct flat_text *value, size_t n)
{
	struct some_entries by = row(j, value->s ? accepted(j, value->s, n) : j->column->n_sets);

	keep(j, &by);
}

/* Puts the entries of one more value into `any`. */
static void add_to_any(struct judging *j, const struct some_entries *by)
{
	for (uint32_t i = 0; by->bits && i < j->file->n_words; i++)
		j->any[i] |= by->bits[i];
	for (uint32_t i = 0; i < by->n; i++)
		j->any[by->list[i] / L7_BITS] |= (uint64_t)1 << by->list[i] % L7_BITS;
}

static bool is_name(const struct judging *j, const struct flat_text *name)
{
	return name->n == j->column->name_len &&
	       strncasecmp(name->s, at(j->file, j->column->name), name->n) == 0;
}

/* `any` may be what is left so far. */
static void make_room(struct judging *j)
{
	if (j->left.bits != j->any)
		return;
	memcpy(j->both, j->any, j->file->n_words * sizeof(*j->any));
	j->left.bits = j->both;
}

/* A header that was sent several times leaves what any of its values leaves. */
static void look_at_headers(struct judging *j, const struct flat_request *r)
{
	static const struct flat_text host = {"host", 4};
	struct some_entries by = row(j, j->column->n_sets);
	unsigned present = 0;

	if (is_name(j, &host)) {
		look_at(j, &r->host, r->host.n);
		return;
	}
	for (size_t i = 0; i < r->n_headers; i++) {
		const struct flat_text *value = &r->headers[i].value;

		if (!is_name(j, &r->headers[i].name))
			continue;
		if (present == 1) {
			make_room(j);
			memset(j->any, 0, j->file->n_words * sizeof(*j->any));
			add_to_any(j, &by);
		}
		by = row(j, accepted(j, value->s, value->n));
		if (present)
			add_to_any(j, &by);
		present = 1 + !!present;
	}
	if (present > 1)
		by = (struct some_entries){.bits = j->any};
	keep(j, &by);
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

static const struct flat_entry *first_of(const struct judging *j)
{
	const struct flat_entry *entries = at(j->file, j->file->entries);

	if (!j->left.bits)
		return j->left.alive ? &entries[j->left.list[__builtin_ctz(j->left.alive)]] : NULL;
	for (uint32_t i = 0; i < j->file->n_words; i++)
		if (j->left.bits[i])
			return &entries[i * L7_BITS + (uint32_t)__builtin_ctzll(j->left.bits[i])];
	return NULL;
}

const struct flat_entry *flat_judge(const struct flat_header *file,
				    const struct flat_request *request)
{
	const struct flat_column *columns = at(file, file->columns);
	struct judging j; /* its arrays are set as far as they are used */

	j.file = file;
	j.begun = false;
	j.left = (struct some_entries){0};
	for (uint32_t i = 0; i < file->n_columns; i++) {
		j.column = &columns[i];
		apply(&j, request);
		if (!j.left.bits && !j.left.alive)
			return NULL;
	}
	return first_of(&j);
}
