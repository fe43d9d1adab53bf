/* SPDX-License-Identifier: Apache-2.0 */
/* What is too much to list, and what is said then. Private to verifier/reach/. */
#pragma once

#include <stddef.h>

struct diag;

/* What formats may tell of all flows, or connections, together. */
enum { REACH_MAX_PREFIXES = 1 << 23 };

/* SIZE_MAX: more than a number holds. */
size_t reach_product(size_t a, size_t b);

/*
 * Returns 0, or -E2BIG after reporting that `n` are more than `limit`: `what` says of whom or what,
 * as in `flows would be listed`, and `advice` what to do instead.
 */
int reach_limit(size_t n, size_t limit, const char *what, const char *advice, struct diag *diag);
