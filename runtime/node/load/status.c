/* SPDX-License-Identifier: Apache-2.0 */
/* rt_status_get() and rt_hits_get(): read the pins and the devices, and change nothing. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>

#include "codegen/hook.h"
#include "runtime/codes.h"
#include "runtime/node/kernel/fail.h"
#include "runtime/node/load/attach.h"
#include "runtime/node/state/flows.h"
#include "runtime/node/state/records.h"
#include "runtime/runtime.h"

const char *rt_endpoint_state_name(enum rt_endpoint_state s)
{
	static const char *const names[] = {[RT_ATTACHED] = "attached",
					    [RT_BROKEN] = "broken",
					    [RT_GONE] = "gone",
					    [RT_ELSEWHERE] = "elsewhere"};

	return names[s];
}

const char *rt_reason_name(enum polc_reason r)
{
	static const char *const names[] = {
#define X(id, name, text) [POLC_##id] = name,
		POLC_PASS_REASONS(X) POLC_DROP_REASONS(X)
#undef X
	};

	return (unsigned)r < sizeof(names) / sizeof(*names) ? names[r] : NULL;
}

const char *rt_reason_text(enum polc_reason r)
{
	static const char *const texts[] = {
#define X(id, name, text) [POLC_##id] = text,
		POLC_PASS_REASONS(X) POLC_DROP_REASONS(X)
#undef X
	};

	return (unsigned)r < sizeof(texts) / sizeof(*texts) ? texts[r] : NULL;
}

/* What became of an attached endpoint. Changes e->rec.device to the device's present name. */
static int state_of(struct rt_session *s, struct rt_entry *e, enum rt_endpoint_state *out)
{
	struct rt_filters filters;
	int r;

	*out = RT_GONE;
	if (!rt_entry_has_device(s, e))
		return 0;
	if (e->rec.netns != s->netns) {
		*out = RT_ELSEWHERE;
		return 0;
	}
	r = rt_filters_find(s, e, 1, &filters);
	if (r)
		return r;
	rt_entry_rename(e);
	*out = filters.programs[POLC_HOOK_EP_IN] && filters.programs[POLC_HOOK_EP_OUT] ? RT_ATTACHED
										       : RT_BROKEN;
	return 0;
}

static int add_endpoint(struct rt_session *s, struct rt_entry *e, struct arena *arena,
			struct rt_status *out)
{
	const struct polc_ep *polc_ep = rt_node_ep(&s->node, rt_node_active(&s->node), e->slot);
	struct rt_endpoint ep = {
		.name = arena_strdup(arena, e->rec.name),
		.ifindex = e->rec.ifindex,
		.slot = e->slot,
		.program = polc_ep->program % POLC_PROGRAMS,
		.check_source = e->rec.flags & RT_RECORD_CHECK_SOURCE,
		.generation = e->rec.generation,
		.loaded_at = e->rec.loaded_at,
	};
	int r = state_of(s, e, &ep.state);

	if (r)
		return r;
	ep.device = arena_strdup(arena, e->rec.device); /* may have been renamed */
	memcpy(ep.programs, s->node.state->programs[ep.program].ids, sizeof(ep.programs));
	memcpy(ep.tables, e->rec.tables, sizeof(ep.tables));
	memcpy(ep.bundle_hash, e->rec.hash, sizeof(ep.bundle_hash));
	vec_push(arena, &out->endpoints, ep);
	if (ep.generation < out->generation)
		return 0;
	out->generation = ep.generation;
	out->loaded_at = ep.loaded_at;
	memcpy(out->bundle_hash, ep.bundle_hash, sizeof(out->bundle_hash));
	return 0;
}

static int read_counter(int fd, uint32_t key, struct polc_counter *per_cpu, int n_cpus,
			struct rt_counter *out)
{
	int r = bpf_map_lookup_elem(fd, &key, per_cpu);

