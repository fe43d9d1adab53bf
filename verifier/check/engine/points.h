/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Points: a few concrete pairs of ends that a rule matches, each as plain as it can be. They answer
 * most questions without the solver: a point that nobody else takes shows that a rule is alive; if
 * all are taken, by whom, is a good guess at what to ask the solver about. What points say is never
 * the last word on a rule that seems dead. Private to verifier/check/.
 */
#pragma once

#include "verifier/flow/witness.h"

struct arena;

enum { POINTS_MAX = 24 };

struct points {
	const struct ir *ir;
	struct arena *arena;
	struct witness v[POINTS_MAX]; /* with flows that have no protocol and port yet */
	size_t n;
};

/* `p` must not move afterwards: the flows point into it. */
void points_of_rule(struct points *p, const struct ir *ir, const struct ir_rule *rule,
		    struct arena *arena);

/* A port of the flow to come. */
struct point_port {
	uint16_t proto, port;
	uint32_t name; /* that the destination calls it by; INTERN_NONE: it has no name for it */
};

struct point_ports {
	VEC(struct point_port) list;
};

/* One of each kind of ports of the rule that none of `others` cuts in two, tcp/80 first if it is
 * one of them; names last, and of very many not all. */
void points_ports(const struct ir_rule *rule, const struct rule_list *others,
		  const struct witness *point, struct arena *arena, struct point_ports *out);
/* The flow of the point has this port, and its destination a name for it or none at all. */
void points_set_port(struct points *p, struct witness *point, const struct point_port *port);

/* Does the rule match these ends, on some port? */
bool points_ends_match(const struct ir_rule *rule, const struct witness *point);
