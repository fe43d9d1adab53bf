/* SPDX-License-Identifier: Apache-2.0 */
/* What the programs of the bench and the bench itself agree on. */
#pragma once

#include <linux/types.h>

/* What the packets of a run differ in; the rest of the frame is constant. */
struct bench_packet {
	__be32 saddr_be;
	__be16 sport_be, dport_be;
	__u8 proto, pad[3];
};

enum { BENCH_PACKETS = 65536, BENCH_HOT = 64 };

/* .data of wrap.bpf.c and flood.bpf.c. */
struct bench_config {
	__u32 next;    /* the packet that comes next */
	__u32 mask;    /* how many there are, less one */
	__u32 classid; /* of the filter that the program under test would be attached as */
	__be32 daddr_be;
	__u8 dmac[6], smac[6];
	__u32 passed; /* how many the sink has seen: flood.bpf.c */
};

/* Where the transport header is: the frames have neither VLAN tags nor IP options. */
enum { BENCH_L3 = 14, BENCH_L4 = 34, BENCH_HEADERS = 54, BENCH_FRAME = 64 };

/* --- the Cilium-shaped classifier ------------------------------------------------------ */

struct cilium_ip_key {
	__u32 len;
	__be32 addr_be;
};

/* The wildcard identity of rules for everybody, and that of addresses in no entry. */
enum { CILIUM_ANY = 0, CILIUM_WORLD = 2, CILIUM_FIRST = 256 };

/* The prefix covers identity, protocol and the leading bits of the port. */
struct cilium_policy_key {
	__u32 len;
	__u32 identity;
	__u8 proto, pad;
	__be16 port_be;
};

enum { CILIUM_KEY_FIXED = 48 }; /* bits before the port */

/* precedence << 1 | allow; the lower precedence decides. */
enum { CILIUM_NONE = 0xffffffff };

struct cilium_ct_key {
	__be32 saddr_be, daddr_be;
	__be16 sport_be, dport_be;
	__u8 proto, dir, pad[2];
};

struct cilium_ct {
	__u64 packets, bytes;
	__u32 lifetime;
	__u16 flags, rev_nat;
	__u32 identity, ifindex;
	__u64 last_seen[2];
};

enum { CILIUM_CT_ENTRIES = 1 << 18 };
