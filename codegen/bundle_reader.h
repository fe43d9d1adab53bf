/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside the bundle reader: verified files, and JSON of which nothing is believed. The manifest
 * is parsed in bundle_manifest.c, the parts of a bundle in bundle_parse.c, who decides in
 * bundle_decisions.c and bundle_policies.c, the order of things is in bundle_read.c.
 */
#pragma once

#include <jansson.h>

#include "codegen/bundle_json.h"

enum {
	BUNDLE_MAX_MANIFEST = 4 << 20,
	BUNDLE_MAX_JSON = 64 << 20,
	BUNDLE_MAX_OBJECT = 16 << 20,
	BUNDLE_MAX_MEMORY = 1 << 30, /* of everything that a bundle becomes */
};

/* What the manifest says of a file. */
struct bundle_entry {
	const char *name;
	size_t size;
	const char *hash;
	bool verified;
};

/* A shape that the manifest lists. */
struct bundle_listed {
	const char *name;
	struct gen_shape shape;
};

struct bundle_reader {
	const struct bundle_source *src;
	struct diag *diag;
	struct bundle *b;
	VEC(struct bundle_entry) entries; /* sorted by name */
	VEC(struct bundle_listed) shapes; /* sorted by features */
};

/* Reports what is wrong with a file of the bundle. Returns -EINVAL. */
int bundle_refuse(struct bundle_reader *r, const char *name, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

struct bundle_entry *bundle_entry_find(struct bundle_reader *r, const char *name);
/* Reads a file and checks its size and hash. The caller frees *data. */
int bundle_load(struct bundle_reader *r, const char *name, char **data, size_t *size);
/* The same, parsed. The caller drops the reference. */
int bundle_load_json(struct bundle_reader *r, const char *name, json_t **out);
int bundle_parse_json(struct bundle_reader *r, const char *name, const char *data, size_t size,
		      json_t **out);

/* Does the object have exactly these keys? The list ends with NULL. */
bool bundle_has_keys(const json_t *root, const char *const *keys);
/* A whole number from 0 to `max`, and nothing else. */
bool bundle_number(const json_t *value, uint32_t max, uint32_t *out);

/* The shape of this name of n characters; NULL: the manifest does not list it. */
const struct bundle_listed *bundle_find_listed(const struct bundle_reader *r, const char *name,
					       size_t n);
int bundle_parse_manifest(struct bundle_reader *r, const json_t *root);
int bundle_parse_peers(struct bundle_reader *r);
int bundle_parse_table(struct bundle_reader *r, uint32_t id);
int bundle_parse_endpoints(struct bundle_reader *r);
/* Policies and rules, which decisions refer to. */
int bundle_parse_policies(struct bundle_reader *r);
/* Who decides, if the bundle has it; before the tables. */
int bundle_parse_decisions(struct bundle_reader *r);
/* The rule sets that they ask; behind them. */
int bundle_read_sets(struct bundle_reader *r);
/* Who decides the cells of a table, which are known already; `rows` NULL: it does not say. */
int bundle_parse_decided(struct bundle_reader *r, const char *name, const json_t *rows,
			 struct bundle_table *t);
