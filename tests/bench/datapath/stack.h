/* SPDX-License-Identifier: Apache-2.0 */
/* Times a packet through the network stack, and counts verdicts there that are not the
 * policy's. */
#pragma once

#include "tests/bench/bench.h"

void stack_bench(struct bench *b, struct field *f);
