/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a change of policy changes: the flows that are allowed now and were not, and the
 * reverse, as regions that together are exact. A flow is allowed when the egress of a managed
 * source and the ingress of a managed destination both allow it. Where rules judge requests, a
 * region may be one of requests: over each of its flows some are allowed now and were not, and one
 * that all of them have in common is shown.
 *
 * The answer holds for all endpoints that there could be (the open world), whichever the files
 * hold; or, if the inventory is said to be complete, for exactly these endpoints and all addresses
 * outside (the closed world).
 */
#pragma once

#include "compiler/eval.h"
#include "verifier/region/region.h"

struct buf;
struct sources;
struct unread;
struct work;

enum diff_side { DIFF_OLD, DIFF_NEW, DIFF_N_SIDES };

enum diff_relation {
	DIFF_EQUAL,
	DIFF_WIDER,        /* something is newly allowed, nothing newly denied */
	DIFF_NARROWER,     /* the reverse */
	DIFF_INCOMPARABLE, /* both */
	DIFF_UNDECIDED,    /* the change is too large, there was not enough time, or whether
			    * rules judge requests otherwise is not known; what was found so far is
			    * true */
};

/* One end of a region or a witness, as text in the manner of .pol. In the closed world the
 * members are named, too, in the open world those that the files hold. */
struct diff_end {
	const char *text;
	VEC(const char *) endpoints; /* their names, in order */
	VEC(const char *) cidrs;     /* closed world: the prefixes of outside addresses */
};

/* One flow of a region, of which both interpreters have said that it changed; so has the request,
 * if there is one, over every flow of the region. */
struct diff_witness {
	const char *from, *to, *port;
	const struct ir_request *request;  /* over the flow; NULL: whatever is asked over it */
	bool replica;                      /* of a workload to another one of it */
	struct ir_flow flow[DIFF_N_SIDES]; /* the same flow, in the terms of each IR */
	bool missing[DIFF_N_SIDES];        /* an end is not there on this side */
};

/* What decides about a witness on one side and is not on the other: a rule, or, without a rule, the
 * policy that isolates. */
struct diff_cause {
	enum diff_side side; /* that has it */
	enum ir_dir dir;     /* whose verdict changed */
	const struct ir_policy *policy;
	const struct ir_rule *rule;
	const char *missing; /* no policy: the end of the flow that this side does not have */
	const struct diff_witness *witness; /* the flow of the region that it decides */
	bool both; /* the other side has its like; only the order of the tiers has changed */
};

struct diff_region {
	struct diff_end from, to;
	VEC(const char *) ports; /* "tcp/80", "udp", "tcp/8000-8100", "tcp/http", "any" */
	const char *ports_text;  /* the same, as a person would say it */
	struct diff_witness witness;
	VEC(struct diff_cause) causes; /* by direction, then by side; never empty */
	const struct region_box *box;

	/* Open world: one end is only endpoints, and none of them has a private address, of RFC
	 * 1918 or RFC 4193; some may have those of RFC 6598. */
	bool public_endpoints, shared_addresses;
	bool port_zero; /* it is about port 0 alone, where nothing listens */
};

/* Those about public endpoints are the last. */
struct diff_regions {
	VEC(struct diff_region) list;
};

/* Something that has changed and that nobody can look into. */
struct diff_gap {
	const char *kind, *path;       /* "submodule", "LFS file", "link" */
	const char *ids[DIFF_N_SIDES]; /* what stands for it; NULL: that side does not have it */
};

/* In what policies and their ports can tell apart. */
enum diff_known_what {
	DIFF_KNOWN_LABELS,
	DIFF_KNOWN_PORTS,
	DIFF_KNOWN_NODE, /* it is on the network of its node, and was not, or the reverse; it runs
			  * elsewhere, and its policies do not isolate it from its node */
	DIFF_KNOWN_ADDRESSES,
	DIFF_KNOWN_ONLY_OLD,
	DIFF_KNOWN_ONLY_NEW,
	DIFF_N_KNOWN_WHAT,
};

/* An endpoint of the files that the two sides do not have alike, or a namespace without any. */
struct diff_known {
	const char *name;
	bool ns;
	unsigned what; /* bits, by enum diff_known_what; not 0 */
};

struct diff_world;

struct diff {
	enum diff_relation relation;
	bool incomplete;  /* why it is undecided: not all of the change was followed */
	bool out_of_time; /* as there was no time for it */
	bool closed;      /* the world that was reasoned about */
	bool some_known;  /* open world: the files hold some endpoints, and regions name them */
	struct diff_regions added, removed;
	struct diff_regions undecided; /* further requests may be judged otherwise here */
	/* Open world: endpoints that changed, if both sides hold some, then namespaces. No region
	 * is about that, as the world has all endpoints on both sides. */
	VEC(struct diff_known) known;
	struct diff_world *world;                    /* what the boxes' numbers mean */
	const struct unread *unread[DIFF_N_SIDES];   /* not in the answer; the caller sets them */
	const struct sources *sources[DIFF_N_SIDES]; /* for places; the caller sets them, or not */
	const struct diff_gap *gaps; /* not in the answer, either; the caller sets them, or not */
	size_t n_gaps;
};

enum { DIFF_DEFAULT_LIMIT = 800000 };

struct diff_options {
	size_t limit; /* about so many intermediate boxes are made: past that the relation is
		       * DIFF_UNDECIDED */
	bool closed;  /* the endpoints of both sides are all that there are, if there are any */
	struct work *work; /* borrowed; when its time is up the relation is DIFF_UNDECIDED; NULL:
			    * it has no end */
};

/*
 * Compares two IRs. Memory comes from `arena`, and the result borrows from both IRs.
 *
 * Returns 0, or -EPROTO if an interpreter contradicts a region (a fault of polc).
 */
int diff_run(const struct ir *old, const struct ir *new, const struct diff_options *opts,
	     struct arena *arena, struct diff *out);

const char *diff_relation_name(enum diff_relation relation);
/* Is there policy on either side that is not read, or a gap? */
bool diff_is_incomplete(const struct diff *d);
/* Has what is not read changed, or may it have? */
bool diff_may_hide_change(const struct diff *d);

/* {"relation", "world", "added": [{"from","to","ports","witness":{"from","to","port"},
 *  "cause":[...]}], "removed": [...], "incomplete"?: [...], "unread_changed"?: BOOL,
 *  "not_compared"?: [...]}; see doc/diff.md. */
void diff_render_json(const struct diff *d, struct buf *out);
void diff_render_text(const struct diff *d, bool color, struct buf *out);
