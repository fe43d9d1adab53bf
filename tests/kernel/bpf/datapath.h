/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program pair in the kernel, without a device: packets go through BPF_PROG_TEST_RUN, and
 * the answer is the reason that the program counted. Needs root. For tests of the datapath;
 * what enforces policy is runtime/.
 */
#pragma once

#include <linux/bpf.h>

#include "bpf/abi.h"
#include "codegen/shape.h"
#include "tests/lib/packet.h"

struct bpf_object;

struct datapath {
	struct bpf_object *obj;
	struct polc_ep ep;
	struct __sk_buff
		skb; /* what the kernel knows of the packets of dp_run() beside their bytes */
	uint32_t n_cpus;
};

/* Compiles and loads the shape of a subject, fills its maps from `cls`, and gives it the
 * addresses of its first endpoint. Fails the test if anything goes wrong. */
void dp_open(struct datapath *dp, const struct cls *cls, const struct cls_subject *subject,
	     bool check_source);
/* The same for a shape alone; its maps stay empty. */
void dp_open_shape(struct datapath *dp, struct gen_shape shape);
void dp_close(struct datapath *dp);

/* Loads tests/kernel/NAME.bpf.c, whose maps of the same names are the datapath's. The caller
 * closes the object. */
struct bpf_object *dp_open_beside(struct datapath *dp, const char *name);

/* New tables for the same shape, in place: a policy change. */
void dp_set_tables(struct datapath *dp, const struct cls *cls, const struct cls_subject *subject);

/* The reason why the packet passed or was dropped; checks that the return code agrees. */
enum polc_reason dp_run(struct datapath *dp, enum ir_dir dir, const struct packet *p);
const char *dp_reason_name(enum polc_reason reason);

/* A record, even of a forgotten flow. Its meta data may be changed. */
struct dp_flow {
	enum net_family family;
	const uint64_t *addr; /* as many words as the family has */
	uint64_t *meta;
};

typedef void dp_visit_flow(const struct dp_flow *flow, void *ctx);
/* Calls `visit` for the records of both families. */
void dp_each_flow(struct datapath *dp, dp_visit_flow *visit, void *ctx);
enum polc_ct_state dp_flow_state(const struct dp_flow *flow);
/* Makes every flow on record look as if it was last seen that long ago. */
void dp_age_flows(struct datapath *dp, uint32_t seconds);
/* How many flows of this state are on record, in both families. */
size_t dp_count_flows(struct datapath *dp, enum polc_ct_state state);
/* The size of a program in instructions, as the kernel sees it. */
size_t dp_program_size(struct datapath *dp, enum ir_dir dir);
