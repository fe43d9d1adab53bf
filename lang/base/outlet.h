/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text that is written while it is made, for output that may be larger than memory: a buffer that
 * empties itself between two pieces. Whoever fills it has found all errors before; what can still
 * fail is the writing.
 */
#pragma once

#include <stdbool.h>

#include "lang/base/buf.h"

struct outlet {
	struct buf buf;                   /* the next pieces */
	int (*write)(const struct buf *); /* 0 or -errno; NULL: all of it stays in `buf` */
	int err; /* the first of a write; from then on nothing is written, and all is dropped */
};

/* Between two pieces: writes them if they are many. False if writing failed: more is in vain. */
bool outlet_pass(struct outlet *out);
/* Writes what is left and frees the buffer. Returns 0, or the first error of any write. */
int outlet_close(struct outlet *out);
