/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The runtime: a checked bundle becomes enforced policy on network devices.
 *
 * An endpoint is attached at the host side of its veth, in the caller's network namespace.
 * A load is all or nothing: the new policy is written beside the old, every program that it
 * needs is verified, and then one store puts it into force on all endpoints of the node at
 * once. At no moment does a packet meet less than the old or the new policy, or a mixture.
 *
 * All state lives in the kernel: pinned maps below the pin directory (runtime/node/state/node.h)
 * and the tc filters. A load that was killed half-way has done all or nothing, too; the next load
 * or unload cleans up after it. One flock on the pin directory keeps two of them apart.
 *
 * Every function returns 0; -EINVAL after reporting what the caller asked wrongly (names,
 * devices, a bundle that does not fit); another negative errno, and none of ENOENT, EEXIST and
 * E2BIG, after reporting what the system refused. The codes are in runtime/codes.h. Nothing prints.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/abi.h"
#include "codegen/bundle.h"
#include "compiler/ir.h"
#include "lang/base/arena.h"
#include "lang/base/diag.h"
#include "runtime/proxy/told.h"

#define RT_PIN_DIR "/sys/fs/bpf/polc"

/* Our place among the tc filters of a device, in both directions of its clsact. The first
 * priority: a filter before ours could end the chain and let a packet by. */
enum { RT_TC_PRIORITY = 1, RT_TC_HANDLE = 0x706f6c63 /* "polc" */ };

/* What every call needs to know; zeroed is the default. */
struct rt_options {
	const char *pin_dir; /* NULL: RT_PIN_DIR */
	unsigned lock_ms;    /* how long to wait for another load; 0: 10 seconds */
	bool verbose;        /* what the verifier refuses comes with all that it says */
};

/* --- loading ------------------------------------------------------------------------- */

struct rt_attach {
	const char *endpoint; /* its name in the bundle: "shop/cart-1" */
	const char *device;   /* the host side of its veth */
};

struct rt_load_options {
	struct rt_options common;
	bool no_source_check; /* let endpoints send from addresses that are not theirs */
	bool replace_only;    /* refuse to attach what is not attached yet */
	/* The addresses that are the node's own; NULL: all addresses of this network namespace
	 * that are not of loopback. */
	const struct net_addr *node_addrs;
	size_t n_node_addrs;
	bool detach_unknown; /* detach endpoints that the new bundle does not know, instead of
				refusing the bundle */
};

/* What a load did. */
struct rt_load_result {
	uint32_t generation;  /* counts the loads since the pin directory was empty */
	size_t attached;      /* endpoints that had no policy before */
	size_t swapped;       /* endpoints moved from the old policy to the new */
	size_t detached;      /* by detach_unknown */
	size_t gone;          /* forgotten, as their devices no longer exist */
	uint64_t enforced_ns; /* from the call until the new policy was in force everywhere */
};

/*
 * Puts the bundle into force on every endpoint that is attached already and on those in
 * `attach`, which may name attached ones (with the same device) and may be empty if there
 * is something to swap. Loading the same bundle again is fine. On failure everything is as it
 * was. When it returns, no packet is under way that the old policy let pass.
 * `out` may be NULL.
 */
int rt_load(const struct bundle *bundle, const struct rt_attach *attach, size_t n_attach,
	    const struct rt_load_options *opts, struct diag *diag, struct rt_load_result *out);

/*
 * Puts endpoints under the policy in force without a load, while packets are judged: those that the
 * bundle knows, or the node was told of (rt_peers_put()), and whose tables another endpoint of the
 * node has. -EINVAL after reporting, with nothing changed, where the tables or a program are not
 * here; after another error, the first *n are under policy.
 */
int rt_endpoints_add(const struct bundle *bundle, const struct rt_attach *attach, size_t n_attach,
		     const struct rt_load_options *opts, struct diag *diag, size_t *n);

/* --- unloading ----------------------------------------------------------------------- */

struct rt_unload_result {
	size_t detached, gone;
	bool empty; /* nothing is left attached: all pins were removed */
};

