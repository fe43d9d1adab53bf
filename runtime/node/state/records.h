/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The records of endpoints, beside the policy in each bank.
 *
 * The kernel tells us when a device is gone, in whatever network namespace it was: polc_devices
 * holds the device of every slot, and loses it with the device.
 */
#pragma once

#include "runtime/node/state/session.h"

struct rt_entry {
	uint32_t slot;
	struct rt_record rec; /* a copy */
};

struct rt_entries {
	struct rt_entry *v;
	size_t n, cap;
};

/* The records of a bank whose RT_RECORD_OPEN is `open`, in order of endpoint names. */
void rt_records_of_bank(struct rt_session *s, uint32_t bank, bool open, struct rt_entries *out);
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
