/* SPDX-License-Identifier: Apache-2.0 */
/*
 * framing PROXY_PORT SERVER_PORT < MESSAGES
 *
 * Sends messages (`ID NEED HEX` a line) to a proxy, each over a connection of its own, and is the
 * server behind it. NEED says what may become of one, as suites/http-normalisation has it: what is
 * to be rejected must not reach the server, and whatever does must have one reading. TAP.
 */
#define _GNU_SOURCE /* memmem(), strcasestr() */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum { IDLE_MS = 80, MAX_CONNECTIONS = 16, MAX_SEEN = 1 << 16 };

/* What came of one message. */
struct outcome {
	char seen[MAX_SEEN]; /* by the server, all connections one behind the other */
	size_t n;
	char answers[MAX_SEEN]; /* to the client */
	size_t n_answers;
	bool closed; /* by the proxy */
};

struct server {
	int listening;
	struct connection {
		int fd;
		size_t from; /* of what it was sent, in `seen` */
		bool answered;
	} list[MAX_CONNECTIONS];
	size_t n;
};

static struct sockaddr_in loopback(unsigned port)
{
	return (struct sockaddr_in){.sin_family = AF_INET,
				    .sin_port = htons((uint16_t)port),
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static void die(const char *what)
{
	printf("Bail out! %s: %s\n", what, strerror(errno));
	exit(2);
}

static int listen_at(unsigned port)
{
	struct sockaddr_in at = loopback(port);
	int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0 || listen(fd, 16) < 0)
		die("the server");
	return fd;
}

static int connect_to(unsigned port)
{
	struct sockaddr_in at = loopback(port);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0 || connect(fd, (struct sockaddr *)&at, sizeof(at)) < 0)
		die("the proxy");
	return fd;
}

/* --- one message ------------------------------------------------------------------------------ */

static void accept_one(struct server *s, const struct outcome *o)
{
	int fd = accept(s->listening, NULL, NULL);

	if (fd < 0)
		return;
	if (s->n == MAX_CONNECTIONS)
		die("too many connections");
	s->list[s->n++] = (struct connection){.fd = fd, .from = o->n};
}

