/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the datapath and user space agree on: names and layouts of maps and constants.
 *
 * A node has one set of maps, made by the first load and kept until the last endpoint goes.
 * Every program of the node uses them; a program holds the maps that its shape needs. Policy
 * is data in two banks: all endpoints of the node follow the bank that polc_node.active names.
 * A load writes the other bank, whole, and then changes this one word, so all endpoints move
 * to the new policy at once, and whatever happens before that word changes, nothing has
 * happened. Names ending in _be hold network byte order.
 *
 * Names of maps have at most 15 characters.
 */
#pragma once

#include <linux/types.h>

#include "reasons.h"

/* Counts the layouts and meanings below: raise it with every change that an older program or
 * loader would misread. At most three digits (it is part of a map's name). */
#define POLC_ABI "8"

/* As in the compiler (enum ir_dir, enum cls_proto); codegen/image/pages.c holds them together. */
enum polc_dir { POLC_INGRESS, POLC_EGRESS, POLC_DIRS };

/* Where a program runs. What policy judges there, if anything, is a direction (codegen/hook.c):
 * tables go by direction, all that belongs to a program by hook. */
enum polc_hook {
	POLC_HOOK_EP_IN,  /* the host side of an endpoint's veth, to the endpoint: clsact egress */
	POLC_HOOK_EP_OUT, /* from the endpoint: clsact ingress */
	POLC_HOOK_DEV_IN, /* a device of the node */
	POLC_HOOK_DEV_OUT,
	POLC_HOOK_OVERLAY,
	POLC_HOOK_SOCKET,
	POLC_HOOK_XDP,
	POLC_N_HOOKS,
	POLC_N_EP_HOOKS = POLC_HOOK_EP_OUT + 1, /* those of an endpoint come first */
};

/* A hook's program, and those that it reaches by a tail call, for what is rare and deep: each has
 * a stack, and a proof, of its own. */
enum polc_stage {
	POLC_STAGE_MAIN,
	POLC_STAGE_RELATED, /* ICMP errors that policy denies by themselves, or that may be a
			       proxy's */
	POLC_N_STAGES,
};
enum polc_proto {
	POLC_TCP,
	POLC_UDP,
	POLC_SCTP,
	POLC_ICMP,
	POLC_ICMP6,
	POLC_OTHER,
	POLC_PROTOS,
	POLC_PROTO_SLOTS = 8, /* a power of two */
};

/* --- the node ----------------------------------------------------------------------- */

#define POLC_MAP_NODE  "polc_node"  /* ARRAY, one polc_node, mmapable */
#define POLC_MAP_EPS   "polc_eps"   /* ARRAY bank * POLC_ENDPOINTS + slot -> polc_ep, mmapable */
#define POLC_MAP_PAGES "polc_pages" /* ARRAY page number -> polc_page, mmapable */
#define POLC_MAP_ADDRS "polc_addrs" /* ARRAY page number -> polc_page, mmapable */
#define POLC_MAP_CELLS "polc_cells" /* ARRAY line number -> polc_cells_line, mmapable */
#define POLC_MAP_PROGS "polc_progs" /* PROG_ARRAY POLC_PROG_KEY() -> program */

enum {
	POLC_BANKS = 2,
	POLC_ENDPOINTS = 4096, /* slots of a bank; slot 0 is never attached: tests use it */
	POLC_PROGRAMS = 512,   /* program 0 is none */
	POLC_PROG_SLOTS = POLC_N_HOOKS * POLC_N_STAGES, /* of a number */
	POLC_PAGES = 1 << 15,                           /* of a bank: 16 MiB */
	POLC_ADDR_PAGES = 1 << 15,                      /* of a bank: 16 MiB */
	POLC_CELL_LINES = 1 << 17,                      /* of a bank: 8 MiB */
};

/* Where polc_progs has a program: by its number, its hook and its stage. */
#define POLC_PROG_KEY(program, hook, stage)                                                        \
	((program)*POLC_PROG_SLOTS + (hook)*POLC_N_STAGES + (stage))

