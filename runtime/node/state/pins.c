/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/node/state/pins.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "runtime/codes.h"
#include "runtime/node/kernel/fail.h"

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

bool rt_pin_exists(const struct rt_session *s, const char *name)
{
	char path[PATH_MAX];

	return access(pin_path(s, name, path), F_OK) == 0;
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
