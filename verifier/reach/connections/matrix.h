/* SPDX-License-Identifier: Apache-2.0 */
/* What passes between all ends, each distinct answer once. Private to verifier/reach/. */
#pragma once

#include "verifier/reach/connections/connections.h"

struct connection_matrix {
	size_t n;                             /* ends */
	uint32_t *cells;                      /* n * n, by from, then to: indices into `answers` */
	VEC(struct connection_parts) answers; /* no two are alike */
	size_t n_prefixes;                    /* in all of these */
};

/* Of an end to itself the cell says what it is to another one like it. Returns 0, -ETIME if the
 * time for the work is up, or -E2BIG, of which nothing is reported, if the answers alone have more
 * than REACH_MAX_PREFIXES. */
int connection_matrix_fill(struct connections *c, struct work *work, struct connection_matrix *out);
