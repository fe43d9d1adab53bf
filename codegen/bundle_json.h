/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The JSON files of a bundle, as text: one array entry a line, so that a change of policy is
 * a readable diff. Names of files, keys and limits that writer and reader share are here too.
 */
#pragma once

#include "codegen/bundle.h"
#include "codegen/decisions.h"
#include "codegen/resources.h"
#include "codegen/shape.h"
#include "lang/base/buf.h"

#define BUNDLE_MANIFEST   "manifest.json"
#define BUNDLE_IR         "ir.json"
#define BUNDLE_RESOURCES  "resources.json"
#define BUNDLE_PEERS      "maps/peers.json"
#define BUNDLE_ENDPOINTS  "maps/endpoints.json"
#define BUNDLE_CLASSIFIER "maps/classifier.json"
#define BUNDLE_DECISIONS  "maps/decisions.json"
#define BUNDLE_TABLE      "maps/table-%u.json"
#define BUNDLE_SETS       "l7/"
#define BUNDLE_SET        ".l7"
#define BUNDLE_SHAPES     "shapes/"
#define BUNDLE_SOURCE     ".bpf.c"
#define BUNDLE_OBJECT     ".bpf.o"

/* The protocols as they are written in spans; by enum cls_proto. */
extern const char *const bundle_protos[CLS_N_PROTOS];

/* Can this be the name of an endpoint? One or more parts of letters, digits, '.', '_', ':'
 * and '-' with '/' between them, none of them "." or "..": it becomes part of paths. */
bool bundle_endpoint_name_ok(const char *name);

/* A file of a bundle, for the manifest. */
struct bundle_file {
	const char *name;
	const char *data;
	size_t size;
};
typedef VEC(struct bundle_file) bundle_files;

/* Appends maps/peers.json. Returns 0, or -EINVAL after reporting two endpoints that share an
 * address but not a class. */
int bundle_json_peers(const struct cls *cls, struct diag *diag, struct buf *out);
/* `numbers` are those of the table's decisions. */
void bundle_json_table(const struct cls_table *table, uint32_t n_classes, const uint32_t *numbers,
		       struct buf *out);
/* Appends the rule set of a decision that redirects, and names its file. Returns 0, or -EINVAL
 * after reporting that its expressions take too much. */
int bundle_put_set(const struct cls_decision *d, struct diag *diag, struct buf *out);
const char *bundle_set_name(struct arena *arena, size_t number);
void bundle_json_decisions(const struct gen_decisions *decisions, struct buf *out);
/* Appends maps/endpoints.json. Returns 0, or -EINVAL after reporting an impossible name. */
int bundle_json_endpoints(const struct cls *cls, const struct gen_shape *shapes, struct diag *diag,
			  struct buf *out);
void bundle_json_resources(const struct gen_resources *r, struct buf *out);
/* `shapes` are in order of their features, taken as a number; `compiler` is "clang 14.0.6". */
void bundle_json_manifest(const bundle_files *files, const gen_shape_list *shapes,
			  const struct sources *sources, const char *compiler, struct buf *out);
