/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A storm of flows on the conntrack of a datapath under test: tests/kernel/bpf/storm.bpf.c, run on
 * one processor or on two at once.
 */
#pragma once

#include "lang/base/net.h"
#include "tests/kernel/bpf/datapath.h"

/* As in storm.bpf.c. */
enum storm_what {
	STORM_OPEN,   /* opens the flows */
	STORM_ANSWER, /* answers them */
	STORM_FIND,   /* the same without a trace */
	STORM_HAMMER, /* opens and resets flows as they come, and looks for some that nobody opens
		       */
};

enum { STORM_EVERYWHERE = 0xfffff };

struct storm_flows {
	enum net_family family;
	enum storm_what what;
	uint32_t first, n;
	uint32_t crowd; /* into this many buckets, less one; or STORM_EVERYWHERE */
};

struct storm {
	struct datapath *dp;
	struct bpf_object *obj;
};

/* Fails the test if anything goes wrong. */
void storm_open(struct storm *s, struct datapath *dp);
void storm_close(struct storm *s);

/* How many of the flows were found. */
uint32_t storm_run(const struct storm *s, const struct storm_flows *flows);
/* The same with two storms that begin at the same time, on two processors: both sums. */
uint32_t storm_run_two(const struct storm *s, const struct storm_flows flows[2]);

/* Is the record that of a flow which storms open? */
bool storm_knows(const struct dp_flow *flow);

/* How often this happened since the datapath was opened. */
uint64_t storm_fates(const struct storm *s, enum polc_ct_fate fate);
