/* SPDX-License-Identifier: Apache-2.0 */
/* What an inventory costs that has a policy of its own for each pod. */
#pragma once

#include "tests/bench/bench.h"

/* Workloads of RESULT_VERIFY, by pods; ports go by numbers, or by names that pods give them. */
#define INVENTORY          "inventory"
#define INVENTORY_NAMED    "inventory, named ports"
#define INVENTORY_CHECK    "check"
#define INVENTORY_DIFF     "diff, one label"
#define INVENTORY_DIFF_POD "diff, a pod's label"
#define INVENTORY_REACH    "reach --group"

/* Half as many pods and all of them, to see how the time grows. */
enum { INVENTORY_PODS = 5000 };

void inventory_bench(struct bench *b);
