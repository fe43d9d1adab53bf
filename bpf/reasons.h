/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Why a packet passed or was dropped: the one list for the datapath, the counters, `polc
 * status` and the documentation. X(ENUM, "name", "what it means"). The number is part of the
 * ABI (counters, events), so each of the two lists is only ever appended to. Each counts in a
 * range of its own, so that a new reason changes the number of no other.
 */
#pragma once

#define POLC_PASS_REASONS(X)                                                                       \
	X(PASS_POLICY, "policy", "the policy allows the flow")                                     \
	X(PASS_REPLY, "reply", "reply to a flow that the policy allows")                           \
	X(PASS_RELATED, "related", "ICMP error about a flow that the policy allows")               \
	X(PASS_LINK, "link", "ARP, neighbour discovery, multicast listener discovery")             \
	X(PASS_OPEN, "open",                                                                       \
	  "the endpoint is being attached or detached: no policy yet, or no more")                 \
	X(PASS_SELF, "self", "an endpoint to itself, by way of the node")                          \
	X(PASS_PROXY, "proxy", "the proxy judges the requests of the connection")                  \
	X(PASS_PROXY_REPLY, "proxy-reply", "an answer to the proxy")                               \
	X(PASS_PROXY_RELATED, "proxy-related", "ICMP error about what the proxy sent")

#define POLC_DROP_REASONS(X)                                                                       \
	X(DROP_POLICY, "policy-denied", "the policy denies the flow")                              \
	X(DROP_SOURCE, "spoofed-source", "an endpoint sent from an address that is not its own")   \
	X(DROP_ETHERTYPE, "unsupported-ethertype", "neither IP nor ARP")                           \
	X(DROP_MALFORMED, "malformed", "a header contradicts itself or the packet")                \
	X(DROP_TRUNCATED, "truncated", "the packet ends inside a header")                          \
	X(DROP_HEADER_CHAIN, "header-chain",                                                       \
	  "extension headers too many, or a route past its target")                                \
	X(DROP_FRAGMENT, "fragment", "a later fragment whose first one was not seen")              \
	X(DROP_TINY_FRAGMENT, "tiny-fragment", "a fragment that hides or rewrites the ports")      \
	X(DROP_INTERNAL, "internal", "a table is missing or inconsistent")                         \
	X(DROP_NO_PROXY, "no-proxy", "requests decide, and the proxy that judges them is not there")

/* Reasons to pass count from 0, reasons to drop from POLC_FIRST_DROP; not all numbers are taken. */
enum polc_reason {
#define X(id, name, text) POLC_##id,
	POLC_PASS_REASONS(X) POLC_END_OF_PASSES,
	POLC_FIRST_DROP = 64,
	POLC_BEFORE_DROPS = POLC_FIRST_DROP - 1, /* the next is the first */
	POLC_DROP_REASONS(X) POLC_END_OF_DROPS,
	POLC_N_REASONS = 128
#undef X
};

_Static_assert(POLC_END_OF_PASSES <= POLC_FIRST_DROP, "passes run into drops");
_Static_assert(POLC_END_OF_DROPS <= POLC_N_REASONS, "there is no room for so many drops");
