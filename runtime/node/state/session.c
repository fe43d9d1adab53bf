/* SPDX-License-Identifier: Apache-2.0 */
/* Opening and closing a session: the bpf file system, the pin directory and its lock. */
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
#include "runtime/node/kernel/fail.h"
#include "runtime/node/kernel/features.h"
#include "runtime/node/state/pins.h"
#include "runtime/node/state/records.h"

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

int rt_session_open(struct rt_session *s, const struct rt_options *opts, enum rt_session_mode mode,
		    struct diag *diag)
{
	static const enum rt_node_mode modes[] = {[RT_SESSION_LOOK] = RT_NODE_PRESENT,
						  [RT_SESSION_CHANGE] = RT_NODE_PRESENT,
						  [RT_SESSION_UNDO] = RT_NODE_SALVAGE,
						  [RT_SESSION_LOAD] = RT_NODE_MAKE};
	unsigned wait_ms = opts->lock_ms ? opts->lock_ms : LOCK_DEFAULT_MS;
	int r;

	*s = (struct rt_session){.mode = mode,
				 .diag = diag,
				 .dir_fd = -1,
				 .verbose = opts->verbose,
				 .pin_dir = opts->pin_dir ? opts->pin_dir : RT_PIN_DIR};
	for (int i = 0; i < RT_N_MAPS; i++)
		s->node.fd[i] = -1;
	arena_init(&s->arena);
	rt_log_begin(&s->log);
	r = find_netns(s);
	if (!r)
		r = check_length(s);
	/* Where a load has been before, the kernel has what it takes. */
	if (!r && mode == RT_SESSION_LOAD && !rt_pin_exists(s, RT_PIN_STATE))
		r = rt_features_check(s->diag);
	if (!r && mode == RT_SESSION_LOAD)
		r = ensure_bpffs(s);
	if (r)
		return r;
	do
		r = enter_dir(s, wait_ms);
	while (r == 1);
	if (!r && s->dir_fd >= 0)
		r = rt_node_open(s, modes[mode]);
	return r;
}

static bool is_idle(struct rt_session *s)
{
	struct rt_entries attached, open;

	rt_records_read(s, false, &attached);
	rt_records_read(s, true, &open);
	return !attached.n && !open.n;
}

/* If we are killed among the pins, the next load makes those that are missing: nothing may say
 * then that programs use them. */
static void forget_programs(struct rt_state *state)
{
	for (uint32_t i = 0; i < POLC_PROGRAMS; i++)
		__atomic_store_n(&state->programs[i].state, RT_PROGRAM_FREE, __ATOMIC_SEQ_CST);
	__atomic_store_n(&state->made, 0, __ATOMIC_SEQ_CST);
}

void rt_session_tidy(struct rt_session *s)
{
	int r;

	if (s->dir_fd < 0 || !is_idle(s))
		return;
	if (s->node.state)
		forget_programs(s->node.state);
	rt_node_close(&s->node);
	r = rt_node_unpin(s);
	/* Someone else's pins are theirs to remove. */
	if (!r && rmdir(s->pin_dir) && errno != ENOTEMPTY)
		r = -errno;
	if (r)
		diag_warning(s->diag, LOC_NONE, RT_CODE_PIN, "cannot remove the pins in %s: %s",
			     s->pin_dir, strerror(-r));
}

void rt_session_close(struct rt_session *s)
{
	rt_node_close(&s->node);
	if (s->dir_fd >= 0)
		close(s->dir_fd);
	rt_log_end(&s->log);
	arena_fini(&s->arena);
}
