/* SPDX-License-Identifier: Apache-2.0 */
/* TCP connections a second, with policy and without: opening and closing goes through conntrack. */
#pragma once

#include "tests/bench/bench.h"

void connect_bench(struct bench *b);
