/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The IR as JSON, so that a bundle can explain itself. Complete and deterministic: the same
 * input gives the same bytes. Source names are as the user gave them.
 *
 *   {"tiers": [{"name", "end": "deny"|"pass", "policies": [POLICY...]}...],
 *    "endpoints": [{"name", "kind", "host"?: true, "labels": {key: value}, "namespaceLabels":
 *        {key: value}, "addresses": [TEXT...], "ports": [{"name", "proto", "port"}...]}...],
 *    "assertions"?: [{"title", "at", "claims": [CLAIM...]}...]}
 *   POLICY    {"id", "name", "kind", "at": "file:line:column", "subjects": [SELECTOR...],
 *              "sparesNode"?: true, "ingress"?: DIRECTION, "egress"?: DIRECTION}
 *   DIRECTION {"governs": bool, "rules": [RULE...]}
 *   RULE      {"id", "action", "rank", "log"?: true, "at", "peers": [PEER...], "ports": [PORT...]}
 *   CLAIM     {"claim": "never"|"always"|"only", "at", "from": PEER, "to": PEER, "ports":
 *             [PORT...]}
 *   PEER      {"selector": SELECTOR} | {"entity": NAME}
 *             | {"cidr": {"in": [TEXT...], "except": [TEXT...], "matchEndpoints": bool}}
 *   SELECTOR  "none" | [{"scope": "endpoint"|"namespace", "key", "op", "values"?: [TEXT...]}...]
 *   PORT      {"none": true} | {"proto": NAME, "lo"?, "hi"?, "name"?}; ICMP counts
 *             type << 8 | code
 */
#pragma once

#include "compiler/ir.h"
#include "lang/base/buf.h"

void ir_json(const struct ir *ir, const struct sources *sources, struct buf *out);
