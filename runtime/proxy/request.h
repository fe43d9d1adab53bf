/* SPDX-License-Identifier: Apache-2.0 */
/* A request as HAProxy hands it over: whole, or not at all. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "compiler/l7/flat.h"
#include "runtime/proxy/sets.h"

enum { PROXY_MAX_HEADERS = 256 };

/* What there is of it. The texts are HAProxy's. */
struct proxy_parts {
	struct flat_text set, method, target;
	struct flat_text headers; /* each as "NAME: VALUE\r\n", and "\r\n" */
	bool again;               /* HAProxy has prepared it (reading.h) */
};

struct proxy_request {
	char set[PROXY_SET_NAME_MAX + 1];
	struct flat_request flat; /* its texts are those of the parts, its headers these */
	struct flat_header_line headers[PROXY_MAX_HEADERS];
	unsigned hosts; /* headers of this name, of which `flat` has the first */
	bool upgrades;  /* it asks for another protocol */
};

/*
 * One text, which takes one call to hand over: "SET METHOD TARGET\r\n", the headers and one of
 * these ends. What was cut off has none, as a header that says no must not get lost: false, with
 * the parts that are there.
 */
#define PROXY_REQUEST_END       "."
#define PROXY_REQUEST_END_AGAIN ":"
bool proxy_split_request(const char *text, size_t n, struct proxy_parts *out);
/* False: there are too many headers (n_headers is PROXY_MAX_HEADERS), or one is none. */
bool proxy_read_request(const struct proxy_parts *parts, struct proxy_request *out);
/* Without regard to case. */
bool proxy_text_is(struct flat_text t, const char *wanted);
