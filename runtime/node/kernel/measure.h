/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the kernel here says of a program before any endpoint depends on it: it is loaded with
 * maps of its own, and let go again.
 */
#pragma once

#include "bpf/abi.h"
#include "codegen/bundle.h"

/* Instructions that the verifier walked through, over all paths (struct bpf_prog_info). */
struct rt_measure {
	uint32_t verified[POLC_N_EP_HOOKS][POLC_N_STAGES];
	uint64_t load_ns; /* of all programs together */
};

/* Measures a shape of the bundle; `verbose` as in struct rt_options. Returns 0, or a negative errno
 * after reporting. */
int rt_measure_shape(const struct bundle *b, const struct bundle_shape *shape, bool verbose,
		     struct diag *diag, struct rt_measure *out);