enum { POLC_PAGE = 256, POLC_LINE_WORDS = 8, POLC_LINE_BITS = 512 };

struct polc_page {
	__u16 v[POLC_PAGE];
};

struct polc_cells_line {
	__u64 word[POLC_LINE_WORDS];
};

/* Addresses base .. base + n - 1, known endpoints and gaps, have their classes in address pages of
 * their own: class of base + i in page + i / POLC_PAGE, POLC_NO_CLASS in a gap. */
enum { POLC_RANGES = 4, POLC_NO_CLASS = 0xffff };

struct polc_range4 {
	__u32 base, n; /* host order */
	__u32 page;
};

struct polc_range6 {
	__be32 high_be[3]; /* the first 96 bits of all its addresses */
	__u32 base, n;     /* of the last 32 bits; host order */
	__u32 page;
};

/* What the endpoints of a bank share. Used ranges come first, the others have n 0. */
struct polc_bank {
	__u32 generation; /* of the load that wrote it */
	__u32 n_classes;
	__u32 class4, class6; /* of the addresses that nothing else knows */
	__u32 n_hash6;        /* IPv6 endpoints in no range: entries of the peer map, or more */
	__u32 trie4;          /* page of the root, from which the numbers of its children count */
	__u32 n_listeners; /* decisions below this have one, or 0, in the pages from the next on */
	__u32 listeners;   /* v[decision % 256] of page listeners + decision / 256 */
	struct polc_range4 range4[POLC_RANGES];
	struct polc_range6 range6[POLC_RANGES];
};

struct polc_node {
	__u32 active; /* the bank in force: 0 or 1 */
	__u32 pad;
	__u64 seed[2]; /* random, of the conntrack's hash: nobody outside is to know it */
	struct polc_bank banks[POLC_BANKS];
};

/* A verdict table: (class, protocol, port) -> deny or allow. Page and line numbers index the
 * whole map, but for the page numbers inside port pages: those count from polc_ep.pages.
 *   row      = v[class % 256] of page rows + class / 256
 *   number   = v[port / 256] of page ports[enum polc_proto]
 *   column   = v[port % 256] of page polc_ep.pages + number
 *   cell     = row * n_cols + column
 *   verdict  = bit `cell` of the lines from `cells`: 1 allows
 *   decision = v[cell % 256] of page decided + cell / 256, if the bundle has decisions
 */
struct polc_table {
	__u32 n_cols;
	__u32 cells;
	__u32 rows;
	__u32 ports[POLC_PROTO_SLOTS];
	__u32 decided;
};

enum polc_ep_flag {
	POLC_EP_CHECK_SOURCE = 1, /* drop what the endpoint sends from other addresses */
	POLC_EP_OPEN = 2,         /* program 0: not under policy yet, or no longer: all passes */
};

enum { POLC_EP_ADDRS = 8 };

/* An endpoint. Its filters know its slot: the classid of both. */
struct polc_ep {
	__u32 program; /* its filters tail-call this one if they are another; 0: none */
	__u32 flags;   /* enum polc_ep_flag */
	__u32 pages;
	__u32 n_addr4, n_addr6;
	struct polc_table tables[2]; /* by enum polc_dir */
	__be32 addr4_be[POLC_EP_ADDRS];
	__u8 addr6[POLC_EP_ADDRS][16];
	__u32 pad;
};

/* --- what outlives policies ---------------------------------------------------------- */

#define POLC_MAP_CT4      "polc_ct4"      /* ARRAY bucket -> polc_ct4_bucket */
#define POLC_MAP_CT6      "polc_ct6"      /* ARRAY bucket -> polc_ct6_bucket */
#define POLC_MAP_CT_FATES "polc_ct_fates" /* PERCPU_ARRAY enum polc_ct_fate -> __u64 */
#define POLC_MAP_FRAG4    "polc_frag4"    /* LRU_HASH polc_frag4_key -> polc_l4 */
#define POLC_MAP_FRAG6    "polc_frag6"    /* LRU_HASH polc_frag6_key -> polc_l4 */
#define POLC_MAP_METRICS  "polc_metrics"  /* PERCPU_ARRAY hook * POLC_N_REASONS + reason */

