/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What becomes of the findings of check_run() and of the warnings of reading before they are shown:
 * each gets a fingerprint, those that a comment suppresses and those of the baseline are set aside.
 * Other diagnostics (an input that cannot be read, an internal error) stay as they are.
 */
#pragma once

#include "lang/base/buf.h"
#include "lang/base/diag.h"
#include "lang/lang.h"
#include "verifier/check/check.h"

/* A document of a YAML stream. */
struct report_document {
	uint32_t file, line;    /* the place that was asked for last */
	uint32_t marker, first; /* the line of its `---`, or 1; its first that is no comment */
};

struct report {
	const struct ir *ir;                 /* borrowed */
	const struct check_options *options; /* borrowed */
	struct diag *diag;                   /* borrowed; its arena takes what is made here */
	const struct lang_ignores *ignores;  /* borrowed */
	struct report_anchors *anchors;
	struct report_document document;
};

/* Gives the warnings of reading, which are in `diag`, the levels that the user wants, and makes
 * findings of them. Those that are off are gone. Errors stay errors. */
void report_set_levels(const struct check_options *options, struct diag *diag);

/* Fingerprints every finding of a check that has run, and of report_set_levels(). */
void report_init(struct report *r, const struct ir *ir, const struct check_options *options,
		 struct lang *lang);

/*
 * `# polc:ignore CHECK[,CHECK] reason` sets aside the findings of these checks whose rule or
 * policy stands on this line or, if the comment has a line of its own, on the next one; of
 * warnings, also those of the document that begins there. ir_policy.ignore sets aside those of the
 * policy, lang.ignores the warnings of the object. What stays (diag_item.stays) gets a note.
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
/* Every finding that is not suppressed, also those already known; one that stays gets a note. */
void report_baseline_write(struct report *r, struct buf *out);

/* Of the messages that are alike, leaves the first that is shown, with a note on those that are set
 * aside; of the notes of reading, too. Reading was with lang.tells_each. */
void report_fold(struct diag *diag);

/* --- private to this folder ------------------------------------------------------------------- */

bool report_is_finding(const struct diag_item *item);
int report_compare_loc(struct loc a, struct loc b);
/* The document that holds the place; it is good until the next call. NULL: not YAML. */
const struct report_document *report_document(struct report *r, struct loc loc);
/* The policy or assertion that the place belongs to: its name, and the place of the name. */
const char *report_owner(struct report *r, struct loc loc, struct loc *owner);
