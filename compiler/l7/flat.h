/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A rule set as a file, which several processes map and ask. It stands wherever it is mapped, at a
 * multiple of 8; numbers are in the byte order of the machine, as it never leaves it. Offsets are
 * bytes from the beginning of the file.
 *
 * What a request touches is small, so that it stays in the caches: of a state there are only the
 * ways that lead somewhere, those of many states in one array, in each other's gaps; of a run of
 * characters after which alone something can match there is the text, and no states; and of few
 * entries their numbers, and no bits.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct l7_ruleset;

#define FLAT_MAGIC "polcL7\r\n"
enum { FLAT_VERSION = 2, FLAT_SHA256 = 32, FLAT_MAX_ENTRIES = 1 << 16, FLAT_MAX_IDS = 1 << 16 };

struct flat_header {
	char magic[8];
	uint8_t sha256[FLAT_SHA256]; /* of all that follows */
	uint32_t version, size;      /* of the whole file */
	uint32_t n_entries, n_words; /* of 64 entries each; bits behind the last entry are clear */
	uint32_t entries;            /* offset of struct flat_entry[] */
	uint32_t n_columns, columns; /* offset of struct flat_column[] */
	uint32_t reserved;
};

/* In the order of decision. */
struct flat_entry {
	uint32_t rule, index; /* ir_rule.id, and the place among its entries */
	uint32_t line;        /* where it is written */
	uint32_t deny;
};

/* All n_entries of a file that was checked. */
static inline const struct flat_entry *flat_entries(const struct flat_header *file)
{
	return (const void *)((const char *)file + file->entries);
}

/*
 * Where a step leads: the index of a state or of a run, and how to go on there. The lowest byte
 * is whose step it is.
 *
 * A state is an index into the cells. By a byte of class k one goes to what the cell k behind it
 * says, if its lowest byte is k; if not, nothing matches any more. The class n_classes stands for
 * the end of the text: there the index is that of the set of expressions that match; without a cell
 * it is the empty one, 0. No two states have one index.
 */
enum {
	FLAT_RUN = 1 << 8,    /* the index is one of a run */
	FLAT_LOOP = 1 << 9,   /* of a state that many bytes leave as it is */
	FLAT_FINAL = 1 << 10, /* of one that all of 0x20 to 0x7f leave as it is */
	FLAT_INDEX = 11,      /* the bits from here on */
	FLAT_MAX_INDEX = 1 << (32 - FLAT_INDEX),
	FLAT_NO_CLASS = 0xff, /* the lowest byte of a cell that is nobody's */
	FLAT_MAX_CLASSES = FLAT_NO_CLASS - 1,
};

struct flat_column {
	uint32_t source;           /* enum l7_source */
	uint32_t name, name_len;   /* HEADER: offset, and length; of lower-case letters */
	uint32_t whole_characters; /* bytes behind the first of a character lead nowhere else */
	uint32_t start;            /* as in a cell */
	uint32_t n_classes, n_cells, n_runs, n_sets;
	uint32_t classes; /* offset of uint8_t[256] */
	uint32_t cells;   /* offset of uint32_t[n_cells] */
	uint32_t runs;    /* offset of struct flat_run[] */
	uint32_t rows;    /* offset of struct flat_row[n_sets + 1]; the last: there is no value */
};

/* A text and where it leads: as in a cell, the lowest byte is its length, at least 1. */
enum { FLAT_RUN_TEXT = 12 };
struct flat_run {
	uint32_t to;
	char text[FLAT_RUN_TEXT]; /* zeros behind its end */
};

/* The entries that a set leaves: up to this many as numbers, in order. */
enum { FLAT_MAX_LIST = 32, FLAT_BITS = FLAT_MAX_LIST + 1 };
struct flat_row {
	uint32_t n;       /* FLAT_BITS: they are bits */
	uint32_t entries; /* offset of uint16_t[n], or of uint64_t[n_words] */
};

/* Writes the file behind what is in `out`, which is empty. NULL, or why it cannot be a file. */
const char *flat_write(const struct l7_ruleset *set, struct buf *out);

/* --- asking ------------------------------------------------------------------------------- */

/* NULL, or what is wrong with a file that is no rule set, or not a whole one. Whoever asks one that
 * was not checked may read anywhere. */
const char *flat_check(const void *file, size_t size);

struct flat_text {
	const char *s; /* NULL: there is none */
	size_t n;
};

struct flat_header_line {
	struct flat_text name, value;
};

struct flat_request {
	struct flat_text method, path, host;    /* as they were sent */
	const struct flat_header_line *headers; /* all but Host */
	size_t n_headers;
	struct flat_text api, topic, client;
};

/* The entry that decides, or NULL: no entry matches, which denies. */
const struct flat_entry *flat_judge(const struct flat_header *file,
				    const struct flat_request *request);
