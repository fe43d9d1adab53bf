/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a document that cannot be read claims to be, by its bare text. A directory holds whatever a
 * team has in it, charts and patches and other people's files; only what is lost with a policy is
 * worth stopping for.
 */
#pragma once

#include "lang/lang.h"

enum k8s_claim {
	K8S_CLAIM_NOTHING, /* that policies or an inventory are made of; or a template of the latter
			    */
	K8S_CLAIM_ENDPOINT, /* a workload, a pod, a namespace */
	K8S_CLAIM_UNREAD,   /* a policy that is not read, as it is of another kind or a template */
	K8S_CLAIM_POLICY,   /* one that is */
};

struct k8s_claimed {
	enum k8s_claim claim;
	const char *kind, *api; /* of POLICY and UNREAD */
};

/* Strings are copied to the arena. */
struct k8s_claimed k8s_claim_of(const char *text, size_t len, struct arena *arena);
