/* SPDX-License-Identifier: Apache-2.0 */
#include "lang/base/warnings.h"

#include <string.h>

#include "lang/base/codes.h"

static const struct warning_info infos[] = {
#define X(id, severity) {CODE_##id, DIAG_##severity},
#include "lang/base/warnings.def"
#undef X
};

const struct warning_info *warning_get(enum warning_id id)
{
	return &infos[id];
}

int warning_find(const char *code)
{
	for (int i = 0; i < WARNING_N; i++) {
		if (strcmp(infos[i].code, code) == 0)
			return i;
	}
	return -1;
}
