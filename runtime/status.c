/* SPDX-License-Identifier: Apache-2.0 */
/* rt_status_get(): reads the pins and the devices, and changes nothing. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "runtime/codes.h"
#include "runtime/fail.h"
#include "runtime/journal.h"
#include "runtime/maps.h"
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

	return names[r];
}

const char *rt_reason_text(enum polc_reason r)
{
	static const char *const texts[] = {
#define X(id, name, text) [POLC_##id] = text,
		POLC_PASS_REASONS(X) POLC_DROP_REASONS(X)
#undef X
	};

	return texts[r];
}

static int add_endpoint(struct rt_session *s, struct rt_entry *e, struct arena *arena,
			struct rt_status *out)
{
	struct rt_endpoint ep = {
		.name = arena_strdup(arena, e->rec.name),
		.ifindex = e->key.ifindex,
		.check_source = e->rec.flags & RT_RECORD_CHECK_SOURCE,
		.generation = e->rec.generation,
		.loaded_at = e->rec.loaded_at,
	};
	int r = rt_entry_state(s, e, &ep.state);

	if (r)
		return r;
	ep.device = arena_strdup(arena, e->rec.device); /* may have been renamed */
	memcpy(ep.programs, e->rec.programs, sizeof(ep.programs));
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
	struct bpf_map_info info = {0};
	__u32 len = sizeof(info);
	struct polc_counter *per_cpu;

	if (!r)
		r = bpf_obj_get_info_by_fd(fd, &info, &len);
	if (!r && info.value_size != sizeof(*per_cpu))
		r = -EBADMSG;
	per_cpu = r ? NULL : arena_array(&s->arena, struct polc_counter, (size_t)n_cpus);
	for (uint32_t key = 0; key < IR_N_DIRS * POLC_N_REASONS && !r; key++)
		r = read_counter(fd, key, per_cpu, n_cpus,
				 &out->counters[key / POLC_N_REASONS][key % POLC_N_REASONS]);
	return r ? rt_fail(s->diag, r, RT_CODE_PIN, "cannot read the counters %s/%s", s->pin_dir,
			   POLC_MAP_METRICS)
		 : 0;
}

static int read_status(struct rt_session *s, struct arena *arena, struct rt_status *out)
{
	struct rt_entries entries = {0};
	int r = rt_records_read(s, s->state, &entries), fd;

	if (r)
		return r;
	vec_each (struct rt_entry, e, &entries) {
		r = add_endpoint(s, e, arena, out);
		if (r)
			return r;
	}
	out->loaded = entries.n > 0;
	out->interrupted = rt_journal_is_complete(s);
	fd = rt_pin_open(s, POLC_MAP_METRICS);
	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	r = read_counters(s, fd, out);
	close(fd);
	return r;
}

int rt_status_get(const struct rt_options *opts, struct arena *arena, struct diag *diag,
		  struct rt_status *out)
{
	struct rt_session s;
	int r;

	*out = (struct rt_status){0};
	r = rt_session_open(&s, opts, RT_SESSION_LOOK, diag);
	if (!r && s.dir_fd >= 0)
		r = read_status(&s, arena, out);
	rt_session_close(&s);
	return r;
}
