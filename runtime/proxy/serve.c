/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "runtime/proxy/serve.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lang/base/buf.h"
#include "runtime/codes.h"
#include "runtime/node/kernel/fail.h"
#include "runtime/node/state/node.h"
#include "runtime/proxy/config.h"
#include "runtime/proxy/haproxy.h"
#include "runtime/proxy/mtu.h"
#include "runtime/proxy/place.h"
#include "runtime/proxy/relay.h"
#include "runtime/proxy/space.h"
#include "runtime/proxy/user.h"
#include "runtime/runtime.h"

enum {
	MIN_LISTENERS = 256, /* what costs little: 2 sockets each */
	MAX_THREADS = 16,
	MAX_FILES = 1 << 17,
	FILES_OF_SHARE = 8, /* a connection takes two, and a client a quarter of them */
	READY_MS = 10000,
	POLL_MS = 10,
	AGAIN_S = 1, /* before one that ended is started again */
	CHILD_FAILED = 70,
};

struct serving {
	const char *pin_dir, *files;
	struct proxy_place place;
	struct proxy_user user;
	struct proxy_relay relay;
	int map; /* polc_proxy */
	uint32_t listeners[POLC_DIRS];
	pid_t pids[POLC_DIRS];                /* 0: it does not run */
	struct polc_proxy proxies[POLC_DIRS]; /* as programs were told of those that run */
	struct arena arena;
	struct diag *diag;
};

/* --- connections ------------------------------------------------------------------------- */

