/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/check/options.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lang/base/buf.h"
#include "lang/base/codes.h"
#include "lang/base/diag.h"
#include "lang/base/suggest.h"

enum { DEFAULT_TIMEOUT_MS = 10000, MAX_TIMEOUT_MS = 3600000, MAX_BUDGET_S = 86400 };
/* What a text of so many bytes, or less, may take. */
enum { USUAL_BUDGET_MS = 6000, USUAL_BYTES = 100 << 10 };

void check_options_init(struct check_options *o)
{
	*o = (struct check_options){.timeout_ms = DEFAULT_TIMEOUT_MS};
	for (int i = 0; i < CHECK_N; i++)
		o->levels[i] = check_get((enum check_id)i)->level;
}

static int parse_level(const char *s)
{
	static const char *const names[] = {[CHECK_OFF] = "off",
					    [CHECK_INFO] = "info",
					    [CHECK_WARNING] = "warning",
					    [CHECK_ERROR] = "error"};

	for (int i = CHECK_OFF; i <= CHECK_ERROR; i++) {
		if (strcmp(s, names[i]) == 0)
			return i;
	}
	return -1;
}

static int unknown_check(const char *name, struct diag *diag)
{
	_cleanup_buf_ struct buf all = {0};
	struct suggest s;

	suggest_init(&s, name);
	for (int i = 0; i < CHECK_N; i++) {
		suggest_offer(&s, check_get((enum check_id)i)->name);
		buf_printf(&all, "%s%s", i ? ", " : "", check_get((enum check_id)i)->name);
	}
	if (s.best)
		diag_error(diag, LOC_NONE, CODE_UNDEFINED, "-W: no check '%s'; did you mean '%s'?",
			   name, s.best);
	else
		diag_error(diag, LOC_NONE, CODE_UNDEFINED, "-W: no check '%s'; there are %s", name,
			   buf_str(&all));
	return -EINVAL;
}

int check_options_set(struct check_options *o, const char *arg, struct diag *diag)
{
	bool off = strncmp(arg, "no-", 3) == 0 && check_find(arg) < 0;
	const char *name = off ? arg + 3 : arg, *equals = strchr(name, '=');
	char bare[64];
	int id, level;

	snprintf(bare, sizeof(bare), "%.*s", equals ? (int)(equals - name) : 63, name);
	id = check_find(bare);
	if (id < 0)
		return unknown_check(bare, diag);
	if (equals) {
		level = parse_level(equals + 1);
		if (level < 0 || off) {
			diag_error(diag, LOC_NONE, CODE_BAD_VALUE,
				   "-W: '%s' sets no level; write %s=off, info, warning or error",
				   arg, bare);
			return -EINVAL;
		}
	} else {
		level = off                             ? CHECK_OFF
			: o->levels[id] > CHECK_WARNING ? o->levels[id]
							: CHECK_WARNING;
	}
	o->levels[id] = (enum check_level)level;
	return 0;
}

static int parse_time(const char *option, const char *unit, unsigned max, const char *arg,
		      struct diag *diag, unsigned *out)
{
	char *end;
	unsigned long n = strtoul(arg, &end, 10);

	if (*arg < '1' || *arg > '9' || *end || n > max) {
		diag_error(diag, LOC_NONE, CODE_BAD_VALUE,
			   "%s: '%s' is no number of %s between 1 and %u", option, arg, unit, max);
		return -EINVAL;
	}
	*out = (unsigned)n;
	return 0;
}

int check_options_set_timeout(struct check_options *o, const char *arg, struct diag *diag)
{
	return parse_time("--solver-timeout", "milliseconds", MAX_TIMEOUT_MS, arg, diag,
			  &o->timeout_ms);
}

int check_options_set_budget(struct check_options *o, const char *arg, struct diag *diag)
{
	unsigned seconds;
	int err = parse_time("--timeout", "seconds", MAX_BUDGET_S, arg, diag, &seconds);

	if (!err)
		o->budget_ms = seconds * 1000;
	return err;
}

/* Ten times what honest policies take; a few lines that were written to take hours end soon. */
void check_options_usual_budget(struct check_options *o, size_t bytes)
{
	uint64_t ms = (uint64_t)bytes * USUAL_BUDGET_MS / USUAL_BYTES;

	if (!o->budget_ms)
		o->budget_ms = ms < USUAL_BUDGET_MS ? USUAL_BUDGET_MS
			       : ms < UINT_MAX      ? (unsigned)ms
						    : UINT_MAX;
}

void check_options_werror(struct check_options *o)
{
	for (int i = 0; i < CHECK_N; i++) {
		if (o->levels[i] == CHECK_WARNING)
			o->levels[i] = CHECK_ERROR;
	}
}
