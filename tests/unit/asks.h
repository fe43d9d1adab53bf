/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What rules ask of requests, by hand, beside an IR by hand (irb.h):
 *
 *   "http GET /a|-any /.*c" (entries; '-' denies), "http GET /a x=1" (a header), "grpc call s/M",
 *   "kafka produce t"
 *
 * and requests that such rules tell apart.
 */
#pragma once

#include "tests/unit/irb.h"

void asks_set(struct irb *b, struct ir_rule *rule, const char *text);
const char *asks_draw(struct random *r);

extern const struct ir_request asks_requests[];
extern const size_t asks_n_requests;

/* Do both ask the same of requests, in the same words? */
bool asks_same(const struct ir_rule *a, const struct ir_rule *b);