/* Children have what this process has. */
static void raise_files(void)
{
	struct rlimit limit = {MAX_FILES, MAX_FILES};

	if (!setrlimit(RLIMIT_NOFILE, &limit) || getrlimit(RLIMIT_NOFILE, &limit))
		return;
	limit.rlim_cur = limit.rlim_max;
	/* HAProxy has fewer connections, and says so. */
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

static unsigned count_files(void)
{
	struct rlimit limit;

	return getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur > MAX_FILES
		       ? MAX_FILES
		       : (unsigned)limit.rlim_cur;
}

/* --- a proxy, before it is HAProxy ------------------------------------------------------- */

static void add_binds(struct serving *s, enum polc_dir d, struct proxy_config *c)
{
	struct proxy_bind *binds = arena_array(&s->arena, struct proxy_bind, 2 * s->listeners[d]);

	for (uint32_t i = 1; i <= s->listeners[d]; i++) {
		char name[PROXY_LISTENER_NAME];
		const char *set;

		proxy_listener_name(i, name);
		set = arena_strdup(&s->arena, name);
		binds[c->n++] = (struct proxy_bind){
			set, "0.0.0.0", (uint16_t)(POLC_LISTENER_PORT + i), "transparent"};
		binds[c->n++] = (struct proxy_bind){set, "[::]", (uint16_t)(POLC_LISTENER_PORT + i),
						    "transparent v6only"};
	}
	c->binds = binds;
}

static int write_files(struct serving *s, enum polc_dir d)
{
	const struct proxy_files *f = &s->place.of[d];
	_cleanup_buf_ struct buf text = {0};
	int cpus = get_nprocs(), r;
	struct proxy_config c = {
		.socket = f->socket,
		.told = f->told,
		.denied = f->denied,
		.module_dir = f->parts,
		.script = arena_printf(&s->arena, "%s/polc.lua", f->parts),
		.threads = (unsigned)(cpus < MAX_THREADS ? cpus : MAX_THREADS),
		.share = count_files() / FILES_OF_SHARE,
	};

	add_binds(s, d, &c);
	proxy_config_put(&c, &text);
	r = proxy_write_text(f->config, buf_str(&text), s->diag);
	if (!r &&
	    (lchown(f->own, s->user.uid, s->user.gid) || lchown(f->hits, s->user.uid, s->user.gid)))
		r = rt_fail(s->diag, -errno, RT_CODE_PROXY, "cannot give away %s", f->own);
	return r;
}

/* They may lie where the user of a proxy cannot go. */
static int show_parts(struct serving *s, enum polc_dir d)
{
	const char *parts = s->place.of[d].parts;

	return mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
			       mount(s->files, parts, NULL, MS_BIND, NULL)
		       ? rt_fail(s->diag, -errno, RT_CODE_PROXY, "cannot show %s at %s", s->files,
				 parts)
		       : 0;
}

/* Everything that is said from now on is in the log. */
static void begin_log(const struct proxy_files *f)
{
	int log = open(f->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);

	if (log < 0 || nothing < 0)
		_exit(CHILD_FAILED);
	dup2(nothing, STDIN_FILENO);
	dup2(log, STDOUT_FILENO);
	dup2(log, STDERR_FILENO);
}

static void say_why(const struct diag *diag)
{
	_cleanup_buf_ struct buf out = {0};

	diag_render_text(diag, &(struct diag_style){0}, &out);
	fputs(buf_str(&out), stderr);
}

/* In namespaces of its own, which have the device once `gate` says so. */
static _Noreturn void be_proxy(struct serving *s, enum polc_dir d, int gate)
{
	const struct proxy_files *f = &s->place.of[d];
	sigset_t none;
	char go;

	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	begin_log(f);
	if (read(gate, &go, 1) != 1)
		_exit(CHILD_FAILED);
	if (proxy_space_settle(d, arena_printf(&s->arena, "%s/listen.bpf.o", s->files), s->diag) ||
	    write_files(s, d) || show_parts(s, d)) {
		say_why(s->diag);
		_exit(CHILD_FAILED);
	}
	unlink(f->socket);
	unlink(f->denied);
	setenv("POLC_RULE_SETS", f->sets, 1);
	setenv("POLC_RULE_HITS", f->hits, 1);
	if (proxy_user_become(&s->user, s->diag)) {
		say_why(s->diag);
		_exit(CHILD_FAILED);
	}
	/* Another user has forgotten who it is to end with. */
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	execlp("haproxy", "haproxy", "-W", "-db", "-f", f->config, (char *)NULL);
	fprintf(stderr, "polc: cannot execute haproxy: %s: install the Debian package haproxy\n",
		strerror(errno));
	_exit(CHILD_FAILED);
}

/* --- starting ------------------------------------------------------------------------------ */

/* As fork(), into new namespaces: the first process there, so that all others end with it. */
static pid_t fork_apart(void)
{
	return (pid_t)syscall(SYS_clone, CLONE_NEWNET | CLONE_NEWPID | CLONE_NEWNS | SIGCHLD, 0, 0,
			      0, 0);
}

static int tell_programs(struct serving *s, enum polc_dir d, const struct polc_proxy *proxy)
{
	uint32_t key = d;

	return bpf_map_update_elem(s->map, &key, proxy, BPF_ANY)
		       ? rt_fail(s->diag, -errno, RT_CODE_MAP, "cannot write " POLC_MAP_PROXY)
		       : 0;
}

static bool has_ended(pid_t pid)
{
	return waitpid(pid, NULL, WNOHANG) == pid;
}

static int not_there(struct serving *s, enum polc_dir d, const char *what)
{
	struct diag_item *item =
		diag_error(s->diag, LOC_NONE, RT_CODE_PROXY,
			   "the proxy that judges requests of %s %s", proxy_name(d), what);

	diag_note(s->diag, item, LOC_NONE, "%s has what it says", s->place.of[d].log);
	return -EIO;
}

/* Until another worker than this takes commands. */
static int await_worker(struct serving *s, enum polc_dir d, long old)
{
	const struct timespec poll = {.tv_nsec = POLL_MS * 1000000L};

	for (int waited = 0; waited < READY_MS; waited += POLL_MS) {
		long now = proxy_worker(s->place.of[d].socket);

		if (now && now != old)
			return 0;
		if (has_ended(s->pids[d])) {
			s->pids[d] = 0;
			return not_there(s, d, "has ended at its start");
		}
		nanosleep(&poll, NULL);
	}
	return not_there(s, d, "does not answer");
}

static void stop(struct serving *s, enum polc_dir d)
{
	tell_programs(s, d, &(struct polc_proxy){0});
	if (!s->pids[d])
		return;
	kill(s->pids[d], SIGKILL);
	waitpid(s->pids[d], NULL, 0);
	s->pids[d] = 0;
	proxy_space_leave(d);
}

static int start(struct serving *s, enum polc_dir d)
{
	struct polc_proxy proxy = {.listeners = s->listeners[d]};
	int gate[2], r;

	if (pipe2(gate, O_CLOEXEC))
		return rt_fail(s->diag, -errno, RT_CODE_PROXY, "cannot make a pipe");
	s->pids[d] = fork_apart();
	if (s->pids[d] == 0)
		be_proxy(s, d, gate[0]);
	close(gate[0]);
	r = s->pids[d] < 0 ? rt_fail(s->diag, -errno, RT_CODE_PROXY, "cannot start a proxy") : 0;
	if (!r)
		r = proxy_space_join(d, s->pids[d], proxy_mtu_kept(&s->place),
				     arena_printf(&s->arena, "%s/past.bpf.o", s->files), s->diag,
				     &proxy);
	if (!r && write(gate[1], "", 1) != 1)
		r = not_there(s, d, "has ended at its start");
	close(gate[1]);
	if (!r)
		r = await_worker(s, d, 0);
	if (!r)
		r = tell_programs(s, d, &proxy);
	s->proxies[d] = proxy;
	if (s->pids[d] < 0)
		s->pids[d] = 0;
	if (r)
		stop(s, d);
	return r;
}

/* --- all of it ----------------------------------------------------------------------------- */

/* How many each is to have: those that some rules have, and more to come. */
static int count_listeners(struct serving *s)
{
	struct rt_listener l;
	int fd = bpf_obj_get(arena_printf(&s->arena, "%s/polc_listeners", s->pin_dir));

	if (fd < 0)
		return rt_fail(s->diag, -errno, RT_CODE_PROXY,
			       "no load has left anything for a proxy in %s", s->pin_dir);
	for (enum polc_dir d = 0; d < POLC_DIRS; d++) {
		uint32_t used = 1;

		for (; used < POLC_LISTENERS; used++) {
			uint32_t key = d * POLC_LISTENERS + used;

			if (bpf_map_lookup_elem(fd, &key, &l) || !l.key[0])
				break;
		}
		s->listeners[d] = MIN_LISTENERS;
		while (s->listeners[d] < 2 * used && s->listeners[d] < POLC_LISTENERS)
			s->listeners[d] *= 2;
		if (s->listeners[d] >= POLC_LISTENERS)
			s->listeners[d] = POLC_LISTENERS - 1;
	}
	close(fd);
	return 0;
}

static int take_lock(struct serving *s)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	int fd = open(s->place.lock, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0)
		return rt_fail(s->diag, -errno, RT_CODE_PROXY, "cannot open %s", s->place.lock);
	if (fcntl(fd, F_SETLK, &lock) == 0)
		return 0; /* until the process ends */
	diag_error(s->diag, LOC_NONE, RT_CODE_LOCKED, "the proxies of %s run already", s->pin_dir);
	close(fd);
	return -EBUSY;
}

