/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Our two tc filters on a device, and what others have there. The program for traffic to
 * the endpoint sits at the clsact egress of its host-side device, the one for traffic from
 * it at the ingress. The classid of both is the endpoint's slot.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/abi.h"
#include "lang/base/diag.h"

enum rt_qdisc { RT_QDISC_NONE, RT_QDISC_CLSACT, RT_QDISC_INGRESS };

/* The filter in our place. */
struct rt_filter {
	uint32_t prog_id; /* 0: none */
	uint32_t classid;
};

/* One hook of a device. */
struct rt_hook {
	struct rt_filter filter;
	bool blocked;    /* our place or priority is taken by a filter that is no BPF program */
	uint32_t others; /* filters besides ours */
	char kind[16];   /* of the filter that blocks us */
};

struct rt_device {
	enum rt_qdisc qdisc;
	struct rt_hook hooks[POLC_N_EP_HOOKS];
};

/* Reads what is there. Returns 0 or -errno, unreported (-ENODEV: no such device). */
int rt_tc_look(uint32_t ifindex, struct rt_device *out);
/* The filters in our place on many devices; none where a device or its clsact is gone. */
int rt_tc_find(const uint32_t *ifindexes, size_t n, struct rt_filter (*out)[POLC_N_EP_HOOKS]);

/* These report under RT_CODE_ATTACH. `device` is for messages. */

/* *made: it was not there before. */
int rt_tc_make_clsact(uint32_t ifindex, const char *device, bool *made, struct diag *diag);
int rt_tc_remove_clsact(uint32_t ifindex, const char *device, struct diag *diag);

struct rt_tc_put {
	uint32_t ifindex;
	const char *device;
	enum polc_hook hook;
	int prog_fd;
	uint32_t classid;
	bool replace; /* atomically in the place of our present filter; else there must be none */
};

int rt_tc_put(const struct rt_tc_put *put, struct diag *diag);
/* No filter there is fine. */
int rt_tc_drop(uint32_t ifindex, const char *device, enum polc_hook hook, struct diag *diag);
