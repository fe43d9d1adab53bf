/* SPDX-License-Identifier: Apache-2.0 */
/* A request that a proxy tells of, in words and as JSON, with the names that a bundle knows. */
#pragma once

#include <jansson.h>

#include "lang/base/buf.h"
#include "runtime/proxy/place.h"
#include "runtime/runtime.h"

/* Where names come from: the bundle in force. */
struct cli_telling {
	const struct bundle *bundle;      /* NULL: the user has not named it */
	uint32_t *by_listener[POLC_DIRS]; /* rt_listeners_get() */
};

/* Appends a line. */
void cli_told_text(const struct cli_telling *known, const struct proxy_told *told, struct buf *out);
json_t *cli_told_json(const struct cli_telling *known, const struct proxy_told *told);
