/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A verdict table as the two-level pages of its kernel maps (bpf/abi.h). Used by the loader
 * to fill maps and by the proof to read them.
 */
#pragma once

#include "bpf/abi.h"
#include "codegen/bundle.h"

struct gen_pages {
	VEC(struct polc_page16) rows; /* class >> 8 */
	struct polc_page16 ports[CLS_N_PROTOS];
	VEC(struct polc_page16) pages; /* deduplicated */
	VEC(struct polc_page8) cells;
};

/* `table` must be one that bundle_read() accepted. Memory comes from `arena`. */
void gen_pages_build(const struct bundle_table *table, uint32_t n_classes, struct arena *arena,
		     struct gen_pages *out);