/*
 * Conntrack remembers who opened a flow, nothing of any policy: a reply passes only if the
 * policy in force lets the opener's direction pass, so a revocation bites at once. Each end of
 * a flow between two endpoints has its own record, made when its policy lets the flow pass: an
 * attempt that one end let out and the other did not let in says nothing about the other's
 * flows.
 *
 * A record is words of addresses, source first, as the opener sent them, and a word of meta
 * data. All zeroes is a free one. Bits of the meta data, from the lowest: source and destination
 * port in network byte order (32; ICMP echo: the identifier in both), protocol (8), direction of
 * the opener's packets (1), state (3), time of the last packet (20). Time is CLOCK_MONOTONIC in
 * units of 2^32 ns, 4.3 s: 20 bits of it are 52 days.
 */
enum {
	POLC_CT_PROTO_SHIFT = 32,
	POLC_CT_DIR_SHIFT = 40,
	POLC_CT_STATE_SHIFT = 41,
	POLC_CT_TIME_SHIFT = 44,
	POLC_CT_STATE_MASK = 7,
	POLC_CT_TIME_MASK = 0xfffff,
};

enum polc_ct_state {
	POLC_CT_FREE,
	POLC_CT_BUSY, /* being written */
	POLC_CT_NEW,
	POLC_CT_REPLIED,
	POLC_CT_CLOSING,  /* TCP: a FIN was seen */
	POLC_CT_CLOSED,   /* TCP: a RST was seen */
	POLC_CT_ACCEPTED, /* TCP: answered by a SYN alone, which any SYN may be */
};

/* What becomes of a new flow. */
enum polc_ct_fate {
	POLC_CT_RECORDED,  /* new flows */
	POLC_CT_DISPLACED, /* of these, the ones that took the place of a live flow */
	POLC_CT_NO_ROOM,   /* not recorded: all that could make room is in use and answered */
	POLC_CT_N_FATES,
};

/* One cache line, and two: 262 144 flows in 4 MiB, 196 608 in 8 MiB. */
enum {
	POLC_CT4_WORDS = 1,
	POLC_CT4_SLOTS = 4,
	POLC_CT4_BUCKETS = 1 << 16,
	POLC_CT6_WORDS = 4,
	POLC_CT6_SLOTS = 3,
	POLC_CT6_BUCKETS = 1 << 16,
};

struct polc_ct4_bucket {
	__u64 word[8];
};

struct polc_ct6_bucket {
	__u64 word[16];
};

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
	POLC_L4_OPENS = 1,     /* can only open a flow: TCP SYN without ACK, echo request */
	POLC_L4_ANSWERS = 2,   /* can only answer: echo reply */
	POLC_L4_CLOSES = 4,    /* TCP FIN */
	POLC_L4_ERROR = 8,     /* an ICMP error: quotes a packet of the flow that it is about */
	POLC_L4_ALONE = 16,    /* belongs to no flow of its own: ICMP that is no echo */
	POLC_L4_QUIET = 32,    /* TCP in midstream that asks for no answer: conntrack may miss it */
	POLC_L4_RESETS = 64,   /* TCP RST */
	POLC_L4_ACCEPTS = 128, /* TCP SYN with ACK */

	/* Of an ICMP error, which opens nothing: policy allows it by itself. */
	POLC_L4_ALLOWED = POLC_L4_OPENS,
};

struct polc_counter {
	__u64 packets, bytes;
};

/* --- rules and events ------------------------------------------------------------------ */