/*
 * Detaches the named endpoints, or all with n_names == 0 (nothing attached is fine then).
 * With the last one go the node's maps and the pin directory. A clsact that a load made is removed
 * unless someone else uses it by now. `out` may be NULL.
 */
int rt_unload(const char *const *names, size_t n_names, const struct rt_options *opts,
	      struct diag *diag, struct rt_unload_result *out);

/* --- looking ------------------------------------------------------------------------- */

enum rt_endpoint_state {
	RT_ATTACHED,  /* both filters are in force */
	RT_BROKEN,    /* someone removed or replaced a filter: load again */
	RT_GONE,      /* the device no longer exists */
	RT_ELSEWHERE, /* attached in another network namespace than the caller's */
};

struct rt_endpoint {
	const char *name, *device;
	uint32_t ifindex;
	uint32_t slot;    /* its place on the node: the classid of its filters */
	uint32_t program; /* the number of its programs on the node */
	enum rt_endpoint_state state;
	bool check_source;
	uint32_t programs[POLC_N_EP_HOOKS]; /* kernel ids */
	uint32_t tables[IR_N_DIRS];         /* index in the bundle: maps/table-N.json */
	uint32_t generation;
	uint64_t loaded_at; /* seconds since 1970 */
	char bundle_hash[BUNDLE_HASH_STRLEN];
};

struct rt_counter {
	uint64_t packets, bytes; /* summed over the CPUs */
};

enum { RT_IPV4, RT_IPV6, RT_N_FAMILIES };

/* The flows on record, those included whose time is over but whose place nobody needed yet; and
 * what became of new ones since the first load. */
struct rt_conntrack {
	uint64_t flows[RT_N_FAMILIES], places[RT_N_FAMILIES];
	uint64_t fates[POLC_CT_N_FATES];
};

struct rt_status {
	bool loaded;      /* something is attached; else all below is empty */
	bool interrupted; /* a load was killed: the next load or unload cleans up after it */
	char bundle_hash[BUNDLE_HASH_STRLEN];
	uint32_t generation;
	uint64_t loaded_at;                /* seconds since 1970 */
	VEC(struct rt_endpoint) endpoints; /* sorted by name */
	struct rt_counter counters[IR_N_DIRS][POLC_N_REASONS];
	struct rt_conntrack conntrack;
};

/* Changes nothing. Memory comes from `arena`. */
int rt_status_get(const struct rt_options *opts, struct arena *arena, struct diag *diag,
		  struct rt_status *out);

/*
 * What each decision of the bundle in force (by its number) has counted since that load, over
 * all endpoints. Changes nothing. -EINVAL after reporting that the node enforces another bundle
 * or that this one counts no rules. Memory comes from `arena`.
 */
int rt_hits_get(const struct bundle *bundle, const struct rt_options *opts, struct arena *arena,
		struct diag *diag, struct rt_counter **out);

/* What became of the requests that a decision leaves to its rule set, since its rules say what they
 * say. */
struct rt_requests {
	uint64_t none;           /* that no entry matches */
	const uint64_t *entries; /* by entry of the set, in order; NULL: the decision has no set */
};

/* Those of each decision of the bundle in force, by its number. Changes nothing. -EINVAL after
 * reporting that the node enforces another bundle. Memory comes from `arena`. */
int rt_requests_get(const struct bundle *bundle, const struct rt_options *opts, struct arena *arena,
		    struct diag *diag, struct rt_requests **out);

const char *rt_endpoint_state_name(enum rt_endpoint_state s); /* "attached", "broken", ... */
/* "policy-denied" and "the policy denies the flow": bpf/reasons.h. NULL: there is none of this
 * number. */
const char *rt_reason_name(enum polc_reason r);
const char *rt_reason_text(enum polc_reason r);

/* --- peers that come and go -------------------------------------------------------------- */

/* Endpoints with labels, addresses and named ports, as an inventory has them. */
struct rt_peers {
	const struct intern *strings; /* of keys, values and names */
	const struct ir_endpoint *const *v;
	size_t n;
};

