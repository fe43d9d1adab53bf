/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside the reader of ir_json_read(). A value knows the way to it, for messages. What an object
 * may hold is a table of fields; each field has a function that checks and takes it over. Whoever
 * finds something wrong reports it, and the whole reading ends there.
 */
#pragma once

#include <jansson.h>

#include "compiler/ir.h"
#include "lang/base/diag.h"

struct ir_value {
	json_t *json;
	const struct ir_value *up; /* NULL: the document itself */
	const char *key;           /* in an object; NULL: in a list, at `index` */
	size_t index;
};

struct ir_reader {
	struct diag *diag;      /* borrowed, as the next two */
	struct sources *places; /* gets the files that places are in; NULL: there are no places */
	struct arena *arena;    /* of all that is read */
	struct ir *ir;
	const char *name;    /* of the document */
	struct loc here;     /* the place read last: of what is being read now */
	struct intern files; /* of places; index into `sources` */
	VEC(uint32_t) sources;
	struct intern tiers, policies, namespaces; /* names that have been seen */
};

typedef int ir_read_fn(struct ir_reader *r, const struct ir_value *v, void *to);

enum ir_need { IR_REQUIRED, IR_OPTIONAL };

/* A field of an object: `read` gets the address `at` bytes into what the object becomes. */
struct ir_field {
	const char *key;
	ir_read_fn *read;
	size_t at;
	enum ir_need need;
	bool list; /* `read` is called for each item of a list */
};

/* The rest are designated initializers, where they are not zero. */
#define IR_FIELD(name, fn, ...)                                                                    \
	{                                                                                          \
		.key = (name), .read = (fn), __VA_ARGS__                                           \
	}

/* Makes the rest of a reader whose first members up to `arena`, and the name, are set; its IR is
 * empty. */
void ir_reader_init(struct ir_reader *r);
/* Parses the text, and has `read` take the document over. */
int ir_read_document(struct ir_reader *r, const char *text, size_t n, ir_read_fn *read, void *to);

/* Reports what is wrong with a value. Returns -EINVAL. */
int ir_refuse(struct ir_reader *r, const struct ir_value *v, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Reads the fields in the order of the table, which ends with one without key. `seen` (may be
 * NULL) gets a bit for each that is there. */
int ir_read_object(struct ir_reader *r, const struct ir_value *v, const struct ir_field *fields,
		   void *to, unsigned *seen);
int ir_read_list(struct ir_reader *r, const struct ir_value *v, ir_read_fn *each, void *to);

/* A whole number from 0 to `max`. */
int ir_read_number(struct ir_reader *r, const struct ir_value *v, uint32_t max, uint32_t *out);

/* One of the words that word(0), ... word(n - 1) are. */
typedef const char *ir_word_fn(unsigned i);
int ir_read_word(struct ir_reader *r, const struct ir_value *v, ir_word_fn *word, unsigned n,
		 unsigned *out);

/* For tables; what `to` points to is in the name, or said here. */
ir_read_fn ir_read_u32, ir_read_u16, ir_read_bool;
ir_read_fn ir_read_true;    /* a bool that is left out where it is false */
ir_read_fn ir_read_text;    /* a const char *: any text */
ir_read_fn ir_read_name;    /* a const char *: a text that is not empty, on one line */
ir_read_fn ir_read_word_id; /* a uint32_t: a name, interned */
ir_read_fn ir_read_place;   /* a struct loc; also r->here */

/* A text on one line, which may be empty, interned: the value of a label. */
int ir_read_label_value(struct ir_reader *r, const struct ir_value *v, uint32_t *out);

/* --- match.c: what they make has the place r->here ------------------------------------- */

ir_read_fn ir_read_selector, ir_read_port; /* a struct ir_... */
/* Of what comes in kinds, each with fields of its own. `kinds` says which, as bits of a table of
 * fields. The kind that has just those seen, or `n`. */
unsigned ir_read_kind(const unsigned *kinds, unsigned n, unsigned seen);
/* --- peer.c: a struct ir_peer, with the place r->here */
ir_read_fn ir_read_peer;
/* --- l7.c: a struct ir_l7; its regular expressions are compiled */
ir_read_fn ir_read_l7;
int ir_read_proto(struct ir_reader *r, const struct ir_value *v, uint16_t *out);
/* A protocol whose ports have names. */
int ir_read_named_proto(struct ir_reader *r, const struct ir_value *v, uint16_t *out);

/* --- policy.c, inventory.c, assert.c: items of the document's lists; `to` is the struct ir ---- */

/* Makes room for all policies and rules of a list of tiers, so that each has its place by its id.
 */
void ir_read_make_room(struct ir_reader *r, const json_t *tiers);
ir_read_fn ir_read_tier, ir_read_open_order;
ir_read_fn ir_read_namespace, ir_read_endpoint;
ir_read_fn ir_read_assert;
