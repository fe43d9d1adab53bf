/* SPDX-License-Identifier: Apache-2.0 */
/* The verdicts of a flow in 23 bits, so that all of a matrix can be kept. Private to
 * verifier/reach/. */
#pragma once

#include "verifier/reach/reach.h"

enum { REACH_PACKED_BITS = 23 };

uint32_t reach_pack(const struct reach_verdicts *v);
void reach_unpack(uint32_t packed, struct reach_verdicts *out);
