/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Packets to an endpoint under policy, each a flow of its own, and what the policy says of
 * them. Half of them are aimed at a rule; nine of ten are allowed.
 */
#pragma once

#include "compiler/classes/classes.h"
#include "tests/bench/bpf/bench.h"

/* Whom the packets come from. X(ENUM, "name", percent that comes from pods) */
#define TRAFFIC_MIXES(X)                                                                           \
	X(INTERNAL, "internal", 90)                                                                \
	X(EXTERNAL, "external", 10)

enum traffic_mix {
#define X(id, name, pods) TRAFFIC_##id,
	TRAFFIC_MIXES(X)
#undef X
		TRAFFIC_N_MIXES
};

struct traffic {
	const struct ir *ir;
	const struct cls *cls;
	const struct ir_endpoint *to;
	unsigned n, n_allowed;
	unsigned disagreements; /* of interpreter and compiled tables, on a sample */
	struct bench_packet packets[BENCH_PACKETS];
	bool allowed[BENCH_PACKETS];
};

const char *traffic_mix_name(enum traffic_mix mix);

/* Draws packets for the ingress of an endpoint. Heap; free() it. NULL: no such endpoint. */
struct traffic *traffic_new(const struct ir *ir, const struct cls *cls, const char *to,
			    enum traffic_mix mix);

/* Leaves only the packets that are allowed, or are not, repeated until there are as many as
 * before. */
void traffic_keep(struct traffic *t, bool allowed);
