/* SPDX-License-Identifier: Apache-2.0 */
/* Who is to be protected, under the policy of a bundle. */
#pragma once

#include "codegen/bundle.h"
#include "runtime/node/state/session.h"

/*
 * The endpoint of this name: as the node was told of it, if it was, with the tables and the program
 * that its labels ask for; else as the inventory of the bundle has it; else NULL. -EINVAL after
 * reporting that the bundle has no table or no program for it. Memory is the session's.
 */
int rt_subject_find(struct rt_session *s, const struct bundle *bundle, const char *name,
		    const struct bundle_endpoint **out);
