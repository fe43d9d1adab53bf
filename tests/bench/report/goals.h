/* SPDX-License-Identifier: Apache-2.0 */
/* The goals of the datapath, each as a ratio or difference of numbers of the same run. */
#pragma once

#include "tests/bench/bench.h"

/* Prints a line for each: what was wanted, what was measured, met or missed. */
json_t *goals_print(const struct results *r);
