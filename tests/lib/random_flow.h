/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random flows for a given policy set, near its edges: between its endpoints and to and from
 * the first and last addresses of its prefixes and their neighbours, at the first and last
 * ports of its ranges and their neighbours.
 */
#pragma once

#include "compiler/eval.h"
#include "tests/lib/random.h"

struct random_port {
	uint16_t proto, port;
};

struct random_flows {
	const struct ir *ir;
	struct arena *arena;
	VEC(struct ir_end) managed, ends; /* with an address; `ends` holds the managed ones too */
	VEC(struct random_port) ports;
};

/* `arena` and `ir` outlive it. */
void random_flows_init(struct random_flows *f, const struct ir *ir, struct arena *arena);

/* A flow with a managed endpoint at the end that `dir` protects, both ends of one family, and
 * no flow of an endpoint to itself. False: there is none (no endpoint with an address). */
bool random_flow(const struct random_flows *f, struct random *r, enum ir_dir dir,
		 struct ir_flow *out);

/* The addresses that the node has in tests: no endpoint's. */
enum { RANDOM_N_NODE_ADDRS = 3 };
struct net_addr random_node_addr(size_t i);

/* The end of an address: the endpoint that has it, the node, or nobody known. */
struct ir_end random_end_at(const struct ir *ir, const struct net_addr *addr);
