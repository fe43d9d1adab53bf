/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a policy costs a node, known and bounded before anything is loaded: the instructions and
 * the stack of every program and stage, and the room that its tables take in the maps of a node
 * (bpf/abi.h), today and when identities have grown as far as was asked for. What is over a
 * limit here is refused by the build, so it cannot be what fails on a node.
 */
#pragma once

#include <jansson.h>

#include "codegen/object.h"
#include "codegen/shape.h"
#include "compiler/classes/classes.h"

struct bundle_options;

enum {
	GEN_MAX_INSNS = GEN_MAX_FUNCTION, /* of a program: far below what the kernel verifies */
	GEN_MAX_STACK = 512,              /* MAX_BPF_STACK (include/linux/filter.h) */

	/* Kubernetes' default of pods on a node (kubelet, maxPods), and the identities that
	 * Cilium's local identities are numbered in (16 bits). */
	GEN_NODE_ENDPOINTS = 110,
	GEN_IDENTITIES = 65536,
};

/*
 * What is counted for a node. X(ENUM, "name", limit, "what one of it is"). The order is that of
 * the report.
 */
#define GEN_NEEDS(X)                                                                               \
	X(CLASSES, "peer classes", CLS_MAX_CLASSES, "kinds of peers that the policies tell apart") \
	X(PAGES, "pages", POLC_PAGES, "512 bytes of class and port tables, or of listeners")       \
	X(ADDRS, "address pages", POLC_ADDR_PAGES, "512 bytes of addresses")                       \
	X(LINES, "verdict lines", POLC_CELL_LINES, "64 bytes of verdicts")                         \
	X(PEERS6, "IPv6 endpoints", POLC_PEERS / POLC_BANKS, "addresses in the peer map")          \
	X(CIDRS6, "IPv6 prefixes", POLC_CIDRS / POLC_BANKS, "prefixes in the prefix map")          \
	X(DECISIONS, "decisions", POLC_DECISIONS, "rules and defaults that are counted or told")   \
	X(PROGRAMS, "programs", POLC_PROGRAMS / POLC_BANKS, "shapes, a pair of programs each")

enum gen_need_id {
#define X(id, name, limit, text) GEN_NEED_##id,
	GEN_NEEDS(X)
#undef X
		GEN_N_NEEDS
};

struct gen_need {
	uint64_t now, worst; /* worst: with all the identities that were asked for */
};

struct gen_shape_use {
	struct gen_shape shape;
	const char *name;
	size_t object_size; /* bytes */
	uint32_t endpoints; /* of the bundle */
	struct gen_object_use object;
};

struct gen_resources {
	uint32_t identities; /* 0: nobody asked for growth, worst is now */
	uint32_t endpoints;  /* that a node is to hold: any so many of the bundle */
	uint32_t fits;       /* so many fit at the worst, whichever they are */
	VEC(struct gen_shape_use) shapes;
	struct gen_need needs[GEN_N_NEEDS];
};

const char *gen_need_name(enum gen_need_id id);
uint64_t gen_need_limit(enum gen_need_id id);
uint64_t gen_need_bytes(const struct gen_resources *r, bool worst); /* of pages and lines */

/* Adds a shape. Returns 0; -EIO after reporting an object that is malformed, -E2BIG one that is
 * over a limit. Memory comes from `arena`. */
int gen_resources_add_shape(struct gen_resources *r, struct gen_shape shape, uint32_t endpoints,
			    const void *object, size_t size, struct arena *arena,
			    struct diag *diag);

/*
 * Counts what a node needs, after all shapes were added. `opts` says for how many endpoints,
 * `cls` was built for the identities. Returns 0, or -E2BIG after reporting what is over its limit
 * and which policies cost most of it.
 */
int gen_resources_prove(struct gen_resources *r, const struct cls *cls,
			const struct bundle_options *opts, struct arena *arena, struct diag *diag);

/* The report as JSON: {"identities", "nodeEndpoints", "fits", "shapes": [{"name",
 * "features", "endpoints", "objectBytes", "ingress": PROGRAM, "egress": PROGRAM}], "node":
 * [{"name", "now", "worst", "limit"}]}, PROGRAM being {"instructions",
 * "functions", "stack"} and, of the program of a hook, {"stages": {NAME: PROGRAM}}. */
json_t *gen_resources_value(const struct gen_resources *r);
