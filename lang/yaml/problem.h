/* SPDX-License-Identifier: Apache-2.0 */
/* Messages about text: libyaml's problems in a user's words, and user text made safe. */
#pragma once

#include <yaml.h>

#include "lang/base/diag.h"
#include "lang/yaml/marks.h"

/* Reports why the parser stopped. Returns the line (as libyaml counts) where it did. */
size_t yaml_report_problem(struct diag *d, struct yaml_marks *m, size_t base,
			   const yaml_parser_t *p);

/* A user's text for a message: long text clipped, control characters replaced. */
const char *yaml_show(struct arena *a, const char *text);
