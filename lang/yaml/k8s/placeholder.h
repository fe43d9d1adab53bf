/* SPDX-License-Identifier: Apache-2.0 */
/* Placeholders of what is rendered before it is applied. Each function returns the command that
 * renders the first of them, or NULL. */
#pragma once

#include <stddef.h>

#include "lang/base/source.h"

/* Anywhere in a text. */
const char *placeholder_in(const char *text, size_t len);
/* In the scalar that is there; `$NAME` is one, too. */
const char *placeholder_at(const struct source *src, struct loc at);
/* The syntax of a text breaks in the line that holds `at`: of what may have broken it, as comments,
 * quotes and block scalars do not. */
const char *placeholder_breaking(const char *text, size_t len, const char *at);
