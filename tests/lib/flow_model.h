/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What stateful policy means, as plain code: who opened which flow is on record, and a packet
 * passes if policy allows it, if it answers a flow on record that the policy of this endpoint
 * allows, or if it is an ICMP error about such a flow. Where requests decide, what the client
 * sends goes to the proxy of the direction, and so does what answers a connection of that proxy;
 * what the proxy sends passes as the flow does that it judges. An ICMP error about what a proxy
 * sent goes to that one. The datapath is held against this.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "bpf/abi.h"
#include "compiler/eval.h"

struct model_tuple {
	struct net_addr src, dst;
	uint16_t sport, dport; /* echo: the identifier in both */
	uint8_t proto;
};

/* What a packet says about its flow beyond its addresses and ports. */
enum model_says {
	MODEL_ANYTHING, /* may open or answer */
	MODEL_OPENS,    /* TCP SYN without ACK, echo request */
	MODEL_ANSWERS,  /* echo reply */
	MODEL_QUIET,    /* TCP in midstream that asks for no answer: may answer, is not noted */
};

/* Who sent it, as the kernel knows: an end, or the proxy of a direction in the name of one. */
enum model_from { MODEL_FROM_END, MODEL_FROM_PROXY /* + enum ir_dir */ };

struct model_packet {
	struct model_tuple tuple;
	enum model_says says;
	uint16_t port; /* policy port */
	unsigned from; /* enum model_from */
	/* An ICMP error: about this packet, which its receiver sent (or a forged quote). */
	const struct model_packet *quote;
};

/* A flow that the policy at one of its ends let pass. */
struct model_record {
	struct model_tuple tuple;
	enum ir_dir dir; /* of the opener's packets, at the end that let them pass */
};

struct model {
	struct arena *arena;
	VEC(struct model_record) opened;
	VEC(struct model_tuple) led; /* what the proxies have open, as they send */
};

/* What happens to a packet at one endpoint, in one direction. `records` is false where the
 * endpoint's policy is the same for every packet of the family: nothing is kept of them. */
enum polc_reason model_judge(struct model *m, const struct ir *ir, const struct model_packet *p,
			     enum ir_dir dir, bool records);

struct model_tuple model_reverse(const struct model_tuple *t);
struct ir_flow model_flow(const struct ir *ir, const struct model_packet *p);
