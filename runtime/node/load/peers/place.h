/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Placing: an address gets its class in the bank in force, by one write that a packet sees, while
 * packets are judged. What it should have follows from the registry and the bundle in force.
 */
#pragma once

#include "codegen/image/addrs.h"
#include "runtime/node/state/registry.h"

struct rt_placing {
	struct rt_session *s;
	const struct bundle *bundle; /* that in force, with a classifier */
	uint32_t bank;
	struct gen_addrs_place at;
	size_t size; /* bytes that are mapped */
};

/* 0 or a negative errno after reporting. rt_placing_end() is due in any case. */
int rt_placing_begin(struct rt_placing *p, struct rt_session *s, const struct bundle *bundle);
void rt_placing_end(struct rt_placing *p);

/*
 * The class of an endpoint at one of its addresses; -EINVAL after reporting what the bundle does
 * not know of it. `strings` has its keys, values and names.
 */
int rt_classify(struct rt_session *s, const struct bundle *bundle, const struct intern *strings,
		const struct ir_endpoint *ep, const struct net_addr *addr, uint32_t *cls);

/* Gives an address the class that it should have. 0, or a negative errno after reporting; then it
 * has the one that it had. */
int rt_place(struct rt_placing *p, const struct net_addr *addr);
