/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `talk`: real traffic for the kernel tests. A server echoes; the other subcommands are its
 * clients and print one word for what happened, which the scripts compare.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

struct talk_addr {
	struct sockaddr_storage sa;
	socklen_t len;
};

/* The value of an option `name=value` (with `name=` as `key`), or NULL. */
const char *talk_option(const char *arg, const char *key);
/* A numeric address and port; ends the program if it is none. */
struct talk_addr talk_resolve(const char *host, const char *port);
/* Waits for `events` (poll.h) until `deadline_ms` on the clock of talk_now_ms(). */
bool talk_wait(int fd, short events, int64_t deadline_ms);
int64_t talk_now_ms(void);
/* A non-blocking socket; `from`, if not NULL, is a numeric source address. */
int talk_socket(const struct talk_addr *to, int type, int proto, const char *from);
/* Starts to connect; 0 or -errno. -EINPROGRESS is 0. */
int talk_connect(int fd, const struct talk_addr *to);
/* The pending error of a socket, as a positive errno. */
int talk_error(int fd);

/* What happened, in a word on standard output; 0 is `ok`. Returns main's exit code. */
int talk_say(int err);

int talk_frame(int argc, char **argv);
int talk_serve(int argc, char **argv);
int talk_storm(int argc, char **argv);
