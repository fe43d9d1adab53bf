/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/check/registry.h"

#include <string.h>

static const struct check_info infos[] = {
#define X(id, name_, level_, text_) {.name = name_, .level = CHECK_##level_, .text = text_},
#include "verifier/check/checks.def"
#undef X
};

const struct check_info *check_get(enum check_id id)
{
	return &infos[id];
}

int check_find(const char *name)
{
	for (int i = 0; i < CHECK_N; i++) {
		if (strcmp(infos[i].name, name) == 0)
			return i;
	}
	return -1;
}
