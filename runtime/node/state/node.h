/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The node: the maps of bpf/abi.h that all endpoints share, and beside them what only the
 * loader reads. All are pinned in the pin directory from the first load until the last
 * endpoint goes, and what is small is mapped into memory, so that reading the state of a
 * thousand endpoints, or changing it, is no system call.
 *
 * Two banks hold two policies, and records beside the policy say whose it is; the one store
 * of rt_node_flip() changes both. Whoever writes a bank, whatever for, does so where no
 * packet looks: the bank that is not active, after rt_node_settle().
 */
#pragma once

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/abi.h"
#include "codegen/bundle.h"

struct rt_session;

/* --- maps ------------------------------------------------------------------------------ */

/* The kernel's name of this map tells which bpf/abi.h all maps beside it follow. */
#define RT_PIN_STATE   "polc_state"
#define RT_STATE_NAME  RT_PIN_STATE "_v" POLC_ABI
#define RT_PIN_RECORDS "polc_records"
#define RT_PIN_DEVICES "polc_devices"

/* X(ENUM, name, type, key, value, entries, flags). With 0 entries: made when the first program
 * needs it, as large as its object says. STATE is the first, as it knows about the others. */
#define RT_NODE_MAPS(X)                                                                            \
	X(STATE, RT_PIN_STATE, ARRAY, __u32, struct rt_state, 1, BPF_F_MMAPABLE)                   \
	X(RECORDS, RT_PIN_RECORDS, ARRAY, __u32, struct rt_record, POLC_BANKS *POLC_ENDPOINTS,     \
	  BPF_F_MMAPABLE)                                                                          \
	X(DEVICES, RT_PIN_DEVICES, DEVMAP, __u32, __u32, POLC_ENDPOINTS, 0)                        \
	X(TOLD, "polc_told", HASH, struct rt_peer_name, struct rt_peer_text, RT_PEERS,             \
	  BPF_F_NO_PREALLOC)                                                                       \
	X(OWNERS, "polc_owners", HASH, struct rt_peer_addr, struct rt_peer_name, RT_PEERS,         \
	  BPF_F_NO_PREALLOC)                                                                       \
	X(NODE, POLC_MAP_NODE, ARRAY, __u32, struct polc_node, 1, BPF_F_MMAPABLE)                  \
	X(EPS, POLC_MAP_EPS, ARRAY, __u32, struct polc_ep, POLC_BANKS *POLC_ENDPOINTS,             \
	  BPF_F_MMAPABLE)                                                                          \
	X(PAGES, POLC_MAP_PAGES, ARRAY, __u32, struct polc_page, POLC_BANKS *POLC_PAGES,           \
	  BPF_F_MMAPABLE)                                                                          \
	X(ADDRS, POLC_MAP_ADDRS, ARRAY, __u32, struct polc_page, POLC_BANKS *POLC_ADDR_PAGES,      \
	  BPF_F_MMAPABLE)                                                                          \
	X(CELLS, POLC_MAP_CELLS, ARRAY, __u32, struct polc_cells_line,                             \
	  POLC_BANKS *POLC_CELL_LINES, BPF_F_MMAPABLE)                                             \
	X(PROGS, POLC_MAP_PROGS, PROG_ARRAY, __u32, __u32, POLC_PROGRAMS *POLC_PROG_SLOTS, 0)      \
	X(LISTENERS, "polc_listeners", ARRAY, __u32, struct rt_listener,                           \
	  POLC_DIRS *POLC_LISTENERS, BPF_F_MMAPABLE)                                               \
	X(PROXY, POLC_MAP_PROXY, ARRAY, __u32, struct polc_proxy, POLC_DIRS, BPF_F_MMAPABLE)       \
	X(PEERS6, POLC_MAP_PEERS6, HASH, struct polc_peer6_key, __u32, POLC_PEERS,                 \
	  BPF_F_NO_PREALLOC)                                                                       \
	X(CIDRS6, POLC_MAP_CIDRS6, LPM_TRIE, struct polc_lpm6, __u32, POLC_CIDRS,                  \
	  BPF_F_NO_PREALLOC)                                                                       \
	X(METRICS, POLC_MAP_METRICS, PERCPU_ARRAY, __u32, struct polc_counter,                     \
	  POLC_N_HOOKS *POLC_N_REASONS, 0)                                                         \
	X(HITS, POLC_MAP_HITS, PERCPU_ARRAY, __u32, struct polc_counter, 0, 0)                     \
	X(EVENTS, POLC_MAP_EVENTS, RINGBUF, char[0], char[0], 0, 0)                                \
	X(BUDGET, POLC_MAP_BUDGET, PERCPU_ARRAY, __u32, struct polc_budget, 0, 0)                  \
	X(CT4, POLC_MAP_CT4, ARRAY, __u32, struct polc_ct4_bucket, 0, BPF_F_MMAPABLE)              \
	X(CT6, POLC_MAP_CT6, ARRAY, __u32, struct polc_ct6_bucket, 0, BPF_F_MMAPABLE)              \
	X(CT_FATES, POLC_MAP_CT_FATES, PERCPU_ARRAY, __u32, __u64, 0, 0)                           \
	X(FRAG4, POLC_MAP_FRAG4, LRU_HASH, struct polc_frag4_key, struct polc_l4, 0, 0)            \
	X(FRAG6, POLC_MAP_FRAG6, LRU_HASH, struct polc_frag6_key, struct polc_l4, 0, 0)

enum rt_map {
#define X(id, ...) RT_MAP_##id,
	RT_NODE_MAPS(X)
#undef X
		RT_N_MAPS
};

