/* SPDX-License-Identifier: Apache-2.0 */
/* Requests, as the proxies of the node tell of them. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "runtime/codes.h"
#include "runtime/node/kernel/fail.h"
#include "runtime/proxy/place.h"
#include "runtime/runtime.h"

struct rt_told {
	int fd;
	char line[PROXY_TOLD_SIZE];
};

int rt_told_open(const struct rt_options *opts, struct diag *diag, struct rt_told **out)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	struct proxy_place place;
	struct arena arena;
	int fd;

	*out = NULL;
	arena_init(&arena);
	proxy_place_find(opts->pin_dir, &arena, &place);
	snprintf(at.sun_path, sizeof(at.sun_path), "%s", place.requests);
	arena_fini(&arena);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return rt_fail(diag, -errno, RT_CODE_PROXY, "cannot make a socket");
	if (connect(fd, (const struct sockaddr *)&at, sizeof(at))) {
		close(fd);
		return errno == ENOENT || errno == ECONNREFUSED
			       ? 0
			       : rt_fail(diag, -errno, RT_CODE_PROXY,
					 "cannot hear of requests at %s", at.sun_path);
	}
	*out = calloc(1, sizeof(**out));
	if (!*out)
		abort();
	(*out)->fd = fd;
	return 0;
}

int rt_told_take(struct rt_told *t, rt_told_fn *fn, void *ctx)
{
	int r = 0;

	while (t && !r) {
		struct proxy_told told;
		ssize_t n = recv(t->fd, t->line, sizeof(t->line) - 1, 0);

		if (n <= 0)
			break;
		t->line[n] = '\0';
		if (proxy_told_read(t->line, &told))
			r = fn(ctx, &told);
	}
	return r;
}

void rt_told_close(struct rt_told **t)
{
	if (!*t)
		return;
	close((*t)->fd);
	free(*t);
	*t = NULL;
}
