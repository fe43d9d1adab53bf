/* SPDX-License-Identifier: Apache-2.0 */
/* How long it takes from a changed policy, compiled, until every endpoint of a node follows it. */
#pragma once

#include "tests/bench/bench.h"

void change_bench(struct bench *b);
