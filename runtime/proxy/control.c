/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/proxy/control.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "runtime/codes.h"
#include "runtime/node/kernel/fail.h"

enum { START_MS = 15000, LOCK_MS = 5000, END_MS = 5000, POLL_MS = 10 };

static void wait_a_little(void)
{
	nanosleep(&(struct timespec){.tv_nsec = POLL_MS * 1000000L}, NULL);
}

/* Who runs them; 0: nobody. */
static pid_t runner(const struct proxy_place *place)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	int fd = open(place->lock, O_RDWR | O_CLOEXEC);
	pid_t pid = 0;

	if (fd < 0)
		return 0;
	if (fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK)
		pid = lock.l_pid;
	close(fd);
	return pid;
}

static bool has_listeners(int map, const uint32_t listeners[static POLC_DIRS])
{
	for (uint32_t d = 0; d < POLC_DIRS; d++) {
		struct polc_proxy proxy;

		if (bpf_map_lookup_elem(map, &d, &proxy) || !proxy.ifindex ||
		    proxy.listeners < listeners[d])
			return false;
	}
	return true;
}

void proxy_stop(const struct proxy_place *place)
{
	pid_t pid = runner(place);

	if (pid)
		kill(pid, SIGTERM);
	for (int waited = 0; pid && waited < END_MS; waited += POLL_MS) {
		pid = runner(place);
		wait_a_little();
	}
	if (pid)
		kill(pid, SIGKILL);
}

void proxy_end(const struct proxy_place *place)
{
	proxy_stop(place);
	proxy_place_remove(place);
}

/* `polc proxy run`, with nothing of ours but its log. */
static _Noreturn void be_runner(const struct proxy_place *place, const char *pin_dir)
{
	int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
	char log[128], pins[PATH_MAX];
	int said;

	if (!realpath(pin_dir, pins))
		_exit(127);
	snprintf(log, sizeof(log), "%s/proxy.log", place->root);
	said = open(log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (setsid() < 0 || chdir("/") || nothing < 0 || said < 0)
		_exit(127);
	dup2(nothing, STDIN_FILENO);
	dup2(nothing, STDOUT_FILENO);
	dup2(said, STDERR_FILENO);
	syscall(SYS_close_range, STDERR_FILENO + 1, ~0u, 0);
	execl("/proc/self/exe", "polc", "proxy", "run", "--pin-dir", pins, (char *)NULL);
	_exit(127);
}

/* Not our child for long: nobody is to wait for it. */
static int spawn(const struct proxy_place *place, const char *pin_dir, struct diag *diag)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		pid = fork();
		if (pid == 0)
			be_runner(place, pin_dir);
		_exit(pid < 0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
		return rt_fail(diag, pid < 0 ? -errno : -ECHILD, RT_CODE_PROXY,
			       "cannot start the proxies");
	return 0;
}

/* What whoever was to run them has said last, a line a note. */
static void note_log(const struct proxy_place *place, struct diag *diag, struct diag_item *item)
{
	char path[PATH_MAX], line[512];
	FILE *f;

	snprintf(path, sizeof(path), "%s/proxy.log", place->root);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		diag_note(diag, item, LOC_NONE, "%s", line);
	}
	if (f)
		fclose(f);
}

static int not_ready(const struct proxy_place *place, struct diag *diag)
{
	struct diag_item *item =
		diag_error(diag, LOC_NONE, RT_CODE_PROXY,
			   "the proxies that judge requests do not start, so nothing was changed");

	note_log(place, diag, item);
	return -EIO;
}

/* Whoever begins has a while to take the lock. */
static bool has_given_up(const struct proxy_place *place, int waited)
{
	return waited > LOCK_MS && !runner(place);
}

int proxy_need(const struct proxy_place *place, const char *pin_dir, int map,
	       const uint32_t listeners[static POLC_DIRS], struct diag *diag)
{
	int r = proxy_place_make(place, diag), waited = 0;
	pid_t pid = runner(place);

	if (r || (pid && has_listeners(map, listeners)))
		return r;
	if (pid)
		kill(pid, SIGHUP);
	else
		r = spawn(place, pin_dir, diag);
	if (r)
		return r;
	while (waited < START_MS && !has_listeners(map, listeners) &&
	       !has_given_up(place, waited)) {
		wait_a_little();
		waited += POLL_MS;
	}
	if (has_listeners(map, listeners))
		return 0;
	if (!pid)
		proxy_stop(place);
	return not_ready(place, diag);
}
