/* SPDX-License-Identifier: Apache-2.0 */
#include <sha256.h>
#include <string.h>

#include "compiler/l7/flat.h"
#include "compiler/l7/ruleset.h"

struct check {
	const struct flat_header *file;
	size_t size;
};

/* n things of this size at this offset, as aligned as they have to be. */
static bool has(const struct check *c, uint32_t offset, uint64_t n, size_t size, size_t align)
{
	return offset % align == 0 && offset <= c->size && n <= (c->size - offset) / size;
}

static const void *at(const struct check *c, uint32_t offset)
{
	return (const char *)c->file + offset;
}

/* Is there such a state or run? */
static bool leads_somewhere(const struct flat_column *k, uint32_t to)
{
	uint32_t index = to >> FLAT_INDEX;

	return to & FLAT_RUN ? index < k->n_runs : index + k->n_classes < k->n_cells;
}

static bool cells_are_good(const struct check *c, const struct flat_column *k)
{
	const uint32_t *cells = at(c, k->cells);

	for (uint32_t i = 0; i < k->n_cells; i++) {
		uint8_t class = (uint8_t)cells[i];

		if (class == FLAT_NO_CLASS)
			continue;
		if (class == k->n_classes ? cells[i] >> FLAT_INDEX >= k->n_sets
					  : !leads_somewhere(k, cells[i]))
			return false;
	}
	return true;
}

static bool runs_are_good(const struct check *c, const struct flat_column *k)
{
	const struct flat_run *runs = at(c, k->runs);

	for (uint32_t i = 0; i < k->n_runs; i++) {
		uint8_t len = (uint8_t)runs[i].to;

		if (!len || len > FLAT_RUN_TEXT || !leads_somewhere(k, runs[i].to))
			return false;
	}
	return true;
}

static bool automaton_is_good(const struct check *c, const struct flat_column *k)
{
	const uint8_t *classes = at(c, k->classes);

	if (!has(c, k->classes, 256, 1, 1) ||
	    !has(c, k->cells, k->n_cells, sizeof(uint32_t), sizeof(uint32_t)) ||
	    !has(c, k->runs, k->n_runs, sizeof(struct flat_run), sizeof(uint32_t)))
		return false;
	for (int i = 0; i < 256; i++)
		if (classes[i] >= k->n_classes)
			return false;
	return leads_somewhere(k, k->start) && cells_are_good(c, k) && runs_are_good(c, k);
}

static bool list_is_good(const struct check *c, const struct flat_row *row)
{
	const uint16_t *entries = at(c, row->entries);

	if (!has(c, row->entries, row->n, sizeof(*entries), sizeof(*entries)))
		return false;
	for (uint32_t i = 0; i < row->n; i++)
		if (entries[i] >= c->file->n_entries)
			return false;
	return true;
}

/* Bits behind the last entry would name one that is not there. */
static bool bits_are_good(const struct check *c, const struct flat_row *row)
{
	uint32_t words = c->file->n_words, used = c->file->n_entries % L7_BITS;
	const uint64_t *bits = at(c, row->entries);

	return has(c, row->entries, words, sizeof(*bits), sizeof(*bits)) &&
	       !(bits[words - 1] >> used);
}

static bool rows_are_good(const struct check *c, const struct flat_column *k)
{
	const struct flat_row *rows = at(c, k->rows);

	if (!has(c, k->rows, (uint64_t)k->n_sets + 1, sizeof(*rows), sizeof(uint32_t)))
		return false;
	for (uint32_t i = 0; i <= k->n_sets; i++)
		if (rows[i].n > FLAT_BITS || !(rows[i].n == FLAT_BITS ? bits_are_good(c, &rows[i])
								      : list_is_good(c, &rows[i])))
			return false;
	return true;
}

static bool column_is_good(const struct check *c, const struct flat_column *k)
{
	return k->source <= L7_CLIENT && k->n_classes && k->n_classes <= FLAT_MAX_CLASSES &&
	       k->n_cells <= FLAT_MAX_INDEX && k->n_runs <= FLAT_MAX_INDEX && k->n_sets &&
	       k->n_sets <= FLAT_MAX_INDEX && has(c, k->name, k->name_len, 1, 1) &&
	       automaton_is_good(c, k) && rows_are_good(c, k);
}

/* With no column nothing is taken out, and all entries match. */
static const char *check_parts(const struct check *c)
{
	const struct flat_header *h = c->file;
	const struct flat_column *columns = at(c, h->columns);

	if (h->n_entries > FLAT_MAX_ENTRIES || h->n_words != h->n_entries / L7_BITS + 1 ||
	    !h->n_columns ||
	    !has(c, h->entries, h->n_entries, sizeof(struct flat_entry), sizeof(uint32_t)) ||
	    !has(c, h->columns, h->n_columns, sizeof(*columns), sizeof(uint32_t)))
		return "its parts do not fit together";
	for (uint32_t i = 0; i < h->n_columns; i++)
		if (!column_is_good(c, &columns[i]))
			return "its parts do not fit together";
	return NULL;
}

static bool sum_is_right(const struct check *c)
{
	const size_t hashed = offsetof(struct flat_header, version);
	uint8_t sha256[FLAT_SHA256];
	SHA2_CTX sha;

	SHA256Init(&sha);
	SHA256Update(&sha, (const uint8_t *)c->file + hashed, c->size - hashed);
	SHA256Final(sha256, &sha);
	return memcmp(sha256, c->file->sha256, FLAT_SHA256) == 0;
}

const char *flat_check(const void *file, size_t size)
{
	struct check c = {file, size};

	if (size < sizeof(*c.file) || memcmp(c.file->magic, FLAT_MAGIC, sizeof(c.file->magic)))
		return "it is no rule set";
	if (c.file->version != FLAT_VERSION)
		return "it is a rule set of another version of polc";
	if (c.file->size != size)
		return "it is not whole";
	if (!sum_is_right(&c))
		return "its checksum is wrong";
	return check_parts(&c);
}
