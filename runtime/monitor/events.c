/* SPDX-License-Identifier: Apache-2.0 */
/* The queue of dropped packets, and how many did not get into it. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "runtime/codes.h"
#include "runtime/node/kernel/fail.h"
#include "runtime/node/state/session.h"
#include "runtime/runtime.h"

struct rt_events {
	int budget;
	int n_cpus;
	struct polc_budget *per_cpu; /* n_cpus */
	struct ring_buffer *ring;
	rt_event_fn *fn; /* while somebody waits */
	void *ctx;
	int said;
};

static int hand_over(void *ctx, void *data, size_t size)
{
	struct rt_events *e = ctx;

	if (size < sizeof(struct polc_event) || !e->fn)
		return 0;
	e->said = e->fn(e->ctx, data);
	return e->said ? -ECANCELED : 0;
}

static int not_told(struct diag *diag)
{
	diag_error(diag, LOC_NONE, RT_CODE_NOT_COUNTED,
		   "no program of this node tells of dropped packets: build the bundle with "
		   "--events, and load it");
	return -EINVAL;
}

static int keep_maps(struct rt_events *e, const struct rt_node *node, struct diag *diag)
{
	if (!node->state || node->fd[RT_MAP_EVENTS] < 0 || node->fd[RT_MAP_BUDGET] < 0)
		return not_told(diag);
	e->budget = fcntl(node->fd[RT_MAP_BUDGET], F_DUPFD_CLOEXEC, 0);
	if (e->budget < 0)
		return rt_fail(diag, -errno, RT_CODE_MAP, "cannot keep %s", POLC_MAP_BUDGET);
	e->n_cpus = libbpf_num_possible_cpus();
	e->per_cpu = e->n_cpus > 0 ? calloc((size_t)e->n_cpus, sizeof(*e->per_cpu)) : NULL;
	e->ring = ring_buffer__new(node->fd[RT_MAP_EVENTS], hand_over, e, NULL);
	if (!e->per_cpu || !e->ring)
		return rt_fail(diag, errno ? -errno : -ENOMEM, RT_CODE_MAP, "cannot read %s",
			       POLC_MAP_EVENTS);
	return 0;
}

int rt_events_open(const struct rt_options *opts, struct diag *diag, struct rt_events **out)
{
	struct rt_events *e = calloc(1, sizeof(*e));
	struct rt_session s;
	int r;

	*out = NULL;
	if (!e)
		return rt_fail(diag, -ENOMEM, RT_CODE_MAP, "cannot listen to %s", POLC_MAP_EVENTS);
	e->budget = -1;
	r = rt_session_open(&s, opts, RT_SESSION_LOOK, diag);
	if (!r)
		r = keep_maps(e, &s.node, diag);
	rt_session_close(&s);
	if (r)
		rt_events_close(&e);
	*out = e;
	return r;
}

int rt_events_wait(struct rt_events *e, int timeout_ms, rt_event_fn *fn, void *ctx)
{
	int r;

	e->fn = fn;
	e->ctx = ctx;
	e->said = 0;
	r = ring_buffer__poll(e->ring, timeout_ms);
	e->fn = NULL;
	if (e->said)
		return e->said;
	return r < 0 && r != -EINTR ? rt_fault(r) : 0;
}

int rt_events_suppressed(const struct rt_events *e, uint64_t *out)
{
	uint32_t key = 0;
	int r = bpf_map_lookup_elem(e->budget, &key, e->per_cpu);

	*out = 0;
	for (int c = 0; c < e->n_cpus && !r; c++)
		*out += e->per_cpu[c].suppressed;
	return r;
}

void rt_events_close(struct rt_events **e)
{
	if (!*e)
		return;
	ring_buffer__free((*e)->ring);
	free((*e)->per_cpu);
	if ((*e)->budget >= 0)
		close((*e)->budget);
	free(*e);
	*e = NULL;
}
