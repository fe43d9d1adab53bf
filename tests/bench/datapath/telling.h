/* SPDX-License-Identifier: Apache-2.0 */
/* What it costs a packet to be counted and told of: one policy, built with each of the wishes. */
#pragma once

#include "tests/bench/bench.h"

void telling_bench(struct bench *b);
