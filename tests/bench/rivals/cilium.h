/* SPDX-License-Identifier: Apache-2.0 */
/* The Cilium-shaped classifier (bpf/cilium.bpf.c), filled from a flat policy. */
#pragma once

#include "tests/bench/rivals/flat.h"

struct bpf_object;

struct cilium {
	struct bpf_object *obj;
	int classify, classify_ct; /* the programs without and with conntrack */
	unsigned ips, policies;    /* entries of its two tries */
};

/* False after saying why. */
bool cilium_init(struct cilium *c, const struct flat *flat);
void cilium_fini(struct cilium *c);
