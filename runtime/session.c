/* SPDX-License-Identifier: Apache-2.0 */
/* Opening and closing a session: the bpf file system, the pin directory and its lock. */
#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "runtime/codes.h"
#include "runtime/fail.h"
#include "runtime/journal.h"
#include "runtime/maps.h"
#include "runtime/state.h"

#define BPFFS_PLACE "/sys/fs/bpf"

enum { LOCK_DEFAULT_MS = 10000, LOCK_POLL_MS = 10 };

/* Is the path, or the nearest folder above it that exists, on a bpf file system? */
static int on_bpffs(const char *path, bool *yes)
{
	char at[PATH_MAX];
	struct statfs fs;
	char *slash;

	snprintf(at, sizeof(at), "%s", path);
	while (statfs(at, &fs)) {
		slash = strrchr(at, '/');
		if (errno != ENOENT || !slash)
			return -errno;
		slash[slash == at] = '\0';
	}
	*yes = fs.f_type == BPF_FS_MAGIC;
	return 0;
}

static int ensure_bpffs(struct rt_session *s)
{
	size_t n = strlen(BPFFS_PLACE);
	bool yes = false;
	int r = on_bpffs(s->pin_dir, &yes);

	if (!r && !yes && strncmp(s->pin_dir, BPFFS_PLACE, n) == 0 &&
	    (s->pin_dir[n] == '/' || !s->pin_dir[n])) {
		if (mount("bpf", BPFFS_PLACE, "bpf", 0, "mode=0700"))
			return rt_fail(s->diag, -errno, RT_CODE_BPFFS,
				       "cannot mount a bpf file system at %s", BPFFS_PLACE);
		r = on_bpffs(s->pin_dir, &yes);
	}
	if (r)
		return rt_fail(s->diag, r, RT_CODE_BPFFS, "cannot look at %s", s->pin_dir);
	if (yes)
		return 0;
	diag_error(s->diag, LOC_NONE, RT_CODE_BPFFS,
		   "%s is not on a bpf file system: mount one there ('mount -t bpf bpf DIR'), or "
		   "use the default pin directory %s",
		   s->pin_dir, RT_PIN_DIR);
	return -EINVAL;
}

static int make_dirs(struct rt_session *s)
{
	char at[PATH_MAX];

	snprintf(at, sizeof(at), "%s", s->pin_dir);
	for (char *p = at + 1;; p++) {
		char c = *p;

		if (c != '/' && c != '\0')
			continue;
		*p = '\0';
		if (mkdir(at, 0700) && errno != EEXIST)
			return rt_fail(s->diag, -errno, RT_CODE_PIN,
				       strchr(at, '.') ? "cannot make %s (no dots are allowed "
							 "in names on a bpf file system)"
						       : "cannot make %s",
				       at);
		if (!c)
			return 0;
		*p = c;
	}
}

static int lock_dir(struct rt_session *s, unsigned wait_ms)
{
	const struct timespec poll = {.tv_nsec = LOCK_POLL_MS * 1000000L};
	int how = s->mode == RT_SESSION_LOOK ? LOCK_SH : LOCK_EX;

	for (unsigned waited = 0; flock(s->dir_fd, how | LOCK_NB); waited += LOCK_POLL_MS) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return rt_fail(s->diag, -errno, RT_CODE_LOCKED, "cannot lock %s",
				       s->pin_dir);
		if (waited >= wait_ms) {
			diag_error(s->diag, LOC_NONE, RT_CODE_LOCKED,
				   "another load or unload is at work in %s: try again when it has "
				   "finished",
				   s->pin_dir);
			return -EBUSY;
		}
		nanosleep(&poll, NULL);
	}
	return 0;
}

/* The unload that we waited for may have removed the directory that we now hold. */
static bool still_there(const struct rt_session *s)
{
	struct stat held, present;

	return fstat(s->dir_fd, &held) == 0 && stat(s->pin_dir, &present) == 0 &&
	       held.st_ino == present.st_ino && held.st_dev == present.st_dev;
}

