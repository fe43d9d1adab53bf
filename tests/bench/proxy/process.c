/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "tests/bench/proxy/process.h"

#include <fcntl.h>
#include <math.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { READY_MS = 20000, POLL_MS = 20 };

static _Noreturn void become(const char *const *argv, const char *said, unsigned cpu)
{
	int out = open(said, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
	cpu_set_t set;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
	if (out < 0 || nothing < 0 || dup2(nothing, 0) < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0)
		_exit(127);
	execvp(argv[0], (char *const *)argv);
	_exit(127);
}

pid_t process_start(const char *const *argv, const char *said, unsigned cpu)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0)
		become(argv, said, cpu);
	return pid;
}

void process_stop(pid_t pid)
{
	if (pid <= 0)
		return;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

int process_wait(pid_t pid)
{
	int status;

	return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status)
									       : -1;
}

double process_cpu(pid_t pid)
{
	struct timespec t;
	clockid_t clock;

	if (clock_getcpuclockid(pid, &clock) || clock_gettime(clock, &t))
		return NAN;
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static bool connects(uint16_t port)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_port = htons(port),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool ok = fd >= 0 && connect(fd, (const struct sockaddr *)&to, sizeof(to)) == 0;

	close(fd);
	return ok;
}

bool process_listens(pid_t pid, uint16_t port)
{
	const struct timespec poll = {.tv_nsec = POLL_MS * 1000000L};
	siginfo_t ended = {0};

	for (int waited = 0; waited < READY_MS; waited += POLL_MS) {
		if (connects(port))
			return true;
		if (waitid(P_PID, (id_t)pid, &ended, WEXITED | WNOHANG | WNOWAIT) || ended.si_pid)
			return false;
		nanosleep(&poll, NULL);
	}
	return false;
}
