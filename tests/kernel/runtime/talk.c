/* SPDX-License-Identifier: Apache-2.0 */
/*
 * usage: talk tcp|udp|ping|hold ADDRESS [PORT] [OPTION...]        one conversation
 *            from=ADDRESS  ms=N  size=N (bytes)  segment=N (of UDP, cut by the kernel)
 *            with=HEADER (behind the IP header; see `headers`)
 *        talk mtu ADDRESS PORT SIZE                                     path MTU discovery
 *        talk frame ...                                                 talk_frame.c
 *        talk serve PORT...                                             talk_serve.c
 *        talk storm ...                                                 talk_storm.c
 *
 * Prints `ok`, `silent` (no answer in time), `refused` (TCP reset or ICMP port unreachable),
 * `unreachable` (other ICMP errors), or `too-big MTU`.
 */
#include "tests/kernel/runtime/talk.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <netinet/udp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { DEFAULT_MS = 700, DEFAULT_SIZE = 4, CHUNK = 1 << 16, WINDOW = 1 << 18 };

struct question {
	const char *host, *port, *from;
	struct talk_addr to;
	int64_t deadline;
	size_t size; /* of the message */
	int segment; /* 0: one datagram */
	const struct header *with;
};

/* What the kernel puts between the IP header and the transport header of a socket. Of a segment
 * routing header, the segments are filled in, with the address that is asked. */
static const struct header {
	const char *name;
	int level, option;
	socklen_t len;
	uint8_t bytes[40];
	unsigned segments;
} headers[] = {
	{"nop", IPPROTO_IP, IP_OPTIONS, 4, {1, 1, 1, 1}, 0},
	{"record-route", IPPROTO_IP, IP_OPTIONS, 40, {1, 7, 39, 4}, 0},
	{"source-route", IPPROTO_IP, IP_OPTIONS, 8, {1, 131, 7, 4, 169, 254, 1, 1}, 0},
	{"hop", IPPROTO_IPV6, IPV6_HOPOPTS, 8, {0, 0, 1, 4}, 0},
	/* RFC 4727: an option for experiments, to be skipped where it is not known. */
	{"dst", IPPROTO_IPV6, IPV6_DSTOPTS, 16, {0, 1, 0x1e, 12}, 0},
	/* RFC 8754: the third byte is the type, the fourth what is left to visit. */
	{"route", IPPROTO_IPV6, IPV6_RTHDR, 24, {0, 2, 4, 0, 0}, 1},
	{"route-on", IPPROTO_IPV6, IPV6_RTHDR, 40, {0, 4, 4, 1, 1}, 2},
};

int64_t talk_now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

bool talk_wait(int fd, short events, int64_t deadline_ms)
{
	struct pollfd p = {.fd = fd, .events = events};
	int64_t left = deadline_ms - talk_now_ms();

	return poll(&p, 1, left > 0 ? (int)left : 0) > 0;
}

struct talk_addr talk_resolve(const char *host, const char *port)
{
	struct addrinfo hints = {.ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_DGRAM}, *info;
	struct talk_addr out = {0};

	if (getaddrinfo(host, port, &hints, &info)) {
		fprintf(stderr, "talk: not an address: %s\n", host);
		exit(2);
	}
	memcpy(&out.sa, info->ai_addr, info->ai_addrlen);
	out.len = info->ai_addrlen;
	freeaddrinfo(info);
	return out;
}

int talk_socket(const struct talk_addr *to, int type, int proto, const char *from)
{
	int fd = socket(to->sa.ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, proto);
	struct talk_addr src;

	if (fd >= 0 && from) {
		src = talk_resolve(from, NULL);
		if (bind(fd, (struct sockaddr *)&src.sa, src.len)) {
			close(fd);
			fd = -1;
		}
	}
	if (fd < 0) {
		perror("talk: socket");
		exit(2);
	}
	return fd;
}

int talk_connect(int fd, const struct talk_addr *to)
{
	if (connect(fd, (const struct sockaddr *)&to->sa, to->len) == 0 || errno == EINPROGRESS)
		return 0;
	return -errno;
}

int talk_error(int fd)
{
	int err = 0;
	socklen_t len = sizeof(err);

	getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len);
	return err;
}

static const char *word_of(int err)
{
	switch (err) {
	case 0:
		return "ok";
	case ETIMEDOUT:
		return "silent";
	case ECONNREFUSED:
	case ECONNRESET:
		return "refused";
	default:
		return "unreachable";
	}
}

int talk_say(int err)
{
	puts(word_of(err));
	return 0;
}

static void fail(const char *what)
{
	perror(what);
	exit(2);
}

