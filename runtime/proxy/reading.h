/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Has a request one reading, and rules? What servers take for one thing and the rules for another
 * is refused before any rule is asked (RFC 9112, section 11.2; RFC 3986, section 6.2.2, and "//" as
 * "/").
 */
#pragma once

#include "runtime/proxy/request.h"

/* Of a request line and its headers, in bytes. HAProxy takes more, so that what is too large has a
 * name. */
enum { PROXY_HEAD_MAX = 32768, PROXY_BUFFER = 65536 };

enum proxy_reading {
	PROXY_READS,
	PROXY_PREPARE, /* HAProxy is to rewrite it: its path has a normal form that is another, or
			  it asks for another protocol (config.c) */
	/* refused */
	PROXY_UNREAD, /* by HAProxy: no request, or more than it takes */
	PROXY_LARGE,
	PROXY_MANY_HEADERS,
	PROXY_BAD_HEADER,
	PROXY_HOSTS, /* none, or several */
	PROXY_BAD_HOST,
	PROXY_BAD_TARGET, /* no path, or another host than that of the header */
	PROXY_PROTOCOL,
	PROXY_ESCAPED_SLASH,
	PROXY_BAD_ESCAPE,
	PROXY_PARAMETER,
	PROXY_UNSETTLED, /* its path has no normal form */
	PROXY_RULELESS,  /* it has one, and there is nothing to judge it by */
	PROXY_READINGS
};

enum proxy_reading proxy_reading_of(const struct proxy_parts *parts, struct proxy_request *out);
/* "the path has an escaped slash, ..." of one that is refused. */
const char *proxy_reading_words(enum proxy_reading reading);
/* The name of the one that takes most, where the last may be cut off; empty: there is none. */
struct flat_text proxy_largest_header(struct flat_text headers);
