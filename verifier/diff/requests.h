/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules that judge requests. What such a rule asks is known by its text, so that rules of either
 * side are one where they say the same in the same words. Private to verifier/diff/.
 */
#pragma once

#include "verifier/diff/world.h"

enum { DIFF_NO_REQUESTS = 0 };

void diff_requests_init(struct diff_world *w);
/* What the rule asks, by number; NO_REQUESTS: it lets every request pass, or none. */
uint32_t diff_asks(struct diff_world *w, const struct ir_rule *rule);
/* The outcome of rules that judge together: n > 0 numbers of diff_asks(), each once, in order. */
uint32_t diff_judges(struct diff_world *w, const uint32_t *asks, size_t n);
