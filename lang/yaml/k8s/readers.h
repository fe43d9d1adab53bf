/* SPDX-License-Identifier: Apache-2.0 */
/* The readers of this folder: one for each kind of object, found by the table in read.c. */
#pragma once

#include "lang/yaml/decode.h"

/* What the table of read.c has for a kind. */
enum k8s_reads { K8S_READS_NOTHING, K8S_READS_ENDPOINT, K8S_READS_POLICY };
enum k8s_reads k8s_reads(const char *kind);

/* Reads one whole object into an item of `c->file`. Returns 0 or -EINVAL after reporting. */
typedef int yaml_object_reader(struct yaml_ctx *c, const struct yaml_node *n);

yaml_object_reader k8s_read_network_policy, k8s_read_namespace, k8s_read_pod, k8s_read_workload,
	k8s_read_cron_job, k8s_read_node;
