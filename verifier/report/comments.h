/* SPDX-License-Identifier: Apache-2.0 */
/* What the user wrote next to a policy to suppress findings. Private to verifier/report/. */
#pragma once

#include "verifier/report/report.h"

struct comment {
	struct loc loc;    /* of the comment */
	uint32_t line;     /* that it speaks of, of the same file; 0: none */
	struct loc object; /* an annotation: the object that it speaks of to reading */
	bool annotation;
	bool checks[CHECK_N_LEVELS];
	const char *reason;
	bool used;
};

struct comments {
	VEC(struct comment) list;   /* sorted by (file, line) */
	VEC(struct comment *) wide; /* those of an object, sorted by it */
	int err;                    /* -EINVAL: one of them was refused, and reported */
};

void comments_collect(struct comments *out, struct report *r);
const char *comment_kind(const struct comment *c); /* "comment", "annotation" */