#define POLC_MAP_HITS   "polc_hits"   /* PERCPU_ARRAY bank * POLC_DECISIONS + decision */
#define POLC_MAP_EVENTS "polc_events" /* RINGBUF of polc_event */
#define POLC_MAP_BUDGET "polc_budget" /* PERCPU_ARRAY, one polc_budget */

/* Decisions are numbered as in the bundle (codegen/bundle.h). */
enum { POLC_DECISIONS = 1 << 14, POLC_NO_DECISION = 0xffff };

/* A packet that was dropped. */
struct polc_event {
	__u64 time;       /* ns of CLOCK_MONOTONIC */
	__u32 generation; /* of the policy that dropped it */
	__u32 slot;       /* of the endpoint */
	__u32 length;     /* of the packet, in bytes */
	__u16 decision;   /* POLC_NO_DECISION where policy did not decide */
	__u16 type;       /* of the Ethernet frame, behind VLAN tags; 0: it has none */
	__u8 dir, reason; /* enum polc_dir, enum polc_reason */
	__u8 proto, hook; /* hook: enum polc_hook */
	__u16 port; /* policy port; 0 with the rest below where the headers are not that whole */
	__be16 sport_be, dport_be;
	__u8 saddr[16], daddr[16]; /* IPv4: the first four bytes */
	__u8 pad2[6];
};

/* How many events a CPU may tell: a burst, and then one more each interval. What is beyond that,
 * and what nobody has taken away in time, is counted and not told. */
enum {
	POLC_EVENT_BURST = 64,
	POLC_EVENT_INTERVAL = 10 * 1000 * 1000, /* ns: 100 in a second */
	POLC_EVENTS_SIZE = 256 << 10,           /* bytes that wait for a reader */
};

struct polc_budget {
	__u64 filled; /* when tokens were last added; ns of CLOCK_MONOTONIC */
	__u64 tokens;
	__u64 suppressed;
};

/* --- address -> peer class ------------------------------------------------------------- */

/* Ranges (struct polc_bank) and the trie have their classes in polc_addrs, where addresses that
 * come and go are written one at a time, also in the bank in force: nothing else of policy stands
 * in these maps. IPv4, where no range knows it: a trie of pages with a level for each byte of the
 * address. An entry is a class, or the number of a page one level down. Prefixes and endpoints
 * alike. */
enum { POLC_TRIE_CHILD = 0x8000 };

#define POLC_MAP_PEERS6 "polc_peers6" /* HASH polc_peer6_key -> __u32 class */
#define POLC_MAP_CIDRS6 "polc_cidrs6" /* LPM_TRIE polc_lpm6 -> __u32 class */

enum { POLC_PEERS = 1 << 17, POLC_CIDRS = 1 << 20 }; /* of both banks; made as they come */

struct polc_peer6_key {
	__u32 bank;
	__u8 addr[16];
};

/* len counts the bank's 32 bits too. */
struct polc_lpm6 {
	__u32 len;
	__u32 bank;
	__u8 addr[16];
};

/* --- proxies ----------------------------------------------------------------------------- */

/*
 * What judges the requests of a connection is a proxy, one for each direction, in a network
 * namespace of its own behind a device of the node. A packet gets there by its Ethernet header:
 * the destination is that of both ends of the device, the source holds the number of the listener
 * that the proxy has for the decision (0: the connection is there already). What comes from that
 * device comes from the proxy.
 */
#define POLC_MAP_PROXY "polc_proxy" /* ARRAY enum polc_dir -> polc_proxy, mmapable */

struct polc_proxy {
	__u32 ifindex;   /* of the device of the node; 0: there is no proxy */
	__u32 netns;     /* the identifier that the node's namespace has for that of the proxy */
	__u32 listeners; /* it has those from 1 to this */
	__u32 pad;
};

