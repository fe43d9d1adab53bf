/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the datapath and user space agree on: names and layouts of maps and constants.
 *
 * Three kinds of maps, by life time (all names at most 15 characters):
 *   node       shared by every endpoint, kept over policy changes
 *   bundle     one set for each loaded bundle, shared by its endpoints
 *   table      one set for each verdict table, shared by the endpoints that use it
 * A program holds the maps that its shape needs and no others. Names ending in _be hold
 * network byte order.
 */
#pragma once

#include <linux/types.h>

#include "reasons.h"

/* Counts the layouts and meanings below: raise it with every change that an older program or
 * loader would misread. At most three digits (it is part of a map's name). */
#define POLC_ABI "1"

/* --- node maps ---------------------------------------------------------------------- */

#define POLC_MAP_CT4     "polc_ct4"     /* LRU_HASH polc_ct4_key -> polc_ct */
#define POLC_MAP_CT6     "polc_ct6"     /* LRU_HASH polc_ct6_key -> polc_ct */
#define POLC_MAP_FRAG4   "polc_frag4"   /* LRU_HASH polc_frag4_key -> polc_l4 */
#define POLC_MAP_FRAG6   "polc_frag6"   /* LRU_HASH polc_frag6_key -> polc_l4 */
#define POLC_MAP_METRICS "polc_metrics" /* PERCPU_ARRAY dir * POLC_N_REASONS + reason */

/* A flow as its opener sent the first packet. ICMP echo: both ports hold the identifier. Each
 * end of a flow between two endpoints has its own record, made when its policy lets the flow
 * pass: an attempt that one end let out and the other did not let in says nothing about the
 * other's flows. */
struct polc_ct4_key {
	__be32 saddr_be, daddr_be;
	__be16 sport_be, dport_be;
	__u8 proto, dir, pad[2]; /* dir: of the opener's packets, enum polc_dir */
};

struct polc_ct6_key {
	__u8 saddr[16], daddr[16];
	__be16 sport_be, dport_be;
	__u8 proto, dir, pad[2];
};

/* Conntrack remembers who opened a flow, nothing of any policy: a reply passes only if the
 * policy in force lets the opener's direction pass, so a revocation bites at once. */
struct polc_ct {
	__u32 seen; /* seconds of CLOCK_MONOTONIC at the last packet */
	__u8 state; /* enum polc_ct_state */
	__u8 pad[3];
};

enum polc_ct_state { POLC_CT_NEW, POLC_CT_REPLIED, POLC_CT_CLOSING };

struct polc_frag4_key {
	__be32 saddr_be, daddr_be;
	__be16 id_be;
	__u8 proto, pad;
};

struct polc_frag6_key {
	__u8 saddr[16], daddr[16];
	__be32 id_be;
};

/* What policy and conntrack need of the transport header. */
struct polc_l4 {
	__be16 sport_be, dport_be; /* ICMP echo: the identifier in both */
	__u16 port; /* policy port, host order: destination port or type << 8 | code */
	__u8 proto;
	__u8 flags; /* enum polc_l4_flag */
};

enum polc_l4_flag {
	POLC_L4_OPENS = 1,   /* can only open a flow: TCP SYN without ACK, echo request */
	POLC_L4_ANSWERS = 2, /* can only answer: echo reply */
	POLC_L4_CLOSES = 4,  /* TCP FIN or RST */
	POLC_L4_ERROR = 8,   /* an ICMP error: quotes a packet of the flow that it is about */
	POLC_L4_ALONE = 16,  /* belongs to no flow of its own: ICMP that is no echo */
};

struct polc_counter {
	__u64 packets, bytes;
};

/* --- bundle maps: address -> peer class --------------------------------------------- */

#define POLC_MAP_PEERS4 "polc_peers4" /* HASH __be32 -> __u32 class */
#define POLC_MAP_PEERS6 "polc_peers6" /* HASH 16 bytes -> __u32 class */
#define POLC_MAP_CIDRS4 "polc_cidrs4" /* LPM_TRIE polc_lpm4 -> __u32 class */
#define POLC_MAP_CIDRS6 "polc_cidrs6" /* LPM_TRIE polc_lpm6 -> __u32 class */

struct polc_lpm4 {
	__u32 len;
	__be32 addr_be;
};

struct polc_lpm6 {
	__u32 len;
	__u8 addr[16];
};

/* --- table maps: (class, protocol, port) -> verdict ---------------------------------- */

/* All ARRAY maps. Two-level: pages of 256, deduplicated. Prefix in_ or eg_ by direction.
 *   rows   class >> 8           -> polc_page16, row of class & 255
 *   ports  enum cls_proto       -> polc_page16, page number of port >> 8
 *   pages  page number          -> polc_page16, column of port & 255
 *   cells  (row * cols + col) >> 8 -> polc_page8, verdict (0 deny, 1 allow)
 */
#define POLC_MAP_IN_ROWS  "in_rows"
#define POLC_MAP_IN_PORTS "in_ports"
#define POLC_MAP_IN_PAGES "in_pages"
#define POLC_MAP_IN_CELLS "in_cells"
#define POLC_MAP_EG_ROWS  "eg_rows"
#define POLC_MAP_EG_PORTS "eg_ports"
#define POLC_MAP_EG_PAGES "eg_pages"
#define POLC_MAP_EG_CELLS "eg_cells"

enum { POLC_PAGE = 256 };

struct polc_page16 {
	__u16 v[POLC_PAGE];
};

struct polc_page8 {
	__u8 v[POLC_PAGE];
};

/* --- constants of one endpoint: `const volatile struct polc_self polc_self` in .rodata -- */

enum { POLC_SELF_ADDRS = 8 };

struct polc_self {
	__u32 n_addr4, n_addr6;
	__u32 check_source;     /* drop what the endpoint sends from other addresses */
	__u32 in_cols, eg_cols; /* columns of its tables */
	__u32 class4, class6;   /* class of addresses in no peer map */
	__be32 addr4_be[POLC_SELF_ADDRS];
	__u8 addr6[POLC_SELF_ADDRS][16];
};

/* Programs of an object, attached at the host side of the endpoint's veth: to the endpoint
 * (clsact egress) and from it (clsact ingress). */
#define POLC_PROG_INGRESS "polc_ingress"
#define POLC_PROG_EGRESS  "polc_egress"