static void add_header(int fd, const struct question *q)
{
	struct header h = *q->with;

	for (unsigned i = 0; i < h.segments; i++)
		memcpy(h.bytes + 8 + 16 * i, &((const struct sockaddr_in6 *)&q->to.sa)->sin6_addr,
		       16);
	if (setsockopt(fd, h.level, h.option, h.bytes, h.len))
		fail("talk: with");
}

static int ask_socket(const struct question *q, int type, int proto)
{
	int fd = talk_socket(&q->to, type, proto, q->from);

	if (q->with)
		add_header(fd, q);
	if (q->segment && setsockopt(fd, SOL_UDP, UDP_SEGMENT, &q->segment, sizeof(q->segment)))
		fail("talk: segment");
	return fd;
}

/* The byte at this place of a message: others at other places, for kilobytes. */
static uint8_t byte_at(size_t i)
{
	return (uint8_t)(i * 7 + i / 251);
}

/* Sends from `sent` on what goes at once, a datagram as a whole: bytes, or -1. */
static ssize_t send_more(int fd, const struct question *q, size_t sent)
{
	static uint8_t buf[CHUNK];
	size_t n = q->size - sent < CHUNK ? q->size - sent : CHUNK;

	for (size_t i = 0; i < n; i++)
		buf[i] = byte_at(sent + i);
	return send(fd, buf, n, MSG_NOSIGNAL);
}

/* Reads what is there and belongs at `got`: bytes, or -1. */
static ssize_t receive_more(int fd, size_t got)
{
	static uint8_t buf[CHUNK];
	ssize_t n = recv(fd, buf, sizeof(buf), 0);

	for (ssize_t i = 0; i < n; i++) {
		if (buf[i] != byte_at(got + (size_t)i)) {
			errno = EBADMSG;
			return -1;
		}
	}
	if (n == 0)
		errno = ECONNRESET;
	return n ? n : -1;
}

