/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What each is told to be: a server that answers 200, and proxies before it. All have one thread,
 * take HTTP/1.1 and HTTP/2 without TLS, and speak to the server as the client spoke, except nginx,
 * which only speaks HTTP/1.1 to servers, and takes HTTP/2 at the next port. False after saying why
 * not.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lang/base/buf.h"
#include "tests/bench/requests/genre.h"

struct conf {
	const struct genre *genre;
	const char *dir; /* of its own, for whatever it leaves */
	uint16_t port, server;
};

bool conf_server(const struct conf *c, struct buf *out);
/* The frame of polc's own (runtime/proxy/config.c) without any rule. */
bool conf_plain(const struct conf *c, struct buf *out);
/* The same, with an `http-request allow` for each rule. */
bool conf_acl(const struct conf *c, struct buf *out);
/* The same without HAProxy's memory of what expressions matched, which many of them overflow. */
bool conf_acl_tuned(const struct conf *c, struct buf *out);
/* A `location ~` for each rule. */
bool conf_nginx(const struct conf *c, struct buf *out);
/* What polc writes, with its rule set in `dir`. */
bool conf_polc(const struct conf *c, struct buf *out);
