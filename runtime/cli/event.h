/* SPDX-License-Identifier: Apache-2.0 */
/* A dropped packet in words and as JSON, with the names of ends and rules that are known. */
#pragma once

#include <jansson.h>

#include "lang/base/buf.h"
#include "runtime/runtime.h"

/* Where names come from. Events of the last generations that the node was seen to have have the
 * names of their endpoints; those of rules and peers come from the bundle that it was. */
enum { CLI_GENERATIONS = 16 };

struct cli_events {
	struct rt_generation generations[CLI_GENERATIONS]; /* by generation, modulo */
	VEC(struct bundle *) bundles;                      /* those that the user named */
	int64_t wall_offset;                               /* of the clock of events, in ns */
};

void cli_events_init(struct cli_events *known);
/* Remembers what is new. Names are borrowed. */
void cli_events_learn(struct cli_events *known, const struct rt_generations *seen);
/* Was the policy that an event is of ever seen? */
bool cli_events_knows(const struct cli_events *known, const struct polc_event *e);

/* Appends a line. */
void cli_event_text(const struct cli_events *known, const struct polc_event *e, struct buf *out);
json_t *cli_event_json(const struct cli_events *known, const struct polc_event *e);
