/* SPDX-License-Identifier: Apache-2.0 */
/* What the JSON forms of diagnostics, and of what tells of places, share. */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "lang/base/buf.h"
#include "lang/base/source.h"

/* Source text may be any bytes, JSON may not: bytes that are no UTF-8 become '?'. */
json_t *diag_value_text(const char *s);
/* "file", "line" and "column". False: there is no such place, and nothing is set. */
bool diag_value_set_place(json_t *obj, const struct sources *sources, struct loc loc);
/* For people rather than programs: as it is shown elsewhere, lines apart. */
json_t *diag_value_shown(const char *s);
/* Adds the value as ASCII, whatever it holds, so that a terminal or a CI service that is shown it
 * sees nothing but JSON. `flags` are of json_dumps(). */
void diag_value_dump(const json_t *value, size_t flags, struct buf *out);
