/* SPDX-License-Identifier: Apache-2.0 */
/* A session: one call of the runtime, alone in the pin directory, with the node at hand. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "codegen/bundle.h"
#include "lang/base/arena.h"
#include "lang/base/diag.h"
#include "runtime/node/kernel/log.h"
#include "runtime/node/state/node.h"
#include "runtime/runtime.h"

enum rt_session_mode {
	RT_SESSION_LOOK,   /* beside others who look */
	RT_SESSION_CHANGE, /* alone; what is in force gets changed in place */
	RT_SESSION_UNDO,   /* alone; where there is no pin directory there is nothing to undo */
	RT_SESSION_LOAD,   /* alone; makes the pin directory and mounts bpffs if need be */
};

struct rt_session {
	enum rt_session_mode mode;
	struct diag *diag; /* borrowed */
	const char *pin_dir;
	bool verbose;
	int dir_fd;          /* open and locked; -1: there is no pin directory (not when loading) */
	struct rt_node node; /* node.state NULL: nothing was loaded (not when loading) */
	uint64_t netns;
	struct arena arena; /* of this call */
	struct rt_log log;
};

/* rt_session_close() is due in any case. */
int rt_session_open(struct rt_session *s, const struct rt_options *opts, enum rt_session_mode mode,
		    struct diag *diag);
void rt_session_close(struct rt_session *s);

/* Removes the pins and the directory if nothing is attached, and ends the session's use of the
 * node. What fails is a warning. */
void rt_session_tidy(struct rt_session *s);
