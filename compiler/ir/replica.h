/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pods of StatefulSets that selectors name. Each has a name and a number of its own, which are
 * among its labels, so a selector may mean one of them and none of its like. Such a pod is an
 * endpoint, and the StatefulSet stands for the others.
 */
#pragma once

#include "compiler/ir.h"

/* The labels that tell them apart. */
#define IR_POD_NAME_KEY  "statefulset.kubernetes.io/pod-name"
#define IR_POD_INDEX_KEY "apps.kubernetes.io/pod-index"

/* Makes an endpoint of each pod in ir_endpoint.replicas that is none yet, as "shop/db-0", and
 * numbers all anew. */
void ir_add_replicas(struct ir *ir);

/* In IRs that are held against each other the same ones are endpoints, whoever names them. */
void ir_share_replicas(struct ir *const *irs, size_t n);

/* Does ir_endpoint.replicas of the StatefulSet name this one? */
bool ir_has_replica(const struct ir_endpoint *set, uint32_t number);
