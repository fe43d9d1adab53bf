/* SPDX-License-Identifier: Apache-2.0 */
/* Programs of the bench (tests/bench/bpf/) in the kernel, and runs of any program through the
 * wrapper, which gives it another packet each time. */
#pragma once

#include <stdbool.h>

#include "tests/bench/datapath/traffic.h"

struct bpf_object;
struct bpf_map;

/* Opens one of the objects that the build made; NULL after saying why. */
struct bpf_object *wrap_open(const char *name);
/* Loads it; false after saying why. */
bool wrap_load_object(struct bpf_object *obj);
/* The memory of a .bss section of a loaded object, shared with its programs. */
void *wrap_data(struct bpf_object *obj, const char *section, size_t size);

struct wrap {
	struct bpf_object *obj;
	int fd, slot;
	struct bench_config *config;
	struct bench_packet *packets;
};

bool wrap_init(struct wrap *w);
void wrap_fini(struct wrap *w);

/* What is under test, and how it would be attached. */
struct wrap_target {
	int fd; /* -1: nothing, the wrapper alone */
	uint32_t classid;
	const char *addr; /* the packets go there */
};

/* A frame to the target, all but what differs between packets; its length. */
size_t wrap_frame(const struct wrap_target *target, uint8_t frame[static BENCH_FRAME]);
/* Puts the packets into the wrapper. */
void wrap_use(struct wrap *w, const struct traffic *t);
/* Nanoseconds a packet over `repeat` of the first mask + 1 packets; -1: the kernel refused. */
double wrap_run(struct wrap *w, const struct wrap_target *target, uint32_t mask, unsigned repeat);
/* How many of the first n packets the target judges otherwise than the policy; -1: refused. */
int wrap_check(struct wrap *w, const struct wrap_target *target, const struct traffic *t,
	       unsigned n);
