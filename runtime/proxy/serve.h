/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Running the proxies of a node: one HAProxy for each direction, in namespaces of its
 * own for network, processes and mounts. They end with whoever runs them, however that ends, and
 * with them their namespaces and devices; one that ends by itself is started again.
 */
#pragma once

#include "lang/base/diag.h"

struct proxy_serve_options {
	const char *pin_dir; /* NULL: RT_PIN_DIR; the maps of a load are there */
	const char *files;   /* polc_l7.so, polc.lua and listen.bpf.o; NULL: the installed ones */
};

/* Until SIGTERM or SIGINT. SIGHUP has them reload, with as many listeners as rules have by now,
 * which connections do not notice. Returns 0, or a negative errno after reporting why there are no
 * proxies: -EBUSY if somebody runs them already. */
int proxy_serve(const struct proxy_serve_options *opts, struct diag *diag);
