/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The classifier as JSON, for the bundle.
 *
 *   {"format": 1, "foreseen": "none"|"here"|"all", "atoms": [PEER...], "names": [NAME...],
 * "sparesNode"?: true, "classes": [CLASS...], "selections": [SELECTION...], "recipes": [RECIPE...]}
 *   CLASS      {"atoms": [index...], "ports"?: [number|null...], "node"?: true}, by its number;
 *              indices go up; a port for each of the names, null where a peer has none
 *   SELECTION  {"subjects": [SELECTOR...], "concerns": [DIRECTION...], "ports"?: [NAME...]}
 *   RECIPE     {"direction": DIRECTION, "selections": [index...], "ports"?: [number|null...],
 *              "table": number}
 *   NAME       {"proto", "name"}
 *
 * PEER and SELECTOR as in ir.json (compiler/ir_json.h).
 */
#pragma once

#include "compiler/classes/classifier.h"
#include "lang/base/buf.h"

struct diag;

enum { CLS_CLASSIFIER_FORMAT = 1 };

const char *cls_foreseen_name(enum cls_foreseen f); /* "none", "here", "all" */
void cls_classifier_json(const struct cls_classifier *c, struct buf *out);

/* How many classes and tables there must be. */
struct cls_classifier_limits {
	uint32_t classes, tables;
};

/*
 * Reads it again; nothing of the text is believed. The classifier lives in `arena`, and has
 * strings of its own, to which the caller may add. Returns 0, or -EINVAL after one error to
 * `diag`, which calls the document `name`.
 */
int cls_classifier_read(const char *name, const char *text, size_t n,
			const struct cls_classifier_limits *limits, struct arena *arena,
			struct diag *diag, struct cls_classifier **out);
