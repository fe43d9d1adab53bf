/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/proxy/haproxy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

enum { ANSWER_SIZE = 16384, PATIENCE_S = 2 };

/* What it says to a command, ended by a NUL. */
static void ask(const char *socket_path, const char *command, char out[static ANSWER_SIZE])
{
	const struct timeval patience = {.tv_sec = PATIENCE_S};
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	size_t n = 0;
	ssize_t more = 1;

	out[0] = '\0';
	if (fd < 0)
		return;
	snprintf(at.sun_path, sizeof(at.sun_path), "%s", socket_path);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (connect(fd, (const struct sockaddr *)&at, sizeof(at)) == 0 &&
	    send(fd, command, strlen(command), MSG_NOSIGNAL) > 0) {
		while (more > 0 && n < ANSWER_SIZE - 1) {
			more = read(fd, out + n, ANSWER_SIZE - 1 - n);
			n += more > 0 ? (size_t)more : 0;
		}
		out[n] = '\0';
	}
	close(fd);
}

long proxy_worker(const char *socket_path)
{
	char answer[ANSWER_SIZE];
	const char *pid;

	ask(socket_path, "show info\n", answer);
	pid = strstr(answer, "\nPid: ");
	return pid ? strtol(pid + strlen("\nPid: "), NULL, 10) : 0;
}
