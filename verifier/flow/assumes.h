/* SPDX-License-Identifier: Apache-2.0 */
/* What answers about an inventory take to be so though the input does not say it, for programs;
 * people read the notes of reading. */
#pragma once

#include <jansson.h>

struct ir;

/* [{"code": "namespace-labels", "namespaces": [...], "labels": [...]}, {"code": "pod-labels",
 * "workloads": [...], "labels": [...]}]: these namespaces do not have these labels, the pods of
 * these workloads have these with no value that a selector asks for. Empty if the input says all
 * that is asked for. */
json_t *flow_assumes_json(const struct ir *ir);
/* Makes that the member `assumes` of an object, which has none if there is nothing. */
void flow_assumes_set_json(const struct ir *ir, json_t *object);
