/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/reach/packed.h"

#include <assert.h>

enum { VERDICT_BITS = 3 };

static_assert(FLOW_N_VERDICTS <= 1 << VERDICT_BITS, "a verdict fits");
static_assert(VERDICT_BITS * (1 + IR_N_DIRS + FLOW_N_FAMILIES * IR_N_DIRS) + FLOW_N_FAMILIES ==
		      REACH_PACKED_BITS,
	      "nothing else is packed");

uint32_t reach_pack(const struct reach_verdicts *v)
{
	uint32_t packed = v->all;

	for (enum ir_dir d = 0; d < IR_N_DIRS; d++)
		packed = packed << VERDICT_BITS | v->dirs[d];
	for (enum flow_family f = 0; f < FLOW_N_FAMILIES; f++) {
		packed = packed << 1 | v->possible[f];
		for (enum ir_dir d = 0; d < IR_N_DIRS; d++)
			packed = packed << VERDICT_BITS | v->families[f][d];
	}
	return packed;
}

static uint8_t take(uint32_t *packed, unsigned bits)
{
	uint32_t taken = *packed & ((1u << bits) - 1);

	*packed >>= bits;
	return (uint8_t)taken;
}

/* What was packed last comes first. */
void reach_unpack(uint32_t packed, struct reach_verdicts *out)
{
	for (int f = FLOW_N_FAMILIES - 1; f >= 0; f--) {
		for (int d = IR_N_DIRS - 1; d >= 0; d--)
			out->families[f][d] = take(&packed, VERDICT_BITS);
		out->possible[f] = take(&packed, 1);
	}
	for (int d = IR_N_DIRS - 1; d >= 0; d--)
		out->dirs[d] = take(&packed, VERDICT_BITS);
	out->all = take(&packed, VERDICT_BITS);
}
