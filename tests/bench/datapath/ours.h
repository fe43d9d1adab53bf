/* SPDX-License-Identifier: Apache-2.0 */
/*
 * polc's own side of the bench, by the path that users take: text, IR, classes, a bundle on
 * disk, read again, loaded on devices. The only file here that knows how a program of ours is
 * found and what it needs besides a packet.
 */
#pragma once

#include "runtime/runtime.h"
#include "tests/bench/datapath/wrap.h"
#include "tests/lib/enforce.h"

struct ours {
	struct enforced e; /* text to classes */
	struct bundle *bundle;
	double compile_s, bundle_s, load_s; /* how long each step took */
	double enforced_s; /* of load_s, until the policy was in force everywhere */
};

/* Text to a bundle in memory, by way of the disk; false after saying why. */
bool ours_build(struct ours *o, struct enforce_env *env, const char *pol);
/* The same with what programs shall do besides; of `wishes`, only that counts. */
bool ours_build_with(struct ours *o, struct enforce_env *env, const char *pol,
		     const struct bundle_options *wishes);
/* In force on these and on all that are attached already; false after saying why. */
bool ours_load(struct ours *o, struct enforce_env *env, const struct rt_attach *attach, size_t n);
/* The program of an attached endpoint; the caller closes target->fd. */
bool ours_target(struct ours *o, struct enforce_env *env, const char *endpoint, enum ir_dir dir,
		 const char *addr, struct wrap_target *target);
/* What policy alone costs: a program like that one, with its tables, that has no flow on record and
 * puts none there. It stands in slot 0. */
bool ours_stateless_target(struct ours *o, struct enforce_env *env, const char *endpoint,
			   enum ir_dir dir, const char *addr, struct wrap_target *target);
/* Detaches everything. */
void ours_unload(struct enforce_env *env);
void ours_fini(struct ours *o);
