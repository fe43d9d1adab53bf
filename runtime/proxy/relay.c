/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* accept4 */
#include "runtime/proxy/relay.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "runtime/codes.h"
#include "runtime/node/kernel/fail.h"
#include "runtime/proxy/told.h"

enum { LINE_SIZE = 16384, BACKLOG = 4 };

/* --- opening -------------------------------------------------------------------------------- */

/* Bound, with nobody but `user` to use it. */
static int open_socket(int type, const char *path, uid_t user, struct diag *diag)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
	unlink(path);
	if (fd >= 0 && bind(fd, (const struct sockaddr *)&at, sizeof(at)) == 0 &&
	    chmod(path, 0600) == 0 && chown(path, user, (gid_t)-1) == 0 &&
	    (type == SOCK_DGRAM || listen(fd, BACKLOG) == 0))
		return fd;
	rt_fail(diag, -errno, RT_CODE_PROXY, "cannot make the socket %s", path);
	if (fd >= 0)
		close(fd);
	return -1;
}

int proxy_relay_open(const struct proxy_place *place, const struct proxy_user *user,
		     struct diag *diag, struct proxy_relay *out)
{
	bool whole = true;

	for (int i = 0; i < PROXY_MAX_LISTENING; i++)
		out->listening[i] = -1;
	for (enum polc_dir d = 0; d < POLC_DIRS; d++) {
		out->told[d] = open_socket(SOCK_DGRAM, place->of[d].told, user->uid, diag);
		out->heard[d] = proxy_telling_make(place->of[d].sets);
		out->unread[d].heard = out->heard[d];
		if (!out->heard[d])
			rt_fail(diag, -errno, RT_CODE_PROXY, "cannot write in %s",
				place->of[d].sets);
		whole &= out->told[d] >= 0 && out->heard[d];
	}
	out->door = open_socket(SOCK_SEQPACKET, place->requests, 0, diag);
	return whole && out->door >= 0 ? 0 : -EIO;
}

static void close_one(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void proxy_relay_close(struct proxy_relay *r)
{
	for (int i = 0; i < PROXY_MAX_LISTENING; i++)
		close_one(&r->listening[i]);
	for (enum polc_dir d = 0; d < POLC_DIRS; d++) {
		close_one(&r->told[d]);
		if (!r->heard[d])
			continue;
		atomic_store(r->heard[d], 0);
		munmap((void *)r->heard[d], sizeof(*r->heard[d]));
	}
	close_one(&r->door);
}

/* --- passing on ------------------------------------------------------------------------------- */

static void count_listening(struct proxy_relay *r)
{
	uint64_t n = 0;

	for (int i = 0; i < PROXY_MAX_LISTENING; i++)
		n += r->listening[i] >= 0;
	for (enum polc_dir d = 0; d < POLC_DIRS; d++)
		atomic_store(r->heard[d], n);
}

static void send_all(const struct proxy_relay *r, const char *line, size_t n)
{
	for (int i = 0; i < PROXY_MAX_LISTENING; i++)
		if (r->listening[i] >= 0)
			send(r->listening[i], line, n, MSG_NOSIGNAL);
}

static void pass_on(struct proxy_relay *r, enum polc_dir d)
{
	char line[LINE_SIZE];
	size_t head = (size_t)snprintf(line, sizeof(line), "%s ", proxy_name(d));
	ssize_t n;

	while ((n = recv(r->told[d], line + head, sizeof(line) - head - 1, 0)) > 0) {
		line[head + (size_t)n] = '\0';
		if (!proxy_told_unread(line + head) || proxy_telling_takes(&r->unread[d]))
			send_all(r, line, head + (size_t)n);
	}
}

static void let_in(struct proxy_relay *r)
{
	int fd = accept4(r->door, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK), i = 0;

	if (fd < 0)
		return;
	while (i < PROXY_MAX_LISTENING && r->listening[i] >= 0)
		i++;
	if (i == PROXY_MAX_LISTENING)
		close(fd);
	else
		r->listening[i] = fd;
	count_listening(r);
}

void proxy_relay_wants(const struct proxy_relay *r, struct pollfd fds[static PROXY_RELAY_FDS])
{
	size_t n = 0;

	for (enum polc_dir d = 0; d < POLC_DIRS; d++)
		fds[n++] = (struct pollfd){.fd = r->told[d], .events = POLLIN};
	fds[n++] = (struct pollfd){.fd = r->door, .events = POLLIN};
	for (int i = 0; i < PROXY_MAX_LISTENING; i++)
		fds[n++] = (struct pollfd){.fd = r->listening[i], .events = POLLIN};
}

void proxy_relay_serve(struct proxy_relay *r, const struct pollfd fds[static PROXY_RELAY_FDS])
{
	const struct pollfd *listening = fds + POLC_DIRS + 1;

	/* They have nothing to say but that they are gone. */
	for (int i = 0; i < PROXY_MAX_LISTENING; i++)
		if (listening[i].fd >= 0 && listening[i].revents)
			close_one(&r->listening[i]);
	count_listening(r);
	for (enum polc_dir d = 0; d < POLC_DIRS; d++)
		if (fds[d].revents)
			pass_on(r, d);
	if (fds[POLC_DIRS].revents)
		let_in(r);
}
