/* SPDX-License-Identifier: Apache-2.0 */
/* Two policy sets over one inventory, compared, and every flow between their endpoints. */
#pragma once

#include "lang/lang.h"
#include "verifier/diff/closed/closed.h"
#include "verifier/diff/diff.h"

struct compared {
	struct lang lang[DIFF_N_SIDES];
	struct ir *ir[DIFF_N_SIDES];
	struct arena arena;
	struct diff diff;
	bool workloads; /* half of the endpoints are workloads, whatever the texts say */
	bool nowhere;   /* two of three have no address */
	bool moves;     /* some run on another node on the new side, or nobody knows where */
};

void compared_init(struct compared *c);
void compared_fini(struct compared *c);
/* These return false if the input is refused. */
bool compared_text(struct compared *c, enum diff_side side, enum lang_syntax syntax,
		   const char *text);
bool compared_path(struct compared *c, enum diff_side side, const char *path, enum lang_role role);
/* Resolves both sides and compares them; an inventory must be there. */
bool compared_run(struct compared *c);

/* The number of an end: an address that belongs to no endpoint, or a point of an endpoint. */
uint32_t compared_address(const struct compared *c, const struct net_addr *addr);
/* Is the flow in one of the regions? */
bool compared_has(const struct diff_regions *regions, const struct compared *c, uint32_t from,
		  uint32_t to, uint16_t proto, uint16_t port);
enum ir_verdict compared_verdict(const struct compared *c, enum diff_side side, uint32_t from,
				 uint32_t to, uint16_t proto, uint16_t port,
				 const struct net_addr *from_addr, const struct net_addr *to_addr);

struct compared_ports {
	const struct ir_flow *v; /* only protocol and port count */
	size_t n;
};

/*
 * Asks the interpreter about every flow between two endpoints, and between an endpoint and one of
 * the addresses (text, those of endpoints are left out). Returns how many verdicts changed, or -1
 * after saying where the regions are not these.
 */
long compared_enumerate(struct compared *c, const char *const *addresses, size_t n,
			const struct compared_ports *ports);

/*
 * Asks the interpreter about every flow between an endpoint and a Node at an address of its own,
 * whether the comparison has it as an end or not. Returns how many verdicts changed, or -1 after
 * saying which of them no region has: not with the Node, nor with whoever is at its address, nor
 * with the endpoint's own node.
 */
long compared_ask_nodes(struct compared *c, const struct compared_ports *ports);
