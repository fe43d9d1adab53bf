/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A session: one call of the runtime, alone in the pin directory, with the node at hand. And
 * the records of endpoints in it.
 *
 * The kernel tells us when a device is gone, in whatever network namespace it was: polc_devices
 * holds the device of every slot, and loses it with the device.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "codegen/bundle.h"
#include "lang/base/arena.h"
#include "lang/base/diag.h"
#include "runtime/log.h"
#include "runtime/node.h"
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

/* --- pins ----------------------------------------------------------------------------- */

enum { RT_PIN_NAME_SIZE = 32 }; /* a slash and any of our names */

/* A descriptor of a pinned map; -ENOENT (unreported): no such pin. */
int rt_pin_open(struct rt_session *s, const char *name);
bool rt_pin_exists(const struct rt_session *s, const char *name);
int rt_pin_set(struct rt_session *s, const char *name, int fd);
/* Removing what is not there is fine. Returns -errno unreported: how bad it is depends. */
int rt_pin_remove(struct rt_session *s, const char *name);

/* --- records -------------------------------------------------------------------------- */

struct rt_entry {
	uint32_t slot;
	struct rt_record rec; /* a copy */
};

struct rt_entries {
	struct rt_entry *v;
	size_t n, cap;
};

/* The records in force whose RT_RECORD_OPEN is `open`, in order of endpoint names. */
void rt_records_read(struct rt_session *s, bool open, struct rt_entries *out);
/* The same of those that are not open; -EINVAL after reporting that nothing is in force, or
 * another bundle. */
int rt_records_in_force(struct rt_session *s, const struct bundle *bundle, struct rt_entries *out);
/* Writes a record such that it is whole or not there. */
void rt_record_put(struct rt_record *at, const struct rt_record *rec);
void rt_record_clear(struct rt_record *at);

/* Is there anything that an interrupted load or unload left? */
bool rt_is_interrupted(struct rt_session *s);

/* Is the device still there, in whatever namespace? When in doubt, yes. */
bool rt_entry_has_device(const struct rt_session *s, const struct rt_entry *e);
/* The present name of a device of our namespace. */
void rt_entry_rename(struct rt_entry *e);
/* What became of an attached endpoint. Changes e->rec.device to the device's present name.
 * Returns 0 or a negative errno after reporting that one cannot tell. */
int rt_entry_state(struct rt_session *s, struct rt_entry *e, enum rt_endpoint_state *out);
