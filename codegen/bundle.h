/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bundle: a directory with everything a node needs, and nothing it must compile.
 *
 *   manifest.json          format, tool, compiler, source hashes, the features of each shape,
 *                          SHA-256 and size of every file
 *   resources.json         what it costs a node (codegen/resources.h)
 *   ir.json                the whole policy and inventory, so that a node can explain itself
 *   shapes/NAME.bpf.c .o   one program pair a shape (codegen/shape.h), by its hash
 *   maps/peers.json        addresses and prefixes -> peer class
 *   maps/decisions.json    if they were asked for: who decided, by number (codegen/decisions.h)
 *   maps/classifier.json   if endpoints may come that the inventory does not know: their class and
 *                          tables, by their labels (compiler/classes/classifier_json.h)
 *   maps/table-N.json      one verdict table (compiler/classes/classes.h), with the number of
 *                          the decision of each cell if there are decisions
 *   l7/N.l7                of decision number N, if it redirects: the rule set that judges
 *                          (compiler/l7/flat.h)
 *   maps/endpoints.json    endpoint -> addresses, shape, ingress and egress table
 *
 * The same input gives the same bytes; sources have the names of codegen/source_names.h. The
 * reader trusts nothing: every size, index and hash is checked before it is used.
 */
#pragma once

#include "compiler/classes/classes.h"
#include "lang/base/arena.h"
#include "lang/base/diag.h"
#include "lang/base/net.h"

struct lang;
struct flat_header;
struct gen_resources;

enum { BUNDLE_FORMAT = 6, BUNDLE_HASH_STRLEN = 65 };

/* --- writing ------------------------------------------------------------------------ */

struct bundle_options {
	const char *bpf_dir;   /* where the datapath headers are; NULL: the installed ones */
	const char *clang;     /* NULL: the one found by configure */
	const char *cache_dir; /* objects by content hash; NULL: no cache */

	/* What the programs do besides; the last two need tables that know who decided. */
	bool uncounted; /* do not even count reasons */
	bool rules;     /* count the packets of each rule */
	bool events;    /* tell of dropped packets */
	bool general;   /* one program for everybody, so that no change ever needs another */

	/* What is proven to fit: any so many endpoints on a node (0: the usual 110), and the
	 * identities of cls_options. The report is left in *resources, unless NULL; it lives as
	 * long as the IR. */
	uint32_t node_endpoints, identities;
	struct work *work; /* borrowed; NULL: nobody watches */
	struct gen_resources *resources;
};

/*
 * Generates, compiles and writes a bundle. The directory appears whole or not at all; an
 * existing bundle or empty directory there is replaced, anything else there is an error.
 * Returns 0; -EINVAL, -EEXIST, -E2BIG, -EIO after reporting to `diag`.
 */
int bundle_write(const struct cls *cls, const struct sources *sources, const char *dir,
		 const struct bundle_options *opts, struct diag *diag);

/* --- reading ------------------------------------------------------------------------ */

struct bundle_peer {
	struct net_addr addr;
	uint32_t cls;
};

struct bundle_cidr {
	struct net_prefix prefix; /* 0.0.0.0/0 and ::/0 are always there */
	uint32_t cls;
	uint32_t node; /* the class of an address of the node's own */
};

/* What ir.json says of policies and their rules. `at` is "file:line:column", or empty. */
struct bundle_policy {
	const char *name, *kind, *at;
};

struct bundle_rule {
	const struct bundle_policy *policy;
	enum ir_dir dir;
	enum ir_action action;
	const char *at;
	/* Of one that looks at requests: alike where subjects, peers and ports are. */
	const char *about;
};

/* Who decided a cell, as in struct cls_decision. */
struct bundle_decision {
	enum ir_outcome outcome;
	enum ir_dir dir;
	const struct bundle_rule *rule;
	const char *tier; /* whose end decided; NULL: a rule did, or nobody */
	VEC(const struct bundle_policy *) governing;
	VEC(const struct bundle_rule *) asked; /* of a redirect: the first is `rule` */
	const struct flat_header *set;         /* of a redirect: its entries are theirs */
};

struct bundle_table {
	uint32_t id; /* index in the bundle */
	uint32_t n_rows, n_cols;
	uint8_t *cells;         /* n_rows * n_cols of enum ir_outcome; redirects are decided */
	uint32_t *row_of_class; /* n_classes */
	VEC(struct cls_span) spans;
	uint16_t *decided; /* n_rows * n_cols, into bundle.decisions; NULL: nobody asked */
};

struct bundle_shape {
	uint32_t id; /* index in the bundle */
	const char *name;
	const char *title;  /* name and features, for messages */
	uint32_t features;  /* set of enum gen_feature */
	const void *object; /* the ELF file */
	size_t object_size;
	const char *object_hash; /* SHA-256, hexadecimal */
};

struct bundle_endpoint {
	const char *name; /* "shop/cart-1" */
	VEC(struct net_addr) addrs;
	const struct bundle_shape *shape;
	const struct bundle_table *tables[IR_N_DIRS];
};

struct bundle {
	struct arena arena;
	char hash[BUNDLE_HASH_STRLEN]; /* SHA-256 of manifest.json: the bundle's identity */
	const char *compiler;          /* of its programs: "clang 14.0.6" */
	uint32_t n_classes;
	VEC(struct bundle_peer) peers;
	VEC(struct bundle_cidr) cidrs;
	VEC(struct bundle_table *) tables; /* all of them with decisions, or none */
	VEC(struct bundle_shape *) shapes;
	VEC(struct bundle_endpoint) endpoints; /* sorted by name */

	struct cls_classifier *classifier; /* NULL: of the inventory's endpoints only */

	/* By id, from ir.json; only if the tables have decisions. */
	VEC(const char *) tiers;
	VEC(struct bundle_policy) policies;
	VEC(struct bundle_rule) rules;
	VEC(struct bundle_decision) decisions; /* of all tables, each once, by number */
};

/* Where the files of a bundle come from: a directory, or memory in a test. The reader
 * frees *data with free(). Returns 0 or -errno. */
struct bundle_source {
	int (*read)(void *ctx, const char *name, size_t limit, char **data, size_t *size);
	void *ctx;
};

/* Returns 0, or -EINVAL after reporting what is missing, malformed or does not match its
 * hash, or -ENOMEM after reporting that. The caller frees with bundle_free(). */
int bundle_read(const char *dir, struct diag *diag, struct bundle **out);
int bundle_read_from(const struct bundle_source *src, struct diag *diag, struct bundle **out);
void bundle_free(struct bundle **b);
const struct bundle_endpoint *bundle_find_endpoint(const struct bundle *b, const char *name);
/* NULL if no endpoint of the inventory has the address. */
const struct bundle_peer *bundle_find_peer(const struct bundle *b, const struct net_addr *addr);
/* The longest prefix that has the address; never NULL, as 0.0.0.0/0 and ::/0 are there. */
const struct bundle_cidr *bundle_find_cidr(const struct bundle *b, const struct net_addr *addr);
