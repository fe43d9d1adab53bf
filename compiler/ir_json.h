/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The IR as JSON, so that a bundle can explain itself. Complete and deterministic: the same
 * input gives the same bytes, and what was read again has the same meaning and gives them too.
 * Source names are as the user gave them.
 *
 *   {"format": 1, "tiers": [TIER...], "openOrders"?: [[RUN, RUN]...], "namespaces": [TEXT...],
 *    "endpoints": [ENDPOINT...], "assertions"?: [{"title", "at", "claims": [CLAIM...]}...]}
 *   TIER      {"name", "end": "deny"|"pass", "at", "policies": [POLICY...]}, in the order in which
 *             they decide
 *   RUN       {"first": index of a tier, "tiers": number of them}
 *   POLICY    {"id", "name", "kind", "at", "subjects": [SELECTOR...], "sparesNode"?: true,
 *              "ignore"?: {"findings": TEXT, "at"}, "ingress"?: DIRECTION, "egress"?: DIRECTION}
 *   DIRECTION {"governs": bool, "rules": [RULE...]}
 *   RULE      {"id", "action", "rank", "log"?: true, "at", "peers": [PEER...], "ports": [PORT...],
 *              "l7"?: {"kind": "http"|"grpc"|"kafka", "entries": [ENTRY...]}}
 *   ENTRY     {"deny"?: true, "verb", "object": VALUE, "where"?: [{"what":
 *              "header"|"host"|"client", "name"?, "value": VALUE}...], "at"}
 *   VALUE     {"is": TEXT} | {"matches": regular expression}
 *   ENDPOINT  {"name", "kind", "at", "namespace"?, "host"?: true, "labels": {key: value},
 *              "namespaceLabels": {key: value}, "addresses": [TEXT...], "ports": [{"name",
 *              "proto", "port"}...]}
 *   CLAIM     {"claim": "never"|"always"|"only", "at", "from": PEER, "to": PEER, "ports":
 *             [PORT...]}
 *   PEER      {"selector": SELECTOR} | {"entity": NAME}
 *             | {"cidr": {"in": [TEXT...], "except": [TEXT...], "matchEndpoints": bool}}
 *   SELECTOR  "none" | [{"scope": "endpoint"|"namespace", "key", "op", "values"?: [TEXT...]}...]
 *   PORT      {"none": true} | {"proto": NAME, "lo"?, "hi"?, "name"?}; ICMP counts
 *             type << 8 | code
 *
 * Policies and rules have the ids from 0 on, each once. A place ("at") is "file:line:column", or ""
 * where there is none. What stands inside a rule, a claim or the head of a policy has no place of
 * its own here. The node is in every IR, and the same, so it is not written.
 */
#pragma once

#include "compiler/ir.h"
#include "lang/base/buf.h"

struct diag;
struct lang;

enum {
	IR_JSON_FORMAT = 1,
	IR_JSON_MAX = 64 << 20, /* bytes that are read */
};

void ir_json(const struct ir *ir, const struct sources *sources, struct buf *out);

/*
 * Reads it again. Nothing of the text is believed, and what this version does not know is refused.
 * The IR lives in the arena of `lang`, as one that was resolved does; its files become sources
 * without text. `name` is what messages call the document.
 *
 * Returns 0 and an IR, or -EINVAL after one error to lang->diag.
 */
int ir_json_read(struct lang *lang, const char *name, const char *text, size_t n, struct ir **out);

/* --- an endpoint by itself ------------------------------------------------------------------ */

/* An ENDPOINT on one line, without place and namespace; `strings` has its keys, values and names.
 */
void ir_json_one(const struct intern *strings, const struct ir_endpoint *ep, struct buf *out);
/* Reads it again, into an IR of its own in `arena` that has nothing else. Returns 0, or -EINVAL
 * after one error to `diag`. */
int ir_json_read_one(const char *name, const char *text, size_t n, struct arena *arena,
		     struct diag *diag, struct ir **out);
