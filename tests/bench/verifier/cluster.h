/* SPDX-License-Identifier: Apache-2.0 */
/* A made-up cluster as Kubernetes YAML: the same sizes give the same bytes. */
#pragma once

#include "lang/base/buf.h"

struct cluster_size {
	unsigned policies, namespaces, pods;
};

/* Namespaces with labels, Pods with addresses of both families and named ports, and
 * NetworkPolicies of the kinds that clusters are full of: default deny, application tiers,
 * whole teams, DNS, address blocks with exceptions. */
void cluster_write(const struct cluster_size *size, struct buf *out);
/* n probes between its pods, for `polc reach --probes`. */
void cluster_write_probes(const struct cluster_size *size, unsigned n, struct buf *out);
/* The name of the i-th pod, for --from; out holds 64 bytes. */
const char *cluster_pod_name(const struct cluster_size *size, unsigned i, char out[static 64]);
