/* SPDX-License-Identifier: Apache-2.0 */
/* The packet that opens a flow, and a flow in words. */
#pragma once

#include "compiler/eval.h"
#include "tests/lib/packet.h"

/* `source` becomes the source port or the identifier of an echo. */
struct packet_spec flow_packet(const struct ir_flow *flow, uint16_t source);

/* "shop/web[10.0.0.1] -> 203.0.113.7 tcp/80" */
enum { FLOW_TEXT_SIZE = 512 };
const char *flow_text(const struct ir_flow *flow, char out[static FLOW_TEXT_SIZE]);
