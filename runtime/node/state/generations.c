/* SPDX-License-Identifier: Apache-2.0 */
/* Whose policy was in force: the records of both banks, as an event can be older than the policy.
 */
#include <string.h>

#include "runtime/node/state/records.h"
#include "runtime/runtime.h"

/* A bank that was never written has no records; those that it has are of one load. */
static void read_bank(struct rt_session *s, uint32_t bank, struct arena *arena,
		      struct rt_generations *out)
{
	struct rt_generation g = {0};
	struct rt_entries entries;

	rt_records_of_bank(s, bank, false, &entries);
	if (!entries.n)
		return;
	g.generation = entries.v[0].rec.generation;
	memcpy(g.bundle_hash, entries.v[0].rec.hash, sizeof(g.bundle_hash));
	vec_each (const struct rt_entry, e, &entries)
		vec_push(arena, &g.endpoints,
			 (struct rt_named_slot){e->slot, arena_strdup(arena, e->rec.name)});
	vec_push(arena, &out->list, g);
}

int rt_generations_get(const struct rt_options *opts, struct arena *arena, struct diag *diag,
		       struct rt_generations *out)
{
	struct rt_session s;
	int r = rt_session_open(&s, opts, RT_SESSION_LOOK, diag);

	*out = (struct rt_generations){0};
	if (!r && s.node.state) {
		uint32_t active = rt_node_active(&s.node);

		read_bank(&s, active, arena, out);
		read_bank(&s, !active, arena, out);
	}
	rt_session_close(&s);
	return r;
}
