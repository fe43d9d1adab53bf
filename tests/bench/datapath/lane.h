/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A lane through the network stack: a node's namespace that forwards, and behind a veth of it a
 * pod's. Each variant has a lane of its own, all alike. Namespaces have no names and end with
 * the process, however it ends.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct lane {
	int node, pod; /* namespaces; -1: none */
	const char *device, *addr;
	unsigned number; /* makes its link addresses unique */
	unsigned feed;   /* ifindex, in the node, of the device where packets come in */
};

/* A namespace that forwards and checks no sources, with the device "feed"; -1 after saying why. */
int lane_node_new(void);
/* Enters a namespace; the process has one thread. */
bool lane_enter(int space);

/* Builds a lane from a node, or from a new one with node -1. False after saying why; lane_fini()
 * is due in any case. */
bool lane_init(struct lane *l, int node, const char *device, const char *addr, unsigned number);
void lane_fini(struct lane *l);

/* The link addresses of "feed", where packets of the lane must go, and of its other end. */
void lane_feed_macs(uint8_t to[static 6], uint8_t from[static 6]);