/*
 * Tells the node of endpoints that its bundle does not know, or that have changed: by their labels
 * their addresses get the classes that the bundle in force, built for endpoints to come, has for
 * them, an address at a time and while packets are judged. It holds until they are removed, also
 * under the bundles of later loads. -EINVAL, with nothing changed, if the bundle has no class for
 * one of them; after another error, the first *n are in place. Hosts are left out, and with a
 * warning who has no address.
 */
int rt_peers_put(const struct bundle *bundle, const struct rt_peers *peers,
		 const struct rt_options *opts, struct diag *diag, size_t *n);
/* The addresses are what the bundle in force says again. -EINVAL after reporting names that the
 * node was not told of; the others are removed. */
int rt_peers_remove(const struct bundle *bundle, const char *const *names, size_t n,
		    const struct rt_options *opts, struct diag *diag);

/* A peer that the node was told of; its strings are ir->strings. */
struct rt_peer {
	const struct ir *ir;
	const struct ir_endpoint *ep;
};

struct rt_peer_list {
	VEC(struct rt_peer) list; /* sorted by name */
};

/* Changes nothing. Memory comes from `arena`. */
int rt_peers_list(const struct rt_options *opts, struct arena *arena, struct diag *diag,
		  struct rt_peer_list *out);

/* --- dropped packets ------------------------------------------------------------------- */

/* A policy that is in force, or was until the last load: an event tells its generation and the slot
 * of its endpoint. */
struct rt_named_slot {
	uint32_t slot;
	const char *name; /* of the endpoint */
};

struct rt_generation {
	uint32_t generation;
	char bundle_hash[BUNDLE_HASH_STRLEN];
	VEC(struct rt_named_slot) endpoints;
};

struct rt_generations {
	VEC(struct rt_generation) list; /* the one in force first; at most two */
};

/* Changes nothing. Memory comes from `arena`. */
int rt_generations_get(const struct rt_options *opts, struct arena *arena, struct diag *diag,
		       struct rt_generations *out);

/* Gets an event; another result than 0 ends rt_events_wait(). */
typedef int rt_event_fn(void *ctx, const struct polc_event *event);

struct rt_events;

/*
 * Begins to listen. The node keeps one queue, and what one listener has taken no other sees:
 * there should be one at a time. -EINVAL after reporting that nothing tells events here.
 */
int rt_events_open(const struct rt_options *opts, struct diag *diag, struct rt_events **out);
/* Hands over the events that are there, or those that come within the time. 0, a negative errno
 * (unreported), or what `fn` said. */
int rt_events_wait(struct rt_events *e, int timeout_ms, rt_event_fn *fn, void *ctx);
/* How many events were not told, since the maps were made; -errno, unreported. */
int rt_events_suppressed(const struct rt_events *e, uint64_t *out);
void rt_events_close(struct rt_events **e);

/* --- requests, as proxies tell of them ----------------------------------------------------- */

typedef int rt_told_fn(void *ctx, const struct proxy_told *told);

struct rt_told;

/* Begins to listen, as others may beside; *out NULL: there are no proxies. Returns 0 or a negative
 * errno after reporting. */
int rt_told_open(const struct rt_options *opts, struct diag *diag, struct rt_told **out);
/* Hands over those that are there (none of NULL), without waiting. 0, or what `fn` said. */
int rt_told_take(struct rt_told *t, rt_told_fn *fn, void *ctx);
void rt_told_close(struct rt_told **t);

/* The decision that leads to each listener of a proxy, by direction and number (POLC_LISTENERS of
 * them each); UINT32_MAX: none of the bundle in force does. Changes nothing. -EINVAL after
 * reporting that the node enforces another bundle. Memory comes from `arena`. */
int rt_listeners_get(const struct bundle *bundle, const struct rt_options *opts,
		     struct arena *arena, struct diag *diag, uint32_t *out[static POLC_DIRS]);
