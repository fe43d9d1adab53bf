/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The endpoints that came after their bundle was built, as the node was told of them: names,
 * labels, addresses and named ports. It outlives policies, so that a load can tell their classes
 * under the next one. Like all state it is in the kernel: a map from names to what was told, and
 * one from addresses to the names that have them now. An address goes to who was told of last.
 */
#pragma once

#include "compiler/ir.h"
#include "runtime/node/state/session.h"
#include "runtime/runtime.h"

/* Writes an endpoint in place of what was told of its name. `strings` has its keys, values and
 * names. 0, or a negative errno after reporting. */
int rt_registry_put(struct rt_session *s, const struct intern *strings,
		    const struct ir_endpoint *ep);
/* Not being there is fine. */
int rt_registry_remove(struct rt_session *s, const char *name);
/* What was told of a name; out->ep NULL: nothing. Memory comes from `arena`. */
int rt_registry_find(struct rt_session *s, const char *name, struct arena *arena,
		     struct rt_peer *out);

/* Who has an address: -ENOENT (unreported) if nobody. */
int rt_registry_owner(struct rt_session *s, const struct net_addr *addr, struct rt_peer_name *out);
int rt_registry_own(struct rt_session *s, const struct net_addr *addr, const char *name);
int rt_registry_disown(struct rt_session *s, const struct net_addr *addr);

struct rt_peer_names {
	VEC(struct rt_peer_name) list;
};

/* All names, sorted. Memory is the session's. */
int rt_registry_names(struct rt_session *s, struct rt_peer_names *out);