/* The maps that hold entries of both banks: polc_peers6 and polc_cidrs6. */
enum { RT_N_ADDR_MAPS = 2 };

/* --- what the loader remembers ----------------------------------------------------------- */

/* A namespace and a name: 63 + 1 + 253 bytes in Kubernetes. */
enum { RT_NAME_SIZE = 320, RT_DEVICE_SIZE = 16 };

enum {
	RT_RECORD_USED = 1,         /* set last, so the rest is whole */
	RT_RECORD_CHECK_SOURCE = 2, /* loaded with the source check */
	RT_RECORD_CLSACT = 4,       /* we made the device's clsact */
	RT_RECORD_OPEN = 8,         /* not under policy: on its way in or out. One that is left
				       by an interrupted load is to be taken away */
};

/* An endpoint, by bank and slot: beside its polc_ep, and in force with it. */
struct rt_record {
	uint32_t flags; /* RT_RECORD_* */
	uint32_t generation;
	uint64_t netns; /* inode of the network namespace */
	uint64_t loaded_at;
	uint32_t ifindex;
	uint32_t tables[IR_N_DIRS]; /* index in the bundle */
	char name[RT_NAME_SIZE];
	char device[RT_DEVICE_SIZE]; /* its name when it was attached */
	char hash[BUNDLE_HASH_STRLEN + 3];
};

/* Of the registry (runtime/node/state/registry.h). */
struct rt_peer_name {
	char s[RT_NAME_SIZE]; /* zeroes behind it */
};

enum { RT_PEERS = 1 << 16, RT_PEER_TEXT = 2048 };

struct rt_peer_text {
	char s[RT_PEER_TEXT]; /* ir_json_one() */
};

struct rt_peer_addr {
	uint32_t family; /* enum net_family */
	uint8_t bytes[16];
};

enum rt_program_state {
	RT_PROGRAM_FREE,
	RT_PROGRAM_PARTIAL, /* on its way in or out */
	RT_PROGRAM_READY,
};

/* A program pair of polc_progs, by its number. */
struct rt_program {
	uint32_t state;                    /* enum rt_program_state */
	uint32_t ids[POLC_N_HOOKS];        /* kernel ids; 0: no program there */
	char hash[BUNDLE_HASH_STRLEN + 3]; /* of the object */
};

/* A listener of a proxy, by direction and number: it stays that of the same rules from one policy
 * to the next, so that connections stay with their rules. */
struct rt_listener {
	char key[BUNDLE_HASH_STRLEN + 7]; /* of these rules; empty: nobody ever had it */
};

struct rt_state {
	uint32_t made;      /* bit set of enum rt_map: these must be there */
	uint32_t unsettled; /* a packet may still be under way with the bank that is not active */
	uint32_t slots;     /* all slots in use, of both banks, are below this */
	uint32_t addr_pages[POLC_BANKS];             /* how many are used */
	uint32_t filled[POLC_BANKS][RT_N_ADDR_MAPS]; /* this bank has entries there */
	struct rt_program programs[POLC_PROGRAMS];
};

/* --- the node ------------------------------------------------------------------------------ */

struct rt_node {
	int fd[RT_N_MAPS];         /* -1: not there */
	struct rt_state *state;    /* NULL: no policy was ever loaded here */
	struct rt_record *records; /* bank * POLC_ENDPOINTS + slot */
	struct polc_node *node;
	struct polc_ep *eps; /* bank * POLC_ENDPOINTS + slot */
};

enum rt_node_mode {
	RT_NODE_PRESENT, /* what is there must fit */
	RT_NODE_SALVAGE, /* leave out what does not fit, but for the loader's own: to unload */
	RT_NODE_MAKE,    /* make what is missing */
};

/* Returns 0 or a negative errno after reporting. rt_node_close() is due in any case. */
int rt_node_open(struct rt_session *s, enum rt_node_mode mode);
void rt_node_close(struct rt_node *node);
/* Unpins all maps. -errno, unreported. */
int rt_node_unpin(struct rt_session *s);

/* The map of the ABI that a program may declare under this name; -1: there is none. */
int rt_map_find(const char *name);
const char *rt_map_name(enum rt_map map);

struct bpf_map;
/* Makes `map`, declared by an object, the node's; -EINVAL, reported, where it is none. `object`
 * is for messages. */
int rt_node_bind(struct rt_session *s, struct bpf_map *map, const char *object);

static inline uint32_t rt_node_active(const struct rt_node *n)
{
	return __atomic_load_n(&n->node->active, __ATOMIC_ACQUIRE) % POLC_BANKS;
}

static inline struct rt_record *rt_node_record(const struct rt_node *n, uint32_t bank,
					       uint32_t slot)
{
	assert(bank < POLC_BANKS && slot < POLC_ENDPOINTS);
	return &n->records[bank * POLC_ENDPOINTS + slot];
}

static inline struct polc_ep *rt_node_ep(const struct rt_node *n, uint32_t bank, uint32_t slot)
{
	assert(bank < POLC_BANKS && slot < POLC_ENDPOINTS);
	return &n->eps[bank * POLC_ENDPOINTS + slot];
}

/* `n` elements of a mapped ARRAY from the first of `bank` on (the half: of polc_listeners it is a
 * direction), to be written; the caller
 * munmap()s `size` bytes. NULL with errno. */
void *rt_node_map_bank(const struct rt_node *node, enum rt_map map, uint32_t bank, size_t n,
		       size_t *size);

/* Puts the other bank into force: all endpoints at once. */
void rt_node_flip(struct rt_node *n);
/* After it no packet is under way with a bank or a program that was in force before. */
int rt_node_settle(struct rt_session *s);
