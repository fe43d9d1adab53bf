/* SPDX-License-Identifier: Apache-2.0 */
/* What lines about packets and about requests share: when it was, and the two ends. */
#pragma once

#include <jansson.h>

#include "codegen/bundle.h"
#include "lang/base/buf.h"

struct cli_end {
	struct net_addr addr; /* family NET_NONE: unknown */
	const char *name;     /* NULL: unknown */
	int port;             /* -1: the protocol has none */
};

/* The endpoint of a bundle (NULL: nobody named one) that has the address; NULL: none. */
const char *cli_end_name(const struct bundle *b, const struct net_addr *addr);
void cli_end_text(const struct cli_end *end, struct buf *out);
json_t *cli_end_json(const struct cli_end *end);

/* Nanoseconds since 1970 as RFC 3339 has them, in UTC, with microseconds. */
void cli_time_text(int64_t ns, struct buf *out);
