/* SPDX-License-Identifier: Apache-2.0 */
/*
 * YAML documents as trees of typed nodes with places, the form in which the readers see
 * Kubernetes objects. Nothing here knows what the fields mean.
 *
 * Plain scalars are typed as Kubernetes types them (sigs.k8s.io/yaml: YAML 1.1 rules, so
 * `yes`, `on` and `0x50` are no strings). Duplicate keys, keys that are no strings, unknown
 * tags and cyclic aliases are refused here. An alias shares the node of its anchor; each use
 * counts against the limit of nodes. Merge keys are carried out (merge.h). JSON is read by its own
 * rules (json.h).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lang/base/arena.h"
#include "lang/base/source.h"

/* X(name, what a message calls it) */
#define YAML_KINDS(X)                                                                              \
	X(NULL, "null")                                                                            \
	X(BOOL, "a boolean")                                                                       \
	X(INT, "a number")                                                                         \
	X(FLOAT, "a fraction")                                                                     \
	X(STR, "a string")                                                                         \
	X(SEQ, "a list")                                                                           \
	X(MAP, "an object")

enum yaml_kind {
#define X(name, text) YAML_##name,
	YAML_KINDS(X)
#undef X
};

struct yaml_pair {
	struct loc key_loc;
	const char *key;
	struct yaml_node *value;
};

struct yaml_node {
	enum yaml_kind kind;
	bool quoted;     /* a scalar that can only be a string */
	uint32_t weight; /* nodes from here down, aliases expanded; saturates */
	struct loc loc;  /* quotes and brackets included */
	union {
		struct {
			const char *text; /* any scalar, as written but unquoted */
			int64_t number;   /* INT; BOOL: 0 or 1 */
		};
		VEC(struct yaml_node *) items;
		VEC(struct yaml_pair) pairs;
	};
};

const char *yaml_kind_name(enum yaml_kind k);

/* NULL if the mapping lacks the key or the node is no mapping. */
const struct yaml_node *yaml_get(const struct yaml_node *map, const char *key);
/* Is it a text, a list or a map that is not empty? NULL is none. */
bool yaml_says_something(const struct yaml_node *n);

/* The type of a plain (unquoted, untagged) scalar. *number: the value of INT and BOOL. */
enum yaml_kind yaml_resolve(const char *text, int64_t *number);
/* `y`, `n`, `Y`, `N`: booleans to kubectl, and strings to most others. */
bool yaml_is_letter(const char *text);

struct lang;
struct yaml_stream;

/* Reads the documents of one registered source, one by one. */
struct yaml_stream *yaml_stream_new(struct lang *l, uint32_t file);
void yaml_stream_free(struct yaml_stream **s);

/*
 * Builds the next document in `arena`. 1: *out is its root; 0: no more documents;
 * -EINVAL: this document is broken and reported, the next call goes on behind it.
 */
int yaml_stream_next(struct yaml_stream *s, struct arena *arena, struct yaml_node **out);
/* The text of the document that was last given out, or that failed, and where it is; at the end of
 * the file `end_line` is beyond it. If the stream was given up at a limit it is all the rest. */
const char *yaml_stream_text(struct yaml_stream *s, size_t *len, struct loc *loc);
bool yaml_stream_limited(const struct yaml_stream *s);
