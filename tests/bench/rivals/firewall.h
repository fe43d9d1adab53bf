/* SPDX-License-Identifier: Apache-2.0 */
/* The firewalls that Linux has, with the policy of a field, in the present network namespace. */
#pragma once

#include "tests/bench/bench.h"

/* X(ENUM, "name") */
#define FIREWALLS(X)                                                                               \
	X(SETS, "nft, sets")                                                                       \
	X(CHAINS, "nft, a chain a kind")                                                           \
	X(TRACKING, "nft, tracking")                                                               \
	X(LINEAR, "nft, a rule a rule")                                                            \
	X(IPTABLES, "iptables and ipset")

enum firewall {
#define X(id, name) FIREWALL_##id,
	FIREWALLS(X)
#undef X
		N_FIREWALLS
};

const char *firewall_name(enum firewall w);
/* Are its tools here? If not, says what to install. */
bool firewall_has_tools(enum firewall w);
/* False after saying why. */
bool firewall_load(const struct field *f, enum firewall w);
