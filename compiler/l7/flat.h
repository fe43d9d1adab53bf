/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A rule set as a file, which several processes map and ask. It stands wherever it is mapped, at a
 * multiple of 8; numbers are in the byte order of the machine, as it never leaves it. Offsets are
 * bytes from the beginning of the file.
 *
 * A column's automaton is smaller here: of a run of characters after which alone something can
 * match there is the text, and no states.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct l7_ruleset;

#define FLAT_MAGIC "polcL7\r\n"
enum { FLAT_VERSION = 1, FLAT_SHA256 = 32, FLAT_MAX_ENTRIES = 1 << 16, FLAT_MAX_IDS = 1 << 16 };

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

/* `next` and the start are ids: first those of states, 0 the one that nothing leads out of, then
 * those of runs. */
struct flat_column {
	uint32_t source;           /* enum l7_source */
	uint32_t name, name_len;   /* HEADER: offset, and length; of lower-case letters */
	uint32_t whole_characters; /* bytes behind the first of a character do not count */
	uint32_t start;
	uint32_t n_states, n_classes, n_runs, n_sets;
	uint32_t classes; /* offset of uint8_t[256] */
	uint32_t next;    /* offset of uint16_t[n_states][n_classes] */
	uint32_t accepts; /* offset of uint16_t[n_states]: which set; 0 is the empty one, as runs
			     have */
	uint32_t runs;    /* offset of struct flat_run[] */
	uint32_t rows;    /* offset of uint64_t[n_sets + 1][n_words]; the last: there is no value */
};

struct flat_run {
	uint32_t text; /* offset */
	uint16_t len;  /* at least 1 */
	uint16_t next;
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
