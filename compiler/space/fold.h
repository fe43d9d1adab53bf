/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pods beside what made them. `kubectl get all` shows a Deployment, its ReplicaSet and each of its
 * pods, and a repository has the Deployment once more: this is one workload, whose pods are any
 * number of replicas wherever they are.
 *
 * An endpoint goes into its owner where nothing that the IRs say tells the two apart: no label that
 * a selector asks for, no named port, not the host's network, no node (places.h), and
 * its addresses are some that the workload's pods may get. So `pod-template-hash` does not keep a
 * pod by itself, but the label of one pod of a StatefulSet does if a policy selects it.
 */
#pragma once

#include "compiler/ir.h"

/* Moves them from ir.endpoints to ir.folded, and to ir.replaced what their pods stand for; numbers
 * the others anew; before space_suppose(). In IRs that are held against each other the same ones
 * go. `by_address`: see space_places_find(). Whoever enforces an IR needs each pod with its own
 * addresses and does not call this. */
void space_fold(struct ir *const *irs, size_t n, bool by_address);
