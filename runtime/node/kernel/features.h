/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a kernel must have for polc's programs and maps. A kernel without it would refuse them one
 * way or another, in words about an instruction; this tells before anything is made on the node.
 * The kernel is asked for the thing itself, as distributions bring new things to old versions.
 */
#pragma once

#include <stddef.h>

#include "lang/base/diag.h"

/* 1: it is there; 0: it is not; a negative errno: one cannot tell, and what comes next will say
 * why. */
typedef int rt_probe_fn(void);

struct rt_feature {
	const char *name;
	const char *since; /* the version of Linux that brought it */
	rt_probe_fn *probe;
};

enum { RT_N_FEATURES = 4 };
/* The newest first: a kernel that has it has all. */
extern const struct rt_feature rt_features[RT_N_FEATURES];

/* The first of `n` that is not there, or NULL. */
const struct rt_feature *rt_feature_missing(const struct rt_feature *features, size_t n);

/* Returns 0, or a negative errno after reporting what this kernel lacks. */
int rt_features_check(struct diag *diag);
