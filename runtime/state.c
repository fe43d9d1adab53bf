/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/state.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <limits.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runtime/codes.h"
#include "runtime/fail.h"
#include "runtime/tc.h"

/* More than the interfaces that one machine can have; entries are allocated as needed. */
enum { STATE_MAX = 65536 };

/* --- pins ------------------------------------------------------------------------------ */

static const char *pin_path(const struct rt_session *s, const char *name, char out[static PATH_MAX])
{
	snprintf(out, PATH_MAX, "%.*s/%.*s", PATH_MAX - RT_PIN_NAME_SIZE, s->pin_dir,
		 RT_PIN_NAME_SIZE - 2, name);
	return out;
}

int rt_pin_open(struct rt_session *s, const char *name)
{
	char path[PATH_MAX];
	int fd = bpf_obj_get(pin_path(s, name, path));

	if (fd >= 0 || fd == -ENOENT)
		return fd;
	return rt_fail(s->diag, fd, RT_CODE_PIN, "cannot open the pinned map %s", path);
}

int rt_pin_set(struct rt_session *s, const char *name, int fd)
{
	char path[PATH_MAX];
	int r = bpf_obj_pin(fd, pin_path(s, name, path));

	return r ? rt_fail(s->diag, r, RT_CODE_PIN, "cannot pin %s", path) : 0;
}

int rt_pin_remove(struct rt_session *s, const char *name)
{
	char path[PATH_MAX];

	return unlink(pin_path(s, name, path)) == 0 || errno == ENOENT ? 0 : -errno;
}

/* --- records --------------------------------------------------------------------------- */

int rt_records_new(struct rt_session *s, const char *name, uint32_t n)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_NO_PREALLOC);
	int fd = bpf_map_create(BPF_MAP_TYPE_HASH, name, sizeof(struct rt_key),
				sizeof(struct rt_record), n ? n : 1, &opts);

	return fd >= 0 ? fd : rt_fail(s->diag, fd, RT_CODE_MAP, "cannot make map %s", name);
}

int rt_state_ensure(struct rt_session *s)
{
	int r;

	if (s->state >= 0)
		return 0;
	r = rt_records_new(s, RT_STATE_NAME, STATE_MAX);
	if (r < 0)
		return r;
	s->state = r;
	return rt_pin_set(s, RT_PIN_STATE, s->state);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct rt_entry *)a)->rec.name,
		      ((const struct rt_entry *)b)->rec.name);
}

int rt_records_read(struct rt_session *s, int fd, struct rt_entries *out)
{
	struct rt_entry e = {0};
	int r;

	*out = (struct rt_entries){0};
	if (fd < 0)
		return 0;
	for (const void *prev = NULL; (r = bpf_map_get_next_key(fd, prev, &e.key)) == 0;
	     prev = &e.key) {
		r = bpf_map_lookup_elem(fd, &e.key, &e.rec);
		if (r)
			break;
		e.rec.name[RT_NAME_SIZE - 1] = '\0';
		e.rec.device[RT_DEVICE_SIZE - 1] = '\0';
		e.rec.hash[BUNDLE_HASH_STRLEN - 1] = '\0';
		vec_push(&s->arena, out, e);
	}
	if (r != -ENOENT)
		return rt_fail(s->diag, r, RT_CODE_PIN, "cannot read the state in %s", s->pin_dir);
	if (out->n)
		qsort(out->v, out->n, sizeof(*out->v), by_name);
	return 0;
}

int rt_record_put(struct rt_session *s, int fd, const struct rt_entry *e)
{
	int r = bpf_map_update_elem(fd, &e->key, &e->rec, BPF_ANY);

	return r ? rt_fail(s->diag, r, RT_CODE_PIN, "cannot remember endpoint %s", e->rec.name) : 0;
}

int rt_record_remove(struct rt_session *s, int fd, const struct rt_key *key)
{
	int r = bpf_map_delete_elem(fd, key);

	if (r == 0 || r == -ENOENT)
		return 0;
	return rt_fail(s->diag, r, RT_CODE_PIN, "cannot change the state in %s", s->pin_dir);
}

/* --- what became of an endpoint --------------------------------------------------------- */

static bool program_exists(uint32_t id)
{
	int fd = bpf_prog_get_fd_by_id(id);

	if (fd >= 0)
		close(fd);
	return fd != -ENOENT;
}

static enum rt_endpoint_state state_elsewhere(const struct rt_record *rec)
{
	for (int d = 0; d < IR_N_DIRS; d++)
		if (program_exists(rec->programs[d]))
			return RT_ELSEWHERE;
	return RT_GONE;
}

bool rt_entry_has_device(const struct rt_session *s, const struct rt_entry *e,
			 char name[static RT_DEVICE_SIZE])
{
	if (e->key.netns != s->netns)
		return false;
	if (if_indextoname(e->key.ifindex, name))
		return true;
	snprintf(name, RT_DEVICE_SIZE, "%s", e->rec.device);
	return errno != ENXIO && errno != ENODEV;
}

int rt_entry_state(struct rt_session *s, struct rt_entry *e, enum rt_endpoint_state *out)
{
	char device[RT_DEVICE_SIZE];
	struct rt_device dev;
	unsigned ours = 0;
	bool renamed;
	int r;

	*out = RT_GONE;
	if (e->key.netns != s->netns) {
		*out = state_elsewhere(&e->rec);
		return 0;
	}
	if (!rt_entry_has_device(s, e, device))
		return 0;
	r = rt_tc_look(e->key.ifindex, &dev);
	/* Between the two questions it may have gone. */
	if (r == -ENODEV)
		return 0;
	if (r)
		return rt_fail(s->diag, r, RT_CODE_ATTACH, "cannot look at the filters of %s",
			       device);
	for (int d = 0; d < IR_N_DIRS; d++)
		ours += dev.hooks[d].prog_id && dev.hooks[d].prog_id == e->rec.programs[d];
	renamed = strcmp(device, e->rec.device) != 0;
	/* Another name and nothing of ours: another device that was given the same number. */
	if (renamed && !ours)
		return 0;
	memcpy(e->rec.device, device, sizeof(e->rec.device));
	*out = ours == IR_N_DIRS ? RT_ATTACHED : RT_BROKEN;
	return 0;
}
