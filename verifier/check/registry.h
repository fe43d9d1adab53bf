/* SPDX-License-Identifier: Apache-2.0 */
/* What checks there are: numbers, names and default levels, from checks.def. */
#pragma once

enum check_level { CHECK_OFF, CHECK_INFO, CHECK_WARNING, CHECK_ERROR };

enum check_id {
#define X(id, name, level, text) CHECK_ID_##id,
#include "verifier/check/checks.def"
#undef X
	CHECK_N
};

struct check_info {
	const char *name; /* stable; the code of its findings */
	enum check_level level;
	const char *text;
};

const struct check_info *check_get(enum check_id id);
int check_find(const char *name); /* -1: no such check */
