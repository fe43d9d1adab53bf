/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes addresses of the bank in force while packets are judged: each gets its class by one write
 * that a packet sees.
 */
#pragma once

#include "codegen/image/addrs.h"
#include "runtime/node/state/session.h"

struct rt_addr_writer {
	struct rt_session *s;
	const struct bundle *bundle; /* that in force, with a classifier */
	uint32_t bank;
	struct gen_addrs_view at;
	size_t size; /* bytes that are mapped */
};

/* 0 or a negative errno after reporting. rt_addr_writer_fini() is due in any case. */
int rt_addr_writer_init(struct rt_addr_writer *p, struct rt_session *s,
			const struct bundle *bundle);
void rt_addr_writer_fini(struct rt_addr_writer *p);

/*
 * The class of an endpoint at one of its addresses; -EINVAL after reporting what the bundle does
 * not know of it. `ep` is adopted by the bundle's classifier.
 */
int rt_classify(struct rt_session *s, const struct bundle *bundle, const struct ir_endpoint *ep,
		const struct net_addr *addr, uint32_t *cls);

/* Gives an address the class of an endpoint that is adopted, or what the bundle says of it. 0, or a
 * negative errno after reporting; then it has the class that it had. */
int rt_addr_put(struct rt_addr_writer *p, const struct ir_endpoint *ep,
		const struct net_addr *addr);
int rt_addr_restore(struct rt_addr_writer *p, const struct net_addr *addr);
