/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What becomes of the findings of check_run() before they are shown: each gets a fingerprint,
 * those that a comment suppresses and those of the baseline are set aside. Diagnostics that are
 * no findings of a check (an input that cannot be read, an internal error) stay as they are.
 */
#pragma once

#include "lang/base/buf.h"
#include "lang/base/diag.h"
#include "verifier/check/check.h"

struct report {
	const struct ir *ir;                 /* borrowed */
	const struct check_options *options; /* borrowed */
	struct diag *diag;                   /* borrowed; its arena takes what is made here */
	struct report_anchors *anchors;
};

/* Fingerprints every finding of a check that has run. */
void report_init(struct report *r, const struct ir *ir, const struct check_options *options,
		 struct diag *diag);

/*
 * `# polc:ignore CHECK[,CHECK] reason` sets aside the findings of these checks whose rule or
 * policy stands on this line or, if the comment has a line of its own, on the next one;
 * ir_policy.ignore those of the policy.
 * Returns 0, or -EINVAL after reporting a comment without a reason or of no check.
 */
int report_suppress(struct report *r);

/* A file of fingerprints that are known, as report_baseline_write() makes it. */
struct report_baseline {
	const char *path;
	VEC(const struct report_known *) known; /* sorted by fingerprint */
};

/* -EINVAL or another negative errno after reporting what is wrong with the file. */
int report_baseline_read(struct report_baseline *b, const char *path, struct diag *diag);
/* Sets aside what the baseline knows. With `note_fixed`, a note names each that is fixed. */
void report_baseline_apply(const struct report_baseline *b, struct report *r, bool note_fixed);
/* Every finding that is not suppressed, also those already known. */
void report_baseline_write(const struct report *r, struct buf *out);

/* --- private to this folder ------------------------------------------------------------------- */

bool report_is_finding(const struct diag_item *item);
/* The policy or assertion that the place belongs to: its name, and the place of the name. */
const char *report_owner(const struct report *r, struct loc loc, struct loc *owner);