/* Answers each head of a request once, so that the proxy goes on to the next. */
static void serve(struct connection *c, struct outcome *o)
{
	static const char ok[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
	ssize_t n = read(c->fd, o->seen + o->n, sizeof(o->seen) - o->n - 1);

	if (n <= 0) {
		close(c->fd);
		c->fd = -1;
		return;
	}
	o->n += (size_t)n;
	o->seen[o->n] = '\0';
	if (memmem(o->seen + c->from, o->n - c->from, "\r\n\r\n", 4)) {
		if (write(c->fd, ok, sizeof(ok) - 1) < 0)
			return;
		c->from = o->n;
	}
}

static void read_answers(int *client, struct outcome *o)
{
	ssize_t n = read(*client, o->answers + o->n_answers, sizeof(o->answers) - o->n_answers - 1);

	if (n > 0) {
		o->n_answers += (size_t)n;
		o->answers[o->n_answers] = '\0';
		return;
	}
	o->closed = true;
	close(*client);
	*client = -1;
}

/* Until nothing has happened for a while. */
static void watch(struct server *s, int *client, struct outcome *o)
{
	for (;;) {
		struct pollfd fds[MAX_CONNECTIONS + 2] = {{.fd = s->listening, .events = POLLIN},
							  {.fd = *client, .events = POLLIN}};
		size_t n = s->n;

		for (size_t i = 0; i < n; i++)
			fds[i + 2] = (struct pollfd){.fd = s->list[i].fd, .events = POLLIN};
		if (poll(fds, n + 2, IDLE_MS) <= 0)
			return;
		if (fds[0].revents)
			accept_one(s, o);
		if (fds[1].revents)
			read_answers(client, o);
		for (size_t i = 0; i < n; i++)
			if (fds[i + 2].revents)
				serve(&s->list[i], o);
	}
}

static void send_message(struct server *s, unsigned port, const char *bytes, size_t n,
			 struct outcome *o)
{
	int client = connect_to(port);

	o->n = o->n_answers = 0;
	o->seen[0] = o->answers[0] = '\0';
	o->closed = false;
	if (write(client, bytes, n) != (ssize_t)n)
		die("a message is not sent");
	watch(s, &client, o);
	if (client >= 0)
		close(client);
	for (size_t i = 0; i < s->n; i++)
		if (s->list[i].fd >= 0)
			close(s->list[i].fd);
	s->n = 0;
}

/* --- what may be ------------------------------------------------------------------------------ */

static unsigned count(const char *text, const char *what)
{
	unsigned n = 0;

	for (const char *at = text; (at = strcasestr(at, what)); at++)
		n++;
	return n;
}

/* Every header has a name, a colon right behind it and one line; at most one says the length. */
static const char *two_readings(const char *seen)
{
	const char *end = strstr(seen, "\r\n\r\n"), *line = strstr(seen, "\r\n");
	unsigned lengths = 0, codings = 0, hosts = 0;

	if (!end)
		return "the head of the request does not end";
	for (const char *lf = seen; (lf = strchr(lf, '\n')) && lf < end; lf++)
		if (lf[-1] != '\r')
			return "a line ends in LF alone";
	for (; line && line < end; line = strstr(line + 2, "\r\n")) {
		size_t name = strcspn(line + 2, ":\r \t");

		if (!name || line[2 + name] != ':')
			return "a header has no name and colon";
		lengths += strncasecmp(line + 2, "content-length:", 15) == 0;
		codings += strncasecmp(line + 2, "transfer-encoding:", 18) == 0;
		hosts += strncasecmp(line + 2, "host:", 5) == 0;
	}
	if (lengths + codings > 1)
		return "the length is said twice";
	return hosts == 1 ? NULL : "there is not one host";
}

/* A body that breaks off: whoever gets it takes it for no whole request. */
static bool is_unfinished(const char *seen)
{
	return count(seen, "transfer-encoding: chunked") && !strstr(seen, "\r\n0\r\n\r\n");
}

/* NULL: it may. Of what is to be rejected the beginning may reach the server, if that is a request
 * in good order that was judged, and what is wrong is in its body or behind it. */
static const char *fault(const char *need, const struct outcome *o)
{
	if (!o->n)
		return NULL;
	if (strcmp(need, "reject") == 0 && !two_readings(o->seen))
		return is_unfinished(o->seen) || strstr(o->answers, " 400 ")
			       ? NULL
			       : "it reached the server";
	if (strcmp(need, "reject-or-close") == 0 &&
	    (!o->closed || count(o->answers, "HTTP/1.1 ") > 1))
		return "the connection went on behind it";
	return two_readings(o->seen);
}

static void show(const char *what, const char *text)
{
	printf("# %s: ", what);
	for (; *text; text++)
		if (*text == '\n')
			printf("\\n");
		else if (*text != '\r')
			putchar(*text);
	putchar('\n');
}

static size_t from_hex(char *hex)
{
	size_t n = strlen(hex) / 2;

	for (size_t i = 0; i < n; i++) {
		const char digits[3] = {hex[2 * i], hex[2 * i + 1], '\0'};

		hex[i] = (char)strtoul(digits, NULL, 16);
	}
	return n;
}

int main(int argc, char **argv)
{
	static struct outcome o;
	struct server s = {0};
	char *line = NULL, *at;
	size_t cap = 0, passed = 0;
	int failed = 0, number = 0;

	if (argc != 3)
		return 2;
	s.listening = listen_at((unsigned)atoi(argv[2]));
	while (getline(&line, &cap, stdin) > 0) {
		const char *id = strtok_r(line, " \n", &at), *need = strtok_r(NULL, " \n", &at);
		char *hex = strtok_r(NULL, " \n", &at);
		const char *wrong;

		if (!hex)
			die("a line has no message");
		send_message(&s, (unsigned)atoi(argv[1]), hex, from_hex(hex), &o);
		wrong = fault(need, &o);
		printf("%s %d - %s (%s)\n", wrong ? "not ok" : "ok", ++number, id, need);
		passed += o.n > 0;
		failed += wrong != NULL;
		if (!wrong)
			continue;
		printf("# %s\n", wrong);
		show("the server got", o.seen);
		show("the client got", o.answers);
	}
	printf("# %zu of %d reached the server\n1..%d\n", passed, number, number);
	free(line);
	return failed != 0;
}
