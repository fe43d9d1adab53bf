/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why a selector meets no endpoint of the inventory: a label that nobody there has, a namespace
 * without endpoints, or labels of namespaces that none has. Private to verifier/check/inventory/.
 */
#pragma once

#include "compiler/classes/by_label.h"
#include "verifier/check/engine/checker.h"

/* A selector that no endpoint meets, though one might. */
struct unmatched {
	const struct ir_policy *policy;
	const struct ir_selector *sel;
	bool subject; /* of the policy; else a peer's */
	struct loc loc;
	const char *what;        /* "NetworkPolicy shop/web selects nothing" */
	struct intern *deserted; /* namespaces without endpoints that are told */
};

/* Where the inventory has endpoints that the selector might mean. */
void unmatched_report_labels(struct checker *c, const struct by_label *by_label,
			     const struct unmatched *u);
/* Where it has none: each is told if the inventory was named as such, or if something points at a
 * slip, else, for subjects, the first of a namespace while others have endpoints. */
void unmatched_report_namespace(struct checker *c, const struct by_label *by_label,
				const struct unmatched *u);

/* Does a kustomization put what it names there? NULL: nowhere. */
bool unmatched_is_target(const struct ir *ir, const char *ns);
