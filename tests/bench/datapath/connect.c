/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A client in a node connects to a server in a pod, waits until the server closes, and resets what
 * is left, one connection after the other. Most of the time goes to the kernel's TCP, so this shows
 * little but that policy does not break or slow down real connections.
 */
#include "config.h"

#include "tests/bench/datapath/connect.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bench/measure.h"
#include "tests/bench/policy.h"

enum { RULES = 1000, MAX_ROUNDS = 32, N_LANES = 2 };

struct side {
	const char *name;
	struct lane lane;
	pid_t server;
	double samples[MAX_ROUNDS];
	size_t n;
};

static struct sockaddr_in address(const char *addr)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(policy_edition_port(0))};

	inet_pton(AF_INET, addr, &a.sin_addr);
	return a;
}

/* --- the server: a process of its own ------------------------------------------------------ */

static void serve(int listener)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		int fd = accept(listener, NULL, NULL);

		if (fd >= 0)
			close(fd);
	}
}

static bool start_server(struct side *s, int home)
{
	struct sockaddr_in a = address(s->lane.addr);
	int fd, one = 1;
	bool ok;

	if (!lane_enter(s->lane.pod))
		return false;
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	lane_enter(home);
	ok = fd >= 0 && !setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) &&
	     !bind(fd, (struct sockaddr *)&a, sizeof(a)) && !listen(fd, 128);
	if (ok) {
		fflush(stdout);
		s->server = fork();
		if (s->server == 0)
			serve(fd);
		ok = s->server > 0;
	}
	close(fd);
	return ok;
}

static void stop_server(struct side *s)
{
	if (s->server <= 0)
		return;
	kill(s->server, SIGKILL);
	waitpid(s->server, NULL, 0);
}

/* --- the client ------------------------------------------------------------------------------ */

static bool connect_once(const struct sockaddr_in *to)
{
	const struct linger reset = {.l_onoff = 1};
	const struct timeval patience = {.tv_sec = 2};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char byte;
	bool ok;

	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	ok = !connect(fd, (const struct sockaddr *)to, sizeof(*to)) && read(fd, &byte, 1) == 0;
	close(fd);
	return ok;
}

/* Connections a second; -1: one did not come about. */
static double measure(const struct side *s, double seconds)
{
	struct sockaddr_in to = address(s->lane.addr);
	double start = measure_now(), now = start;
	unsigned n = 0;

	if (!lane_enter(s->lane.node))
		return -1;
	while (now - start < seconds) {
		if (!connect_once(&to))
			return -1;
		n++;
		now = measure_now();
	}
	return n / (now - start);
}

static void take_turns(struct bench *b, struct side sides[static N_LANES])
{
	for (unsigned round = 0; round < b->rounds && round < MAX_ROUNDS; round++) {
		for (int i = 0; i < N_LANES; i++) {
			double rate = measure(&sides[i], b->quick ? 0.05 : 0.2);

			if (rate > 0)
				sides[i].samples[sides[i].n++] = rate;
			else
				b->refused++;
		}
	}
	for (int i = 0; i < N_LANES; i++)
		results_add(&b->results, RESULT_CONNECT, RULES, "connect and close", sides[i].name,
			    sides[i].samples, sides[i].n);
	results_print(&b->results, RESULT_CONNECT, RULES, NULL);
}

/* --- begin and end -----------------------------------------------------------------------------
 */

static bool load_policy(struct bench *b, struct ours *ours, const struct side *s)
{
	const struct rt_attach attach = {"pod-0", s->lane.device};
	_cleanup_buf_ struct buf text = {0};

	policy_write_many(RULES, 1, 0, &text);
	return lane_enter(s->lane.node) && ours_build(ours, &b->env, buf_str(&text)) &&
	       ours_load(ours, &b->env, &attach, 1);
}

void connect_bench(struct bench *b)
{
	struct side sides[N_LANES] = {{.name = "nothing"}, {.name = "polc"}};
	int home = b->lanes[0].node;
	struct ours ours = {0};
	char addr[32];
	bool ok = true;

	printf("\nconnections under %d rules\n", RULES);
	policy_subject_addr(0, addr);
	for (int i = 0; i < N_LANES; i++)
		ok = lane_init(&sides[i].lane, -1, "pod", addr, (unsigned)i) &&
		     start_server(&sides[i], home) && ok;
	if (ok && load_policy(b, &ours, &sides[1]))
		take_turns(b, sides);
	else
		b->refused++;
	lane_enter(sides[1].lane.node);
	ours_unload(&b->env);
	ours_fini(&ours);
	for (int i = 0; i < N_LANES; i++) {
		stop_server(&sides[i]);
		lane_fini(&sides[i].lane);
	}
	lane_enter(home);
}
