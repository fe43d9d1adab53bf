/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel did not take a program: what it says about that, where in the source, and with what
 * other kernels and compilers this does not happen.
 */
#pragma once

#include <stdbool.h>

#include "lang/base/diag.h"

/*
 * Room for the log of a verifier, the largest that every kernel accepts. Kernels before 6.4 keep
 * the head of a log that is longer, and fail with ENOSPC. libbpf hands it over only when it loads
 * a second time what was refused, so a load that succeeds writes nothing here.
 */
enum { RT_VERIFIER_LOG_SIZE = (16 << 20) - 1 };

struct rt_refusal {
	const char *shape;
	const char *compiler; /* "clang 14.0.6" */
	const char *log;      /* the verifier's; empty: it was not asked */
	int err;              /* a negative errno */
	bool whole;           /* show all of the log */
};

/* Reports it, and returns the negative errno of a fault. */
int rt_refused(const struct rt_refusal *r, struct diag *diag);
