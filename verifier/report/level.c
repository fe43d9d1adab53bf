/* SPDX-License-Identifier: Apache-2.0 */
/* How much the warnings of reading count: reading itself knows nothing of what a user sets. */
#include "verifier/report/report.h"

static enum check_level level_of(const struct check_options *o, int warning)
{
	return o->levels[CHECK_N + warning];
}

static bool is_off(const struct diag_item *item, const void *ctx)
{
	int warning = item->severity == DIAG_ERROR ? -1 : warning_find(item->code);

	return warning >= 0 && level_of(ctx, warning) == CHECK_OFF;
}

static const enum diag_severity severities[] = {
	[CHECK_INFO] = DIAG_INFO, [CHECK_WARNING] = DIAG_WARNING, [CHECK_ERROR] = DIAG_ERROR};

/* A code that warns of some things has notes on others: only what warns gets another level. */
void report_set_levels(const struct check_options *o, struct diag *diag)
{
	diag_drop(diag, is_off, o);
	vec_each (struct diag_item *, item, &diag->items) {
		int warning = warning_find((*item)->code);

		if (warning < 0 || (*item)->severity == DIAG_ERROR)
			continue;
		(*item)->finding = true;
		if ((*item)->severity == warning_get((enum warning_id)warning)->usual)
			diag_set_severity(diag, *item, severities[level_of(o, warning)]);
	}
}
