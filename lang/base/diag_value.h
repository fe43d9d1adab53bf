/* SPDX-License-Identifier: Apache-2.0 */
/* What the JSON forms of diagnostics, and of what tells of places, share. */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "lang/base/source.h"

/* Source text may be any bytes, JSON may not: bytes that are no UTF-8 become '?'. */
json_t *diag_value_text(const char *s);
/* "file", "line" and "column". False: there is no such place, and nothing is set. */
bool diag_value_set_place(json_t *obj, const struct sources *sources, struct loc loc);
