/* SPDX-License-Identifier: Apache-2.0 */
/* The peers of the registry under the policy of a bundle that is to be loaded. */
#pragma once

#include "codegen/bundle.h"
#include "runtime/node/state/session.h"

/* Addresses and classes, each address once. */
struct rt_known_peers {
	VEC(struct bundle_peer) list;
};

/* 0; -EINVAL after reporting each that the bundle has no class for, or that the bundle is made
 * for its inventory alone; another negative errno. Memory is the session's. */
int rt_known_peers_find(struct rt_session *s, const struct bundle *bundle,
			struct rt_known_peers *out);
