/* SPDX-License-Identifier: Apache-2.0 */
/* What conntrack holds, read from the table that the programs write. */
#pragma once

#include "runtime/node/state/session.h"
#include "runtime/runtime.h"

/* Leaves zeroes where no program needed conntrack yet. Returns 0 or a negative errno after
 * reporting. */
int rt_flows_read(struct rt_session *s, struct rt_conntrack *out);