enum {
	POLC_LISTENERS = 4096,                       /* of a proxy, from 1 on */
	POLC_LISTENER_PORT = 65536 - POLC_LISTENERS, /* where they listen: this and the number */
	POLC_MAC_SIZE = 6,
	POLC_PROXY_OWN = 1, /* last in a proxy's source address: for the endpoint that it is for */
	/* Of what a proxy opens in a client's name: none that the client takes by itself (32768 to
	 * 60999), nor those of listeners. */
	POLC_PROXY_FIRST_PORT = 16384,
	POLC_PROXY_LAST_PORT = 32767,
};

/* Both addresses begin with these bytes, locally administered (IEEE 802, bit 1 of the first); two
 * more, the listener in network byte order, are the rest of the source. */
#define POLC_PROXY_PORTS    "16384 32767"
#define POLC_PROXY_MAC_HEAD 0x02, 'p', 'o', 'l'
#define POLC_PROXY_MAC_TAIL 'c', 0x00

/* --- programs ------------------------------------------------------------------------- */

/* `const volatile __u32 polc_program` in .rodata: the program's own number. */
#define POLC_VAR_PROGRAM "polc_program"

/* Programs of an object, by hook and stage. */
#define POLC_PROG_EP_IN          "polc_ingress"
#define POLC_PROG_EP_OUT         "polc_egress"
#define POLC_PROG_EP_IN_RELATED  "polc_in_related"
#define POLC_PROG_EP_OUT_RELATED "polc_eg_related"

/* --- held together -------------------------------------------------------------------- */

/* Both compilers lay these out, each for its machine: no padding, and no surprise. */
#define POLC_SIZE(type, bytes)                                                                     \
	_Static_assert(sizeof(struct type) == (bytes), #type " has another layout")

POLC_SIZE(polc_page, 2 * POLC_PAGE);
POLC_SIZE(polc_cells_line, POLC_LINE_BITS / 8);
POLC_SIZE(polc_range4, 12);
POLC_SIZE(polc_range6, 24);
POLC_SIZE(polc_bank, 32 + POLC_RANGES * (12 + 24));
POLC_SIZE(polc_node, 24 + POLC_BANKS * (32 + POLC_RANGES * (12 + 24)));
POLC_SIZE(polc_table, 4 * (4 + POLC_PROTO_SLOTS));
POLC_SIZE(polc_ep, 24 + 2 * 4 * (4 + POLC_PROTO_SLOTS) + POLC_EP_ADDRS * (4 + 16));
POLC_SIZE(polc_ct4_bucket, 64);
POLC_SIZE(polc_ct6_bucket, 128);
POLC_SIZE(polc_frag4_key, 12);
POLC_SIZE(polc_frag6_key, 36);
POLC_SIZE(polc_l4, 8);
POLC_SIZE(polc_counter, 16);
POLC_SIZE(polc_event, 72);
POLC_SIZE(polc_budget, 24);
POLC_SIZE(polc_peer6_key, 20);
POLC_SIZE(polc_lpm6, 24);
POLC_SIZE(polc_proxy, 16);
#undef POLC_SIZE

_Static_assert(POLC_CT4_SLOTS *(POLC_CT4_WORDS + 1) * 8 <= sizeof(struct polc_ct4_bucket),
	       "IPv4 records run out of their bucket");
_Static_assert(POLC_CT6_SLOTS *(POLC_CT6_WORDS + 1) * 8 <= sizeof(struct polc_ct6_bucket),
	       "IPv6 records run out of their bucket");
_Static_assert(!(POLC_CT4_BUCKETS & (POLC_CT4_BUCKETS - 1)) &&
		       !(POLC_CT6_BUCKETS & (POLC_CT6_BUCKETS - 1)),
	       "a bucket is found by a mask");
_Static_assert(POLC_PROTOS <= (int)POLC_PROTO_SLOTS, "a protocol has no slot");
_Static_assert((int)POLC_ADDR_PAGES <= (int)POLC_TRIE_CHILD,
	       "a child's number has no bits for all pages");
_Static_assert((int)POLC_DECISIONS <= (int)POLC_NO_DECISION, "a decision reads like none");
