/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Placing: an address gets its class in the bank in force, by one write that a packet sees, while
 * packets are judged.
 */
#pragma once

#include "codegen/image/addrs.h"
#include "runtime/node/state/session.h"

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
 * not know of it. `ep` is adopted by the bundle's classifier.
 */
int rt_classify(struct rt_session *s, const struct bundle *bundle, const struct ir_endpoint *ep,
		const struct net_addr *addr, uint32_t *cls);

/* Gives an address the class of an endpoint that is adopted, or what the bundle says of it. 0, or a
 * negative errno after reporting; then it has the class that it had. */
int rt_place(struct rt_placing *p, const struct ir_endpoint *ep, const struct net_addr *addr);
int rt_place_as_built(struct rt_placing *p, const struct net_addr *addr);
