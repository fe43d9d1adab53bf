/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The configuration of HAProxy (2.6) that judges every request by the rule set of the listener that
 * it came to, and denies what nothing allows. What is judged is what is forwarded: paths are put in
 * their normal form (RFC 3986, section 6.2.2, and "//" as "/") before both, and what still has two
 * readings is refused.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct buf;

/* A listener. */
struct proxy_bind {
	const char *set;     /* see proxy_set_name_is_good() */
	const char *address; /* as HAProxy writes it, without the port */
	uint16_t port;
	const char *how; /* what else HAProxy is to know of it; NULL: nothing */
};

struct proxy_config {
	const char *socket; /* where it takes commands; no blank in it */
	const char *told;   /* where it tells of requests (proxy_told_read()); NULL: nowhere */
	const char *denied; /* a socket of its own: what answers a request before it has ended */
	const char *module_dir; /* polc_l7.so */
	const char *script;     /* polc.lua */
	const char *server;     /* where all requests go: `127.0.0.1:8080`; NULL: to whom the client
				   meant, in its name */
	unsigned threads;
	unsigned share; /* connections that one client may have at a time; 0: any number */
	const struct proxy_bind *binds;
	size_t n;
};

/* HAProxy expects POLC_RULE_SETS in its environment: the directory of the rule sets. */
void proxy_config_put(const struct proxy_config *c, struct buf *out);
