/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/check/options.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lang/base/buf.h"
#include "lang/base/codes.h"
#include "lang/base/diag.h"
#include "lang/base/suggest.h"
#include "lang/base/work.h"

enum { DEFAULT_TIMEOUT_MS = 10000, MAX_TIMEOUT_MS = 3600000 };
/* What a text of so many bytes, or less, may take. */
enum { USUAL_BUDGET_MS = 6000, USUAL_BYTES = 100 << 10 };

void check_options_init(struct check_options *o)
{
	*o = (struct check_options){.timeout_ms = DEFAULT_TIMEOUT_MS, .budget_ms = WORK_ENDLESS};
	for (int i = 0; i < CHECK_N; i++)
		o->levels[i] = check_get((enum check_id)i)->level;
	for (int i = 0; i < WARNING_N; i++)
		o->levels[CHECK_N + i] = warning_get((enum warning_id)i)->usual == DIAG_INFO
						 ? CHECK_INFO
						 : CHECK_WARNING;
}

int check_level_find(const char *name)
{
	int check = check_find(name), warning = warning_find(name);

	return check >= 0 || warning < 0 ? check : CHECK_N + warning;
}

const char *check_level_name(int index)
{
	return index < CHECK_N ? check_get((enum check_id)index)->name
			       : warning_get((enum warning_id)(index - CHECK_N))->code;
}

static int parse_level(const char *s)
{
	static const struct {
		const char *name;
		enum check_level level;
	} names[] = {{"off", CHECK_OFF},
		     {"note", CHECK_INFO},
		     {"info", CHECK_INFO},
		     {"warning", CHECK_WARNING},
		     {"error", CHECK_ERROR}};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (strcmp(s, names[i].name) == 0)
			return names[i].level;
	}
	return -1;
}

static int unknown_name(const char *name, struct diag *diag)
{
	_cleanup_buf_ struct buf all = {0};
	struct suggest s;

	suggest_init(&s, name);
	for (int i = 0; i < CHECK_N_LEVELS; i++) {
		suggest_offer(&s, check_level_name(i));
		buf_printf(&all, "%s%s", i ? ", " : "", check_level_name(i));
	}
	if (s.best)
		diag_error(diag, LOC_NONE, CODE_UNDEFINED,
			   "-W: no check or warning '%s'; did you mean '%s'?", name, s.best);
	else
		diag_error(diag, LOC_NONE, CODE_UNDEFINED,
			   "-W: no check or warning '%s'; there are %s", name, buf_str(&all));
	return -EINVAL;
}

int check_options_set(struct check_options *o, const char *arg, struct diag *diag)
{
	bool off = strncmp(arg, "no-", 3) == 0 && check_level_find(arg) < 0;
	const char *name = off ? arg + 3 : arg, *equals = strchr(name, '=');
	char bare[64];
	int id, level;

	snprintf(bare, sizeof(bare), "%.*s", equals ? (int)(equals - name) : 63, name);
	id = check_level_find(bare);
	if (id < 0)
		return unknown_name(bare, diag);
	if (equals) {
		level = parse_level(equals + 1);
		if (level < 0 || off) {
			diag_error(diag, LOC_NONE, CODE_BAD_VALUE,
				   "-W: '%s' sets no level; write %s=off, note, warning or error",
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

static int parse_time(const char *option, const char *unit, unsigned min, unsigned max,
		      const char *arg, struct diag *diag, unsigned *out)
{
	char *end;
	unsigned long n = strtoul(arg, &end, 10);

	if (*arg < '0' || *arg > '9' || *end || n < min || n > max) {
		diag_error(diag, LOC_NONE, CODE_BAD_VALUE,
			   "%s: '%s' is no number of %s between %u and %u", option, arg, unit, min,
			   max);
		return -EINVAL;
	}
	*out = (unsigned)n;
	return 0;
}

int check_options_set_timeout(struct check_options *o, const char *arg, struct diag *diag)
{
	return parse_time("--solver-timeout", "milliseconds", 1, MAX_TIMEOUT_MS, arg, diag,
			  &o->timeout_ms);
}

int check_options_set_budget(struct check_options *o, const char *arg, struct diag *diag)
{
	unsigned seconds;
	int err = parse_time("--timeout", "seconds", 0, WORK_MAX_S, arg, diag, &seconds);

	if (!err)
		o->budget_ms = seconds * 1000;
	return err;
}

/* Ten times what honest policies take; a few lines that were written to take hours end soon. */
void check_options_usual_budget(struct check_options *o, size_t bytes)
{
	uint64_t ms = (uint64_t)bytes * USUAL_BUDGET_MS / USUAL_BYTES;

	if (o->budget_ms == WORK_ENDLESS)
		o->budget_ms = ms < USUAL_BUDGET_MS ? USUAL_BUDGET_MS
			       : ms < WORK_ENDLESS  ? (unsigned)ms
						    : WORK_ENDLESS;
}

void check_options_werror(struct check_options *o)
{
	for (int i = 0; i < CHECK_N_LEVELS; i++) {
		if (o->levels[i] == CHECK_WARNING)
			o->levels[i] = CHECK_ERROR;
	}
}
