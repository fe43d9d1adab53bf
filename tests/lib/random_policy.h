/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random policy sets as a user would write them: text in .pol and in Kubernetes YAML. The
 * universe is small (a few labels, nested prefixes, neighbouring ports), so that rules
 * overlap, contradict and shadow each other all the time.
 */
#pragma once

#include <stdint.h>

#include "lang/base/buf.h"

struct random_policy {
	struct buf yaml; /* Namespaces, Pods, NetworkPolicies */
	struct buf pol;  /* everything that .pol can say, endpoints too */
};

/* Policy sets of one universe have the same namespaces and endpoints. */
void random_policy_init(struct random_policy *out, uint64_t universe, uint64_t policies);
/* The same, where some rules of .pol judge requests. */
void random_policy_init_judging(struct random_policy *out, uint64_t universe, uint64_t policies);
void random_policy_fini(struct random_policy *p);

/* Says as a TAP comment what the policies are and how to have them again. */
void random_policy_note(const struct random_policy *p, uint64_t seed);
