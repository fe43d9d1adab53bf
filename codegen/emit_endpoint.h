/* SPDX-License-Identifier: Apache-2.0 */
/* The program at a hook of an endpoint: from the frame to a verdict, which is counted and told. */
#pragma once

#include "codegen/hook.h"

struct buf;

void gen_emit_endpoint(struct gen_shape s, const struct gen_hook_ops *ops, struct buf *out);

/* Its stage for ICMP errors that policy denies by themselves. */
void gen_emit_endpoint_related(struct gen_shape s, const struct gen_hook_ops *ops, struct buf *out);
