/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who passes on what proxies tell of requests: HAProxy sends a line for each (config.h) as a
 * datagram, and whoever connects to the socket of the place gets them, each as a message with the
 * direction in front. Who takes too long misses some.
 */
#pragma once

#include <poll.h>
#include <stddef.h>

#include "lang/base/diag.h"
#include "runtime/proxy/place.h"
#include "runtime/proxy/telling.h"
#include "runtime/proxy/user.h"

enum { PROXY_MAX_LISTENING = 16, PROXY_RELAY_FDS = POLC_DIRS + 1 + PROXY_MAX_LISTENING };

struct proxy_relay {
	int told[POLC_DIRS]; /* by HAProxy */
	int door;
	int listening[PROXY_MAX_LISTENING]; /* -1: nobody */
	_Atomic uint64_t *heard[POLC_DIRS];
	struct proxy_telling unread[POLC_DIRS]; /* of what HAProxy tells without being asked */
};

/* Returns 0 or a negative errno after reporting; proxy_relay_close() is due in any case. */
int proxy_relay_open(const struct proxy_place *place, const struct proxy_user *user,
		     struct diag *diag, struct proxy_relay *out);
void proxy_relay_close(struct proxy_relay *r);
/* What poll(2) is to wait for, and what comes of it: PROXY_RELAY_FDS of them. */
void proxy_relay_wants(const struct proxy_relay *r, struct pollfd fds[static PROXY_RELAY_FDS]);
void proxy_relay_serve(struct proxy_relay *r, const struct pollfd fds[static PROXY_RELAY_FDS]);
