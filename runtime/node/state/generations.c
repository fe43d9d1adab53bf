/* SPDX-License-Identifier: Apache-2.0 */
/* Whose policy was in force: the records of both banks, as an event can be older than the policy.
 */
#include <string.h>

#include "runtime/node/state/records.h"
#include "runtime/runtime.h"

static void add_endpoint(const struct rt_record *rec, uint32_t slot, struct arena *arena,
			 struct rt_generation *out)
{
	const char *name = arena_strndup(arena, rec->name, strnlen(rec->name, sizeof(rec->name)));

	out->generation = rec->generation;
	memcpy(out->bundle_hash, rec->hash, sizeof(out->bundle_hash));
	out->bundle_hash[sizeof(out->bundle_hash) - 1] = '\0';
	vec_push(arena, &out->endpoints, (struct rt_named_slot){slot, name});
}

/* A bank that was never written has no records. */
static void read_bank(const struct rt_node *node, uint32_t bank, struct arena *arena,
		      struct rt_generations *out)
{
	struct rt_generation g = {0};

	for (uint32_t slot = 1; slot < node->state->slots && slot < POLC_ENDPOINTS; slot++) {
		const struct rt_record *rec = rt_node_record(node, bank, slot);

		if (rec->flags & RT_RECORD_USED && !(rec->flags & RT_RECORD_OPEN))
			add_endpoint(rec, slot, arena, &g);
	}
	if (g.endpoints.n)
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

		read_bank(&s.node, active, arena, out);
		read_bank(&s.node, !active, arena, out);
	}
	rt_session_close(&s);
	return r;
}
