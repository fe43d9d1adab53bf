/* SPDX-License-Identifier: Apache-2.0 */
/* Shapes that policies really have, as clearly different as they come. Golden tests show their
 * programs; kernel tests load them. */
#pragma once

#include "codegen/shape.h"

static const struct {
	const char *why;
	uint32_t features;
} test_shapes[] = {
	{"isolated in both directions", 0},
	{"no policy at all", GEN_IN4_ALL | GEN_EG4_ALL | GEN_IN6_ALL | GEN_EG6_ALL},
	{"ingress closed, egress open", GEN_EG4_ALL | GEN_EG6_ALL},
	{"ingress open, egress closed", GEN_IN4_ALL | GEN_IN6_ALL},
	{"ingress from selected endpoints on ports, egress open",
	 GEN_IN4 | GEN_EG4_ALL | GEN_EG6_ALL | GEN_PEERS4 | GEN_IN_ROWS | GEN_IN_COLS},
	{"ingress from anywhere on ports",
	 GEN_IN4 | GEN_EG4_ALL | GEN_IN6 | GEN_EG6_ALL | GEN_IN_COLS},
	{"ingress from selected endpoints on every port, egress closed",
	 GEN_IN4 | GEN_IN6 | GEN_PEERS4 | GEN_PEERS6 | GEN_IN_ROWS},
	{"egress to prefixes only",
	 GEN_IN4_ALL | GEN_EG4 | GEN_IN6_ALL | GEN_EG6 | GEN_CIDRS4 | GEN_CIDRS6 | GEN_EG_ROWS},
	{"both directions, IPv4 only", GEN_IN4 | GEN_EG4 | GEN_PEERS4 | GEN_CIDRS4 | GEN_IN_ROWS |
					       GEN_IN_COLS | GEN_EG_ROWS | GEN_EG_COLS},
	{"both directions, IPv6 only",
	 GEN_IN6 | GEN_EG6 | GEN_PEERS6 | GEN_IN_ROWS | GEN_IN_COLS | GEN_EG_ROWS | GEN_EG_COLS},
	{"ingress on ports from anywhere, egress to endpoints",
	 GEN_IN4 | GEN_EG4 | GEN_PEERS4 | GEN_IN_COLS | GEN_EG_ROWS},
	{"everything", GEN_GENERAL},
	{"rules counted and drops told, for an endpoint that is isolated but for a port",
	 GEN_IN4 | GEN_EG4 | GEN_IN6 | GEN_EG6 | GEN_IN_COLS | GEN_RULES | GEN_EVENTS},
	{"nothing counted, and drops told",
	 GEN_IN4 | GEN_EG4_ALL | GEN_IN6 | GEN_EG6_ALL | GEN_IN_COLS | GEN_UNCOUNTED | GEN_EVENTS},
	{"requests at the end that is asked, of one family",
	 GEN_IN4 | GEN_EG4_ALL | GEN_PEERS4 | GEN_IN_ROWS | GEN_IN_COLS | GEN_IN_REQUESTS},
	{"requests at the end that asks, open for others",
	 GEN_IN4_ALL | GEN_EG4 | GEN_IN6_ALL | GEN_EG6 | GEN_EG_COLS | GEN_EG_REQUESTS},
	{"everything, and requests in both directions",
	 GEN_GENERAL | GEN_IN_REQUESTS | GEN_EG_REQUESTS | GEN_RULES | GEN_EVENTS},
	{"everything, and what can be wished for", GEN_GENERAL | GEN_RULES | GEN_EVENTS},
};
enum { TEST_N_SHAPES = sizeof(test_shapes) / sizeof(*test_shapes) };
