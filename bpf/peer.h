/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Address -> peer class: known endpoints first, then the longest prefix, then a default. A map
 * that the shape does without is NULL. */
#pragma once

#include "packet.h"

POLC_INLINE __u32 polc_peer4(void *peers, void *cidrs, __be32 addr_be, __u32 other)
{
	struct polc_lpm4 lpm = {.len = 32, .addr_be = addr_be};
	const __u32 *cls;

	if (peers) {
		cls = bpf_map_lookup_elem(peers, &addr_be);
		if (cls)
			return *cls;
	}
	if (cidrs) {
		cls = bpf_map_lookup_elem(cidrs, &lpm);
		if (cls)
			return *cls;
	}
	return other;
}

POLC_INLINE __u32 polc_peer6(void *peers, void *cidrs, const union polc_addr *addr, __u32 other)
{
	struct polc_lpm6 lpm = {.len = 128};
	const __u32 *cls;

	if (peers) {
		cls = bpf_map_lookup_elem(peers, addr);
		if (cls)
			return *cls;
	}
	if (cidrs) {
		__builtin_memcpy(lpm.addr, addr, 16);
		cls = bpf_map_lookup_elem(cidrs, &lpm);
		if (cls)
			return *cls;
	}
	return other;
}
