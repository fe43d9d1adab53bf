/* SPDX-License-Identifier: Apache-2.0 */
/* The addresses of the node: whose packets are host traffic. */
#pragma once

#include "runtime/node/load/bank/bank.h"
#include "runtime/runtime.h"

/* Those that the options name, or else those of the interfaces here. Returns 0, or a negative
 * errno after reporting. Memory comes from `arena`. */
int rt_node_addrs_find(const struct rt_load_options *opts, struct arena *arena, struct diag *diag,
		       struct rt_node_addrs *out);
