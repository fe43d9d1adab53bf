/* SPDX-License-Identifier: Apache-2.0 */
/* A request as the configuration of the proxy (config.h) writes it for the module: one text, so
 * that asking takes one call. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "compiler/l7/flat.h"
#include "runtime/proxy/sets.h"

/* More lines than HAProxy takes (tune.http.maxhdr is 101). */
enum { PROXY_MAX_HEADERS = 256 };

struct proxy_request {
	char set[PROXY_SET_NAME_MAX + 1];
	struct flat_request flat; /* its texts are the caller's, its headers these */
	struct flat_header_line headers[PROXY_MAX_HEADERS];
};

/*
 * "SET METHOD PATH\r\n", each header as "NAME: VALUE\r\n", "\r\n" and PROXY_REQUEST_END: what was
 * cut off has no such end, and a header that says no must not get lost. True if it is whole; a host
 * is there once.
 */
#define PROXY_REQUEST_END "."
/* What the module says where there is no rule set. */
enum { PROXY_NO_RULES = -(1 << 30) };
bool proxy_read_request(const char *text, size_t n, struct proxy_request *out);