/* 1: again, the directory was removed meanwhile. */
static int enter_dir(struct rt_session *s, unsigned wait_ms)
{
	int r = s->mode == RT_SESSION_LOAD ? make_dirs(s) : 0;

	if (r)
		return r;
	s->dir_fd = open(s->pin_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->dir_fd < 0) {
		if (errno == ENOENT)
			return s->mode == RT_SESSION_LOAD ? 1 : 0;
		return rt_fail(s->diag, -errno, RT_CODE_PIN, "cannot open %s", s->pin_dir);
	}
	r = lock_dir(s, wait_ms);
	if (r || still_there(s))
		return r;
	close(s->dir_fd);
	s->dir_fd = -1;
	return 1;
}

/* Room for the names of the pins. */
static int check_length(struct rt_session *s)
{
	if (strlen(s->pin_dir) + RT_PIN_NAME_SIZE < PATH_MAX)
		return 0;
	return rt_fail(s->diag, -ENAMETOOLONG, RT_CODE_PIN, "cannot use this pin directory");
}

static int find_netns(struct rt_session *s)
{
	struct stat st;

	if (stat("/proc/thread-self/ns/net", &st))
		return rt_fail(s->diag, -errno, RT_CODE_ATTACH,
			       "cannot tell the network namespace from /proc");
	s->netns = st.st_ino;
	return 0;
}

static int open_state(struct rt_session *s)
{
	struct bpf_map_info info = {0};
	__u32 len = sizeof(info);
	int fd = rt_pin_open(s, RT_PIN_STATE);

	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	s->state = fd;
	if (bpf_obj_get_info_by_fd(fd, &info, &len) ||
	    info.value_size != sizeof(struct rt_record) || strcmp(info.name, RT_STATE_NAME) != 0) {
		diag_error(s->diag, LOC_NONE, RT_CODE_INCOMPATIBLE_PIN,
			   "%s/%s is of another version of polc: run 'polc unload' with that "
			   "version, or choose another pin directory",
			   s->pin_dir, RT_PIN_STATE);
		return -EINVAL;
	}
	return 0;
}

int rt_session_open(struct rt_session *s, const struct rt_options *opts, enum rt_session_mode mode,
		    struct diag *diag)
{
	unsigned wait_ms = opts->lock_ms ? opts->lock_ms : LOCK_DEFAULT_MS;
	int r;

	*s = (struct rt_session){.mode = mode,
				 .diag = diag,
				 .dir_fd = -1,
				 .state = -1,
				 .pin_dir = opts->pin_dir ? opts->pin_dir : RT_PIN_DIR};
	arena_init(&s->arena);
	rt_log_begin(&s->log);
	r = find_netns(s);
	if (!r)
		r = check_length(s);
	if (!r && mode == RT_SESSION_LOAD)
		r = ensure_bpffs(s);
	if (r)
		return r;
	do
		r = enter_dir(s, wait_ms);
	while (r == 1);
	if (!r && s->dir_fd >= 0)
		r = open_state(s);
	s->ready = r == 0;
	return r;
}

/* Node maps without an endpoint, and what a killed first load left. */
static void remove_if_idle(struct rt_session *s)
{
	static const char *const names[] = {RT_PIN_PROGS, RT_PIN_NEXT, RT_PIN_STATE};
	struct rt_entries entries = {0};
	int r = 0;

	if (rt_records_read(s, s->state, &entries) || entries.n)
		return;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		r = r ? r : rt_pin_remove(s, names[i]);
	for (uint32_t i = 0; i < RT_N_NODE_MAPS; i++)
		r = r ? r : rt_pin_remove(s, rt_node_map_name(i));
	/* Someone else's pins are theirs to remove. */
	if (!r && rmdir(s->pin_dir) && errno != ENOTEMPTY)
		r = -errno;
	if (r)
		diag_warning(s->diag, LOC_NONE, RT_CODE_PIN, "cannot remove the pins in %s: %s",
			     s->pin_dir, strerror(-r));
}

void rt_session_close(struct rt_session *s)
{
	if (s->dir_fd >= 0) {
		if (s->ready && s->mode != RT_SESSION_LOOK && !rt_journal_is_complete(s))
			remove_if_idle(s);
		close(s->dir_fd);
	}
	if (s->state >= 0)
		close(s->state);
	rt_log_end(&s->log);
	arena_fini(&s->arena);
}