	for (int c = 0; c < n_cpus && !r; c++) {
		out->packets += per_cpu[c].packets;
		out->bytes += per_cpu[c].bytes;
	}
	return r;
}

static int read_counters(struct rt_session *s, int fd, struct rt_status *out)
{
	int n_cpus = libbpf_num_possible_cpus(), r = n_cpus < 0 ? n_cpus : 0;
	struct polc_counter *per_cpu =
		r ? NULL : arena_array(&s->arena, struct polc_counter, (size_t)n_cpus);

	for (uint32_t key = 0; key < POLC_N_EP_HOOKS * POLC_N_REASONS && !r; key++)
		r = read_counter(
			fd, key, per_cpu, n_cpus,
			&out->counters[gen_hook(key / POLC_N_REASONS)->dir][key % POLC_N_REASONS]);
	return r ? rt_fail(s->diag, r, RT_CODE_PIN, "cannot read the counters %s/%s", s->pin_dir,
			   POLC_MAP_METRICS)
		 : 0;
}

static int read_status(struct rt_session *s, struct arena *arena, struct rt_status *out)
{
	struct rt_entries entries;
	int r;

	rt_records_read(s, false, &entries);
	vec_each (struct rt_entry, e, &entries) {
		r = add_endpoint(s, e, arena, out);
		if (r)
			return r;
	}
	out->loaded = entries.n > 0;
	out->interrupted = rt_is_interrupted(s);
	r = s->node.fd[RT_MAP_METRICS] < 0 ? 0 : read_counters(s, s->node.fd[RT_MAP_METRICS], out);
	return r ? r : rt_flows_read(s, &out->conntrack);
}

int rt_status_get(const struct rt_options *opts, struct arena *arena, struct diag *diag,
		  struct rt_status *out)
{
	struct rt_session s;
	int r;

	*out = (struct rt_status){0};
	r = rt_session_open(&s, opts, RT_SESSION_LOOK, diag);
	if (!r && s.node.state)
		r = read_status(&s, arena, out);
	rt_session_close(&s);
	return r;
}

/* --- rules ------------------------------------------------------------------------------ */

static int check_counted(struct rt_session *s, const struct bundle *bundle)
{
	struct rt_entries entries;
	int r = rt_records_in_force(s, bundle, &entries);

	if (r || (bundle->decisions.n && s->node.fd[RT_MAP_HITS] >= 0))
		return r;
	diag_error(s->diag, LOC_NONE, RT_CODE_NOT_COUNTED,
		   "this bundle does not count rules: build it with --counters rules, and load it");
	return -EINVAL;
}

static int read_hits(struct rt_session *s, const struct bundle *bundle, struct arena *arena,
		     struct rt_counter **out)
{
	int n_cpus = libbpf_num_possible_cpus(), r = n_cpus < 0 ? n_cpus : 0;
	uint32_t first = rt_node_active(&s->node) * POLC_DECISIONS;
	struct polc_counter *per_cpu =
		r ? NULL : arena_array(&s->arena, struct polc_counter, (size_t)n_cpus);

	*out = arena_array(arena, struct rt_counter, bundle->decisions.n);
	for (uint32_t i = 0; i < bundle->decisions.n && !r; i++)
		r = read_counter(s->node.fd[RT_MAP_HITS], first + i, per_cpu, n_cpus, &(*out)[i]);
	return r ? rt_fail(s->diag, r, RT_CODE_PIN, "cannot read the counters %s/%s", s->pin_dir,
			   POLC_MAP_HITS)
		 : 0;
}

int rt_hits_get(const struct bundle *bundle, const struct rt_options *opts, struct arena *arena,
		struct diag *diag, struct rt_counter **out)
{
	struct rt_session s;
	int r = rt_session_open(&s, opts, RT_SESSION_LOOK, diag);

	*out = NULL;
	if (!r)
		r = check_counted(&s, bundle);
	if (!r)
		r = read_hits(&s, bundle, arena, out);
	rt_session_close(&s);
	return r;
}