/* Sends a message and reads it back, not too far behind: 0 or a positive errno. */
static int exchange(int fd, const struct question *q)
{
	size_t sent = 0, got = 0;
	ssize_t n;

	while (got < q->size) {
		bool more = sent < q->size && sent - got < WINDOW;

		if (more && (n = send_more(fd, q, sent)) > 0)
			sent += (size_t)n;
		else if (more && errno != EAGAIN)
			return errno;
		if (!talk_wait(fd, POLLIN | (more ? POLLOUT : 0), q->deadline))
			return ETIMEDOUT;
		n = receive_more(fd, got);
		if (n < 0 && errno != EAGAIN)
			return errno;
		got += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

static int ask_tcp(const struct question *q)
{
	int fd = ask_socket(q, SOCK_STREAM, 0);
	int err = -talk_connect(fd, &q->to);

	if (!err && !talk_wait(fd, POLLOUT, q->deadline))
		err = ETIMEDOUT;
	if (!err)
		err = talk_error(fd);
	return talk_say(err ? err : exchange(fd, q));
}

static int ask_udp(const struct question *q)
{
	int fd = ask_socket(q, SOCK_DGRAM, 0);
	int err = -talk_connect(fd, &q->to);

	return talk_say(err ? err : exchange(fd, q));
}

/* A raw socket sees all ICMP, and in IPv4 the IP header too. */
static bool is_our_reply(const uint8_t *buf, ssize_t n, bool v6, uint16_t id)
{
	size_t at = v6 ? 0 : (size_t)(buf[0] & 15) * 4;
	struct icmphdr h;

	if (n < 0 || (size_t)n < at + sizeof(h))
		return false;
	memcpy(&h, buf + at, sizeof(h));
	return h.type == (v6 ? ICMP6_ECHO_REPLY : ICMP_ECHOREPLY) && h.un.echo.id == id;
}

static uint16_t checksum(const uint16_t *p, size_t words)
{
	uint32_t sum = 0;

	while (words--)
		sum += *p++;
	sum = (sum >> 16) + (sum & 0xffff);
	return (uint16_t) ~(sum + (sum >> 16));
}

static int ask_ping(const struct question *q)
{
	bool v6 = q->to.sa.ss_family == AF_INET6;
	int fd = talk_socket(&q->to, SOCK_RAW, v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP, q->from);
	struct icmphdr h = {.type = v6 ? ICMP6_ECHO_REQUEST : ICMP_ECHO,
			    .un.echo.id = (uint16_t)getpid()};
	uint8_t buf[256];

	h.checksum = v6 ? 0 : checksum((uint16_t *)&h, sizeof(h) / 2);
	if (talk_connect(fd, &q->to) || send(fd, &h, sizeof(h), 0) < 0)
		return talk_say(errno);
	while (talk_wait(fd, POLLIN, q->deadline))
		if (is_our_reply(buf, recv(fd, buf, sizeof(buf), 0), v6, h.un.echo.id))
			return talk_say(0);
	return talk_say(ETIMEDOUT);
}

/* A connection that sends a byte every 20 ms and prints a line for each that comes back. */
static int ask_hold(const struct question *q)
{
	int fd = talk_socket(&q->to, SOCK_STREAM, 0, q->from);
	char byte = '.';

	if (talk_connect(fd, &q->to) || !talk_wait(fd, POLLOUT, q->deadline) || talk_error(fd))
		return talk_say(ETIMEDOUT);
	while (send(fd, &byte, 1, MSG_NOSIGNAL) == 1) {
		while (!talk_wait(fd, POLLIN, talk_now_ms() + 1000))
			;
		if (recv(fd, &byte, 1, 0) != 1)
			break;
		puts("tick");
		fflush(stdout);
		usleep(20000);
	}
	return talk_say(ECONNRESET);
}

static int find_mtu(const struct question *q, size_t size)
{
	bool v6 = q->to.sa.ss_family == AF_INET6;
	int level = v6 ? IPPROTO_IPV6 : IPPROTO_IP, mtu = 0;
	int discover = v6 ? IPV6_PMTUDISC_DO : IP_PMTUDISC_DO;
	int fd = talk_socket(&q->to, SOCK_DGRAM, 0, q->from);
	socklen_t len = sizeof(mtu);
	char *data = calloc(1, size);

	setsockopt(fd, level, v6 ? IPV6_MTU_DISCOVER : IP_MTU_DISCOVER, &discover,
		   sizeof(discover));
	if (!data || talk_connect(fd, &q->to) || send(fd, data, size, 0) < 0)
		return talk_say(errno);
	free(data);
	if (!talk_wait(fd, POLLIN | POLLERR, q->deadline))
		return talk_say(ETIMEDOUT);
	if (talk_error(fd) != EMSGSIZE)
		return talk_say(0);
	getsockopt(fd, level, v6 ? IPV6_MTU : IP_MTU, &mtu, &len);
	printf("too-big %d\n", mtu);
	return 0;
}

static const struct {
	const char *name;
	int (*ask)(const struct question *q);
} questions[] = {{"tcp", ask_tcp}, {"udp", ask_udp}, {"ping", ask_ping}, {"hold", ask_hold}};

const char *talk_option(const char *arg, const char *key)
{
	size_t n = strlen(key);

	return strncmp(arg, key, n) == 0 ? arg + n : NULL;
}

static const struct header *find_header(const char *name)
{
	for (size_t i = 0; i < sizeof(headers) / sizeof(*headers); i++)
		if (strcmp(headers[i].name, name) == 0)
			return &headers[i];
	fprintf(stderr, "talk: no such header: %s\n", name);
	exit(2);
}

static bool read_option(struct question *q, const char *arg)
{
	const char *v;

	if ((v = talk_option(arg, "from=")))
		q->from = v;
	else if ((v = talk_option(arg, "ms=")))
		q->deadline = talk_now_ms() + atoi(v);
	else if ((v = talk_option(arg, "size=")))
		q->size = (size_t)atoi(v);
	else if ((v = talk_option(arg, "segment=")))
		q->segment = atoi(v);
	else if ((v = talk_option(arg, "with=")))
		q->with = find_header(v);
	return v;
}

int main(int argc, char **argv)
{
	struct question q = {.deadline = talk_now_ms() + DEFAULT_MS, .size = DEFAULT_SIZE};

	if (argc > 2 && strcmp(argv[1], "frame") == 0)
		return talk_frame(argc - 2, argv + 2);
	if (argc > 2 && strcmp(argv[1], "serve") == 0)
		return talk_serve(argc - 2, argv + 2);
	if (argc > 2 && strcmp(argv[1], "storm") == 0)
		return talk_storm(argc - 2, argv + 2);
	for (int i = 2; i < argc; i++) {
		if (read_option(&q, argv[i]))
			continue;
		if (i == 2)
			q.host = argv[i];
		else if (i == 3)
			q.port = argv[i];
	}
	if (q.host) {
		q.to = talk_resolve(q.host, q.port);
		if (argc == 5 && strcmp(argv[1], "mtu") == 0)
			return find_mtu(&q, (size_t)atoi(argv[4]));
		for (size_t i = 0; i < sizeof(questions) / sizeof(questions[0]); i++)
			if (strcmp(questions[i].name, argv[1]) == 0)
				return questions[i].ask(&q);
	}
	fprintf(stderr, "talk: usage: see talk.c\n");
	return 2;
}
