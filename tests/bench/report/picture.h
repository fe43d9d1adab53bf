/* SPDX-License-Identifier: Apache-2.0 */
/* The cost of a packet against the number of rules, as bench.svg. */
#pragma once

#include <stdbool.h>

#include "tests/bench/report/results.h"

/* Draws with gnuplot; nothing where it is missing or there is only one size. False: it failed. */
bool picture_draw(const struct results *r, const char *path);
