/* SPDX-License-Identifier: Apache-2.0 */
/* What judging a request costs, beside what else tells which of many expressions match. */
#pragma once

#include "tests/bench/bench.h"

#define REQUESTS           "requests"
#define REQUESTS_POLC      "polc"
#define REQUESTS_HYPERSCAN "Hyperscan"
#define REQUESTS_RE2       "RE2::Set"

void requests_bench(struct bench *b, unsigned rules);
