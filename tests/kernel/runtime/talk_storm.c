/* SPDX-License-Identifier: Apache-2.0 */
/*
 * usage: talk storm PORT DENIED ADDRESS...
 *
 * Until SIGUSR1, talks to every address at once and as fast as answers come: UDP ping-pong and a
 * chain of TCP connections on PORT, and on DENIED what must never be answered. Prints `ready` when
 * the signal may come, and at the end
 *
 *   udp N lost N tcp N failed N leaked N
 *
 * `tcp` counts echoes, a few dozen a connection, so that no storm fills the node's conntrack.
 * `lost` are datagrams on PORT without an answer within ten seconds; `leaked` answers and
 * connections on DENIED. A DENIED of 0 leaves that part out.
 */
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/kernel/runtime/talk.h"

enum { SOCKETS = 8, MAX_FLOWS = 256, PATIENCE_MS = 10000, DENIED_MS = 20, ECHOES = 50 };

enum kind { UDP, TCP, DENIED_UDP, DENIED_TCP };

struct flow {
	enum kind kind;
	int fd;
	struct talk_addr to;
	uint32_t sequence;
	bool connected; /* TCP: waits for its echo */
	unsigned echoes;
	int64_t deadline;
};

struct storm {
	struct flow flows[MAX_FLOWS];
	size_t n;
	unsigned long udp, lost, tcp, failed, leaked;
	bool ending;
};

static void ask_udp(struct flow *f, int patience)
{
	f->sequence++;
	f->deadline = talk_now_ms() + patience;
	send(f->fd, &f->sequence, sizeof(f->sequence), 0);
}

static void restart_tcp(struct flow *f, int patience)
{
	struct linger now = {.l_onoff = 1};

	if (f->fd >= 0) {
		/* Without TIME_WAIT, thousands of connections do not run out of ports. */
		setsockopt(f->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
		close(f->fd);
	}
	f->fd = talk_socket(&f->to, SOCK_STREAM, 0, NULL);
	f->connected = false;
	f->deadline = talk_now_ms() + patience;
	talk_connect(f->fd, &f->to);
}

static void add(struct storm *s, enum kind kind, const char *host, const char *port)
{
	struct flow *f = &s->flows[s->n];

	if (s->n == MAX_FLOWS)
		return;
	s->n++;
	*f = (struct flow){.kind = kind, .fd = -1, .to = talk_resolve(host, port)};
	if (kind == TCP || kind == DENIED_TCP) {
		restart_tcp(f, kind == TCP ? PATIENCE_MS : DENIED_MS);
		return;
	}
	f->fd = talk_socket(&f->to, SOCK_DGRAM, 0, NULL);
	talk_connect(f->fd, &f->to);
	ask_udp(f, kind == UDP ? PATIENCE_MS : DENIED_MS);
}

static void on_udp(struct storm *s, struct flow *f)
{
	uint32_t sequence = 0;

	if (recv(f->fd, &sequence, sizeof(sequence), 0) != sizeof(sequence) ||
	    sequence != f->sequence)
		return;
	s->udp++;
	f->deadline = INT64_MAX;
	if (!s->ending)
		ask_udp(f, PATIENCE_MS);
}

static void on_tcp(struct storm *s, struct flow *f)
{
	char got[4];
	ssize_t n;

	if (!f->connected) {
		f->connected = talk_error(f->fd) == 0 && send(f->fd, "ping", 4, MSG_NOSIGNAL) == 4;
		s->failed += !f->connected;
		if (f->connected)
			return;
	} else {
		n = recv(f->fd, got, sizeof(got), 0);
		if (n < 0 && errno == EAGAIN)
			return;
		if (n == 4)
			s->tcp++;
		else
			s->failed++;
		if (n == 4 && !s->ending && ++f->echoes % ECHOES) {
			s->failed += send(f->fd, "ping", 4, MSG_NOSIGNAL) != 4;
			f->deadline = talk_now_ms() + PATIENCE_MS;
			return;
		}
	}
	f->deadline = INT64_MAX;
	if (!s->ending)
		restart_tcp(f, PATIENCE_MS);
}

static void on_denied(struct storm *s, struct flow *f)
{
	char got[4];

	if (f->kind == DENIED_UDP && recv(f->fd, got, sizeof(got), 0) < 0)
		return;
	if (f->kind == DENIED_TCP && talk_error(f->fd) != 0)
		return;
	s->leaked++;
}

static void on_event(struct storm *s, struct flow *f)
{
	switch (f->kind) {
	case UDP:
		on_udp(s, f);
		break;
	case TCP:
		on_tcp(s, f);
		break;
	default:
		on_denied(s, f);
	}
}

/* Nothing came in time: right for what is denied, wrong for the rest. */
static void on_deadline(struct storm *s, struct flow *f)
{
	f->deadline = INT64_MAX;
	s->lost += f->kind == UDP;
	s->failed += f->kind == TCP;
	if (s->ending)
		return;
	if (f->kind == UDP || f->kind == DENIED_UDP)
		ask_udp(f, f->kind == UDP ? PATIENCE_MS : DENIED_MS);
	else
		restart_tcp(f, f->kind == TCP ? PATIENCE_MS : DENIED_MS);
}

static bool is_waiting(const struct flow *f)
{
	return (f->kind == UDP || f->kind == TCP) && f->deadline != INT64_MAX;
}

static bool turn(struct storm *s)
{
	struct pollfd p[MAX_FLOWS];
	bool waiting = false;
	int64_t now;

	for (size_t i = 0; i < s->n; i++) {
		struct flow *f = &s->flows[i];
		bool opening = (f->kind == TCP && !f->connected) || f->kind == DENIED_TCP;

		p[i] = (struct pollfd){.fd = f->fd, .events = opening ? POLLOUT : POLLIN};
	}
	poll(p, s->n, DENIED_MS);
	now = talk_now_ms();
	for (size_t i = 0; i < s->n; i++) {
		struct flow *f = &s->flows[i];

		if (p[i].revents && f->deadline != INT64_MAX)
			on_event(s, f);
		else if (now > f->deadline)
			on_deadline(s, f);
		waiting = waiting || is_waiting(f);
	}
	return waiting;
}

static volatile sig_atomic_t asked_to_end;

static void on_signal(int sig __attribute__((unused)))
{
	asked_to_end = 1;
}

int talk_storm(int argc, char **argv)
{
	static struct storm s;

	if (argc < 3)
		return 2;
	signal(SIGUSR1, on_signal);
	puts("ready");
	fflush(stdout);
	for (int i = 2; i < argc; i++) {
		for (int k = 0; k < SOCKETS; k++)
			add(&s, UDP, argv[i], argv[0]);
		for (int k = 0; k < SOCKETS / 2; k++)
			add(&s, TCP, argv[i], argv[0]);
		if (strcmp(argv[1], "0") == 0)
			continue;
		add(&s, DENIED_UDP, argv[i], argv[1]);
		add(&s, DENIED_TCP, argv[i], argv[1]);
	}
	while (!asked_to_end)
		turn(&s);
	s.ending = true;
	while (turn(&s))
		;
	printf("udp %lu lost %lu tcp %lu failed %lu leaked %lu\n", s.udp, s.lost, s.tcp, s.failed,
	       s.leaked);
	return 0;
}