static int open_map(struct serving *s)
{
	s->map = bpf_obj_get(arena_printf(&s->arena, "%s/" POLC_MAP_PROXY, s->pin_dir));
	return s->map < 0 ? rt_fail(s->diag, -errno, RT_CODE_PROXY,
				    "no load has left anything for a proxy in %s", s->pin_dir)
			  : 0;
}

/* One that ended is started again; if it cannot be, later. */
static void start_ended(struct serving *s)
{
	for (enum polc_dir d = 0; d < POLC_DIRS; d++) {
		if (s->pids[d] && has_ended(s->pids[d])) {
			s->pids[d] = 0;
			tell_programs(s, d, &(struct polc_proxy){0});
			sleep(AGAIN_S);
		}
		if (!s->pids[d])
			start(s, d);
	}
}

/* What is new in its configuration, with a worker that takes over the listeners from the one
 * before; that one ends with its connections. */
static int reload(struct serving *s, enum polc_dir d)
{
	struct polc_proxy proxy = s->proxies[d];
	long old = proxy_worker(s->place.of[d].socket);
	int r = write_files(s, d);

	if (r || !s->pids[d])
		return r;
	proxy.listeners = s->listeners[d];
	kill(s->pids[d], SIGUSR2);
	r = await_worker(s, d, old);
	if (!r)
		r = tell_programs(s, d, &proxy);
	if (!r)
		s->proxies[d] = proxy;
	return r;
}

