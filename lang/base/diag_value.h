/* SPDX-License-Identifier: Apache-2.0 */
/* What the JSON forms of diagnostics share. */
#pragma once

#include <jansson.h>

/* Source text may be any bytes, JSON may not: bytes that are no UTF-8 become '?'. */
json_t *diag_value_text(const char *s);
