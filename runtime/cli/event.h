/* SPDX-License-Identifier: Apache-2.0 */
/* A dropped packet in words and as JSON, with the names of ends and rules that are known. */
#pragma once

#include <jansson.h>

#include "lang/base/buf.h"
#include "runtime/runtime.h"

/* Where names come from. They are used for events of the policy that the node had when it was
 * looked at, and those of rules and peers only if it is the bundle's. */
struct cli_events {
	struct rt_status node;
	struct bundle *bundle; /* NULL: rules and peers have no names */
	int64_t wall_offset;   /* of the clock of events, in ns */
};

void cli_events_init(struct cli_events *known);

/* Appends a line. */
void cli_event_text(const struct cli_events *known, const struct polc_event *e, struct buf *out);
json_t *cli_event_json(const struct cli_events *known, const struct polc_event *e);
