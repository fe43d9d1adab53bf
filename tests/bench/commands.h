/* SPDX-License-Identifier: Apache-2.0 */
/* What check, build and reach cost, as commands that a user runs. */
#pragma once

#include "tests/bench/bench.h"

void commands_bench(struct bench *b);
