/* SPDX-License-Identifier: Apache-2.0 */
/* The codes of reading that need not be errors, from warnings.def. */
#pragma once

#include "lang/base/diag.h"

enum warning_id {
#define X(id, severity) WARNING_ID_##id,
#include "lang/base/warnings.def"
#undef X
	WARNING_N
};

struct warning_info {
	const char *code; /* of lang/base/codes.h */
	enum diag_severity usual;
};

const struct warning_info *warning_get(enum warning_id id);
int warning_find(const char *code); /* -1: no such warning */
