/* SPDX-License-Identifier: Apache-2.0 */
/* What check, diff and reach cost, by size, beside a solver that is asked about every pair. */
#pragma once

#include "tests/bench/verifier/cluster.h"
#include "tests/bench/verifier/commands.h"

/* Names of the workloads of RESULT_VERIFY and RESULT_VERIFY_MEMORY. */
#define VERIFY_CHECK     "check"
#define VERIFY_CHECK_K8S "check, NetworkPolicies"
#define VERIFY_DIFF      "diff, ten edits"
#define VERIFY_REACH     "reach, all pairs"
#define VERIFY_POLC      "polc"
#define VERIFY_NAIVE     "Z3, every pair"

/* `c` has begun, with its input written. */
void verify_cluster(struct commands *c, const struct cluster_size *size);
/* Writes the input. False: that failed. */
bool verify_ordered(struct commands *c, unsigned rules);
/* The curves. */
void verify_print(const struct bench *b);
