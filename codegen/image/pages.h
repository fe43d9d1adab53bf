/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A verdict table as pages and lines of bits (struct polc_table in bpf/abi.h), numbered from 0.
 * The loader places them among those of other tables.
 */
#pragma once

#include "bpf/abi.h"
#include "codegen/bundle.h"

struct gen_pages {
	uint32_t n_cols;
	VEC(struct polc_page) rows; /* class / 256 */
	VEC(struct polc_page)
	ports; /* by enum cls_proto, holding numbers of this list; then the
		  pages of columns, no two of them equal */
	VEC(struct polc_cells_line) cells;
	VEC(struct polc_page) decided; /* cell / 256; empty if the bundle has no decisions */
};

/* `table` must be one that bundle_read() accepted. Memory comes from `arena`. */
void gen_pages_build(const struct bundle_table *table, uint32_t n_classes, struct arena *arena,
		     struct gen_pages *out);
