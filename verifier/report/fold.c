/* SPDX-License-Identifier: Apache-2.0 */
/* One message for many objects of which the same is to be said. */
#include "lang/base/intern.h"
#include "verifier/report/report.h"

/* The messages that are alike. */
struct kin {
	struct diag_item *first; /* that is shown; NULL: none is */
	size_t aside, all;
};

struct fold {
	struct intern keys;
	VEC(struct kin) kin; /* as in `keys` */
};

static void meet(struct fold *f, struct arena *arena, struct diag_item *item)
{
	uint32_t id = intern_add(&f->keys, item->alike);
	struct kin *kin;

	if (id == f->kin.n)
		vec_push(arena, &f->kin, (struct kin){0});
	kin = &f->kin.v[id];
	kin->all++;
	if (item->state != DIAG_SHOWN)
		kin->aside++;
	else if (!kin->first)
		kin->first = item;
}

static bool is_said(const struct diag_item *item, const void *ctx)
{
	const struct fold *f = ctx;

	return item->alike && f->kin.v[intern_find(&f->keys, item->alike)].first != item;
}

void report_fold(struct diag *diag)
{
	struct fold f = {0};

	intern_init(&f.keys, diag->arena);
	vec_each (struct diag_item *, item, &diag->items)
		if ((*item)->alike)
			meet(&f, diag->arena, *item);
	diag_drop(diag, is_said, &f);
	vec_each (const struct kin, kin, &f.kin)
		if (kin->first && kin->aside)
			diag_note(diag, kin->first, LOC_NONE,
				  "%zu of %zu like this are suppressed or in the baseline: this is "
				  "the first of the others",
				  kin->aside, kin->all);
}
