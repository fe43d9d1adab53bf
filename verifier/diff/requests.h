/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules that judge requests. What such a rule asks is known by its text, so that rules of either
 * side are one where they say the same in the same words. Private to verifier/diff/.
 */
#pragma once

#include <jansson.h>

#include "compiler/l7/space.h"
#include "verifier/diff/world.h"

enum { DIFF_NO_REQUESTS = 0 };

void diff_requests_init(struct diff_world *w);
/* What the rule asks, by number; NO_REQUESTS: it lets every request pass, or none. */
uint32_t diff_asks(struct diff_world *w, const struct ir_rule *rule);
/* A rule that asks this. */
const struct ir_rule *diff_asking_rule(const struct diff_world *w, uint32_t asks);
/* The outcome of rules that judge together: n > 0 numbers of diff_asks(), each once, in order. */
uint32_t diff_judges(struct diff_world *w, const uint32_t *asks, size_t n);

/* Looks for a request that the one lets through and the other does not; either is judged by rules.
 * FOUND: `out` is one, in the arena of the world, and the interpreter agrees. */
enum l7_answer diff_find_request(struct diff_world *w, const struct diff_passage *lets,
				 const struct diff_passage *stops, const struct ir_request **out);

json_t *diff_request_json(const struct ir_request *r);
void diff_request_text(const struct ir_request *r, struct buf *out);
