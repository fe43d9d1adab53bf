/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The network namespace of a proxy: nothing is in it but the proxy and the end of a device, and
 * whatever comes by that is for the proxy, by whatever address. It needs nothing of the node: no
 * rule, no mark, no firewall; and it is gone with its last process.
 */
#pragma once

#include <sys/types.h>

#include "bpf/abi.h"
#include "lang/base/diag.h"

/* The node's end of the device. */
const char *proxy_device(enum polc_dir dir);

/*
 * From the node's side: the device, between here and the namespace of `pid`, which is up here; and
 * what programs are told of it. `past` is the file of bpf/past.bpf.c. Returns 0 or a negative errno
 * after reporting.
 */
int proxy_space_join(enum polc_dir dir, pid_t pid, uint32_t mtu, const char *past,
		     struct diag *diag, struct polc_proxy *out);

/* Another MTU for both ends. It is that of the connections that are there, too. */
int proxy_space_fit(enum polc_dir dir, const struct polc_proxy *proxy, uint32_t mtu,
		    struct diag *diag);

/* Takes the device away at once. */
void proxy_space_leave(enum polc_dir dir);

/* From inside, then: everything goes to the listeners that packets name. `listen` is the file of
 * bpf/listen.bpf.c. */
int proxy_space_settle(enum polc_dir dir, const char *listen, struct diag *diag);
