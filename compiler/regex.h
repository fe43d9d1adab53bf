/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Regular expressions over whole values, in the dialect of RE2, which is what proxies judge
 * requests by. The interpreter matches them with PCRE2, and refuses whatever PCRE2 would take and
 * RE2 does not have or reads otherwise. So any value gets the same answer from both; one that is no
 * UTF-8 matches nothing.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "lang/base/arena.h"

struct regex;

/* UNSURE: the match took too long and was given up. */
enum regex_answer { REGEX_NO, REGEX_YES, REGEX_UNSURE };

/* NULL: refused, and *fault says why. Lives in the arena. */
const struct regex *regex_compile(struct arena *arena, const char *text, bool caseless,
				  const char **fault);
enum regex_answer regex_match(const struct regex *re, const char *s, size_t n);
