/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The content of a bank: what the policies of all endpoints of the node are made of, laid
 * out as bpf/abi.h says. It is built in memory, where everything is checked, and then
 * written to the bank that is not in force.
 */
#pragma once

#include "codegen/image/addrs.h"
#include "codegen/image/pool.h"
#include "runtime/node/load/bank/addrs.h"
#include "runtime/node/load/bank/listeners.h"
#include "runtime/node/load/peers/known.h"

/* An endpoint that a bank puts under policy, at its slot. */
struct rt_member {
	const struct bundle_endpoint *ep;
	uint32_t slot;
	uint32_t program;
	bool check_source;
};

struct rt_bank {
	uint32_t number;
	struct polc_bank head;
	struct gen_pool pages, lines;
	struct gen_addrs addr_pages;
	struct rt_addrs addrs[RT_N_ADDR_MAPS];
	struct polc_ep *eps; /* by index of the members */
	size_t n_decisions;  /* of the bundle */
	struct rt_listeners listeners;
	const struct rt_member *members;
	size_t n_members;
};

/* The addresses of the node itself, which no bundle knows; each once. */
struct rt_node_addrs {
	VEC(struct net_addr) list;
};

/* What no bundle knows of addresses: where both do, the node's own count. */
struct rt_bank_addrs {
	struct rt_node_addrs node;
	struct rt_known_peers peers;
};

/*
 * Builds the content of the inactive bank, with listeners for the decisions that redirect. Returns
 * 0, or -EINVAL or -ENOSPC after reporting which endpoint or limit is in the way. Memory comes from
 * the session; `members` is borrowed.
 */
int rt_bank_build(struct rt_session *s, const struct bundle *bundle,
		  const struct rt_bank_addrs *addrs, const struct rt_member *members, size_t n,
		  struct rt_bank *out);

/* A member of a bank that is written already, with the tables and the program of
 * `model`, which is there. -EINVAL after reporting what is wrong with its addresses. */
int rt_bank_make_ep(struct rt_session *s, const struct rt_member *member,
		    const struct polc_ep *model, struct polc_ep *out);

/* Writes it. Slots of no member pass nothing; who uses one says otherwise before
 * the flip. The node must be settled. */
int rt_bank_write(struct rt_session *s, struct rt_bank *bank);
