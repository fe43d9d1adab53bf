/* SPDX-License-Identifier: Apache-2.0 */
/* What it costs to compare one file of a large repository between two revisions. */
#pragma once

#include "tests/bench/bench.h"

/* Workloads of RESULT_VERIFY, by files of the repository. One variant reads the file alone. */
#define REVISIONS       "one file, two revisions"
#define REVISIONS_DIFF  "polc diff --git"
#define REVISIONS_CHECK "polc check"

void revisions_bench(struct bench *b);
