/* SPDX-License-Identifier: Apache-2.0 */
/* usage: talk serve PORT...: echoes TCP and UDP on these ports, both families, until killed.
 * Prints `ready` when it listens. */
#include "config.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "tests/kernel/runtime/talk.h"

enum { BUFFER = 1 << 16 };
enum kind { LISTENER, STREAM, DATAGRAM };

static int watch(int ep, int fd, enum kind kind)
{
	struct epoll_event ev = {.events = EPOLLIN,
				 .data.u64 = (uint64_t)kind << 32 | (uint32_t)fd};

	return epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev);
}

static int bound(int type, uint16_t port)
{
	struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	int fd = socket(AF_INET6, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), yes = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	if (bind(fd, (struct sockaddr *)&any, sizeof(any)) ||
	    (type == SOCK_STREAM && listen(fd, 256))) {
		perror("talk: bind");
		exit(2);
	}
	return fd;
}

static void accept_all(int ep, int listener)
{
	int fd, yes = 1;

	while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
		watch(ep, fd, STREAM);
	}
}

/* The peer reads while it writes: what it sent finds room again. */
static bool send_all(int fd, const char *buf, size_t n)
{
	while (n) {
		ssize_t sent = send(fd, buf, n, MSG_NOSIGNAL);

		if (sent < 0 && (errno != EAGAIN || !talk_wait(fd, POLLOUT, talk_now_ms() + 1000)))
			return false;
		if (sent > 0) {
			buf += sent;
			n -= (size_t)sent;
		}
	}
	return true;
}

static void echo_stream(int fd)
{
	static char buf[BUFFER];
	ssize_t n = recv(fd, buf, sizeof(buf), 0);

	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0 || !send_all(fd, buf, (size_t)n))
		close(fd);
}

/* A dual-stack socket answers from the address that it was asked on, as there is only one a
 * family. */
static void echo_datagrams(int fd)
{
	struct talk_addr from = {.len = sizeof(from.sa)};
	static char buf[BUFFER];
	ssize_t n;

	while ((n = recvfrom(fd, buf, sizeof(buf), 0, (struct sockaddr *)&from.sa, &from.len)) >=
	       0) {
		sendto(fd, buf, (size_t)n, 0, (struct sockaddr *)&from.sa, from.len);
		from.len = sizeof(from.sa);
	}
}

int talk_serve(int argc, char **argv)
{
	int ep = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event ev;

	for (int i = 0; i < argc; i++) {
		watch(ep, bound(SOCK_STREAM, (uint16_t)atoi(argv[i])), LISTENER);
		watch(ep, bound(SOCK_DGRAM, (uint16_t)atoi(argv[i])), DATAGRAM);
	}
	puts("ready");
	fflush(stdout);
	while (epoll_wait(ep, &ev, 1, -1) >= 0 || errno == EINTR) {
		int fd = (int)(uint32_t)ev.data.u64;

		switch ((enum kind)(ev.data.u64 >> 32)) {
		case LISTENER:
			accept_all(ep, fd);
			break;
		case STREAM:
			echo_stream(fd);
			break;
		case DATAGRAM:
			echo_datagrams(fd);
			break;
		}
	}
	return 0;
}
