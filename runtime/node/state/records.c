/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/node/state/records.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/codes.h"

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct rt_entry *)a)->rec.name,
		      ((const struct rt_entry *)b)->rec.name);
}

void rt_records_of_bank(struct rt_session *s, uint32_t bank, bool open, struct rt_entries *out)
{
	const struct rt_node *node = &s->node;

	*out = (struct rt_entries){0};
	if (!node->state)
		return;
	for (uint32_t slot = 1; slot < node->state->slots && slot < POLC_ENDPOINTS; slot++) {
		const struct rt_record *rec = rt_node_record(node, bank, slot);
		struct rt_entry *e;

		if (!(rec->flags & RT_RECORD_USED) || !(rec->flags & RT_RECORD_OPEN) == open)
			continue;
		vec_push(&s->arena, out, (struct rt_entry){.slot = slot, .rec = *rec});
		e = &out->v[out->n - 1];
		e->rec.name[RT_NAME_SIZE - 1] = '\0';
		e->rec.device[RT_DEVICE_SIZE - 1] = '\0';
		e->rec.hash[BUNDLE_HASH_STRLEN - 1] = '\0';
	}
	if (out->n)
		qsort(out->v, out->n, sizeof(*out->v), by_name);
}

void rt_records_read(struct rt_session *s, bool open, struct rt_entries *out)
{
	rt_records_of_bank(s, s->node.state ? rt_node_active(&s->node) : 0, open, out);
}

int rt_records_in_force(struct rt_session *s, const struct bundle *bundle, struct rt_entries *out)
{
	rt_records_read(s, false, out);
	vec_each (struct rt_entry, e, out) {
		if (strcmp(e->rec.hash, bundle->hash) == 0)
			continue;
		diag_error(s->diag, LOC_NONE, RT_CODE_OTHER_BUNDLE,
			   "this node enforces bundle %.12s, not %.12s: name the bundle that was "
			   "loaded last",
			   e->rec.hash, bundle->hash);
		return -EINVAL;
	}
	if (out->n)
		return 0;
	diag_error(s->diag, LOC_NONE, RT_CODE_NOT_ATTACHED, "no policy is loaded here");
	return -EINVAL;
}

static void set_flags(struct rt_record *at, uint32_t flags)
{
	__atomic_store_n(&at->flags, flags, __ATOMIC_SEQ_CST);
}

void rt_record_put(struct rt_record *at, const struct rt_record *rec)
{
	struct rt_record unused = *rec;

	unused.flags = 0;
	set_flags(at, 0);
	*at = unused;
	set_flags(at, rec->flags | RT_RECORD_USED);
}

void rt_record_clear(struct rt_record *at)
{
	set_flags(at, 0);
}

bool rt_is_interrupted(struct rt_session *s)
{
	struct rt_entries open;

	rt_records_read(s, true, &open);
	return open.n || (s->node.state && s->node.state->unsettled);
}

/* --- what became of an endpoint --------------------------------------------------------- */

bool rt_entry_has_device(const struct rt_session *s, const struct rt_entry *e)
{
	uint32_t ifindex;

	return bpf_map_lookup_elem(s->node.fd[RT_MAP_DEVICES], &e->slot, &ifindex) != -ENOENT;
}

void rt_entry_rename(struct rt_entry *e)
{
	char name[IF_NAMESIZE];

	if (if_indextoname(e->rec.ifindex, name))
		snprintf(e->rec.device, sizeof(e->rec.device), "%s", name);
}