/* The maps may be those of another node by now. */
static void reload_all(struct serving *s)
{
	if (s->map >= 0)
		close(s->map);
	if (open_map(s) || count_listeners(s))
		return;
	for (enum polc_dir d = 0; d < POLC_DIRS; d++)
		reload(s, d);
}

/* Is it time to end? */
static bool take_signals(struct serving *s, int fd)
{
	struct signalfd_siginfo got;
	bool end = false, again = false;

	while (read(fd, &got, sizeof(got)) == (ssize_t)sizeof(got)) {
		end |= got.ssi_signo == SIGTERM || got.ssi_signo == SIGINT;
		again |= got.ssi_signo == SIGHUP;
	}
	if (again && !end)
		reload_all(s);
	return end;
}

static int attend(struct serving *s, const sigset_t *signals)
{
	struct pollfd fds[PROXY_RELAY_FDS + 1];
	int fd = signalfd(-1, signals, SFD_CLOEXEC | SFD_NONBLOCK);

	if (fd < 0)
		return rt_fail(s->diag, -errno, RT_CODE_PROXY, "cannot wait for signals");
	do {
		start_ended(s);
		proxy_relay_wants(&s->relay, fds);
		fds[PROXY_RELAY_FDS] = (struct pollfd){.fd = fd, .events = POLLIN};
		if (poll(fds, PROXY_RELAY_FDS + 1, 1000 * AGAIN_S) > 0)
			proxy_relay_serve(&s->relay, fds);
	} while (!take_signals(s, fd));
	close(fd);
	return 0;
}

static int serve(struct serving *s)
{
	sigset_t signals;
	int r;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGHUP);
	sigaddset(&signals, SIGCHLD);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	signal(SIGPIPE, SIG_IGN); /* a child that has gone is no reason to go */
	raise_files();
	r = proxy_relay_open(&s->place, &s->user, s->diag, &s->relay);
	for (enum polc_dir d = 0; d < POLC_DIRS && !r; d++)
		r = start(s, d);
	if (!r)
		r = attend(s, &signals);
	proxy_relay_close(&s->relay);
	for (enum polc_dir d = 0; d < POLC_DIRS; d++)
		stop(s, d);
	return r;
}

int proxy_serve(const struct proxy_serve_options *opts, struct diag *diag)
{
	struct serving s = {.pin_dir = opts->pin_dir ? opts->pin_dir : RT_PIN_DIR,
			    .files = opts->files ? opts->files : POLC_PROXY_DIR,
			    .map = -1,
			    .diag = diag};
	int r;

	arena_init(&s.arena);
	proxy_place_find(s.pin_dir, &s.arena, &s.place);
	r = proxy_user_find(diag, &s.user);
	if (!r)
		r = open_map(&s);
	if (!r)
		r = count_listeners(&s);
	if (!r)
		r = proxy_place_make(&s.place, diag);
	if (!r)
		r = take_lock(&s);
	if (!r)
		r = serve(&s);
	if (s.map >= 0)
		close(s.map);
	arena_fini(&s.arena);
	return r;
}
