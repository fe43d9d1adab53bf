/* SPDX-License-Identifier: Apache-2.0 */
/* A request as the configuration of the proxy (config.h) writes it for the module: one text, so
 * that asking takes one call. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "compiler/l7/flat.h"
#include "runtime/proxy/sets.h"

enum { PROXY_MAX_HEADERS = 256 };

struct proxy_request {
	char set[PROXY_SET_NAME_MAX + 1];
	struct flat_request flat; /* its texts are the caller's, its headers these */
	struct flat_header_line headers[PROXY_MAX_HEADERS];
	unsigned hosts; /* headers of this name, of which `flat` has the first */
	bool again;     /* its path was put in its normal form */
};

/*
 * "SET METHOD TARGET\r\n", each header as "NAME: VALUE\r\n", "\r\n" and one of these ends: what was
 * cut off has none, and a header that says no must not get lost. True if it is whole.
 */
#define PROXY_REQUEST_END       "."
#define PROXY_REQUEST_END_AGAIN ":"
bool proxy_read_request(const char *text, size_t n, struct proxy_request *out);
