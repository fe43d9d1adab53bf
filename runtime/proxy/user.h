/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whom a proxy runs as: the user of Debian's package haproxy, with nothing of root but
 * CAP_NET_ADMIN, for sockets in the name of clients; that of a namespace in which nobody else is.
 */
#pragma once

#include <sys/types.h>

#include "lang/base/diag.h"

#define PROXY_USER "haproxy"

struct proxy_user {
	uid_t uid;
	gid_t gid;
};

/* Returns 0 or a negative errno after reporting. */
int proxy_user_find(struct diag *diag, struct proxy_user *out);
/* For the rest of the process, and what it executes. */
int proxy_user_become(const struct proxy_user *user, struct diag *diag);
