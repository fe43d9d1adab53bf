/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Diagnostics: everything polc has to say to a user about their input.
 *
 * Whoever understands a mistake reports it here, once, with a place and a stable code;
 * nobody prints. A command renders the whole list at the end. Functions that reported an
 * error return -EINVAL (or another negative errno), which callers pass on unreported.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lang/base/arena.h"
#include "lang/base/buf.h"
#include "lang/base/source.h"

struct unread;

enum diag_severity { DIAG_INFO, DIAG_WARNING, DIAG_ERROR };

/* A remark below the message; `loc.line` may be 0. */
struct diag_note {
	struct loc loc;
	const char *text;
};

/* A proposed edit: replace the text at `loc` by `text` (empty: delete). */
struct diag_fix {
	struct loc loc;
	const char *text;
	const char *title; /* what the edit does, as an order: "write 'ports'" */
	/* Nobody can have meant anything else, and no flow that was allowed or denied before is
	 * judged otherwise but by the policy that could not be read: a program may do it. */
	bool safe;
};

/* What is not shown does not count either. */
enum diag_state {
	DIAG_SHOWN,
	DIAG_SUPPRESSED, /* by a comment in the source; only SARIF lists it */
	DIAG_KNOWN,      /* in the baseline: as if it were not there */
};

struct diag_item {
	enum diag_severity severity;
	enum diag_state state;
	bool finding; /* a warning of reading, as good as the finding of a check */
	bool stays;   /* neither a comment nor a baseline sets it aside */
	/* The same as that of others: one of them is enough for people. NULL: each counts. */
	const char *alike;
	struct loc loc;
	const char
		*code; /* stable, kebab-case; see lang/base/codes.h and verifier/check/checks.def */
	const char *text;
	const char *reason;      /* of DIAG_SUPPRESSED, as the user wrote it */
	const char *fingerprint; /* hexadecimal, the same after lines have moved; NULL: none */
	VEC(struct diag_note) notes;
	VEC(struct diag_fix) fixes; /* that belong together, no choice */
};

/* What a hostile input may make polc remember: so many in all, and of errors in any case. */
enum { DIAG_MAX_ITEMS = 100000 };

struct diag {
	struct arena *arena;     /* borrowed; owns the items */
	struct arena *draft;     /* borrowed; owns those since diag_draft(); NULL: `arena` does */
	struct sources *sources; /* borrowed */
	VEC(struct diag_item *) items;
	size_t errors, warnings; /* counted, also those that are not kept */
	size_t suppressed, known;
	size_t unkept;          /* past DIAG_MAX_ITEMS: whatever is rendered is incomplete */
	struct diag_item spare; /* takes what is not kept */
};

void diag_init(struct diag *d, struct arena *arena, struct sources *sources);

/* Says that there may be more than is listed, as nobody looked for it. */
void diag_leave_out(struct diag *d);

/* `at least 7 more messages are not listed`; NULL: all are. Memory is the arena's. */
const char *diag_unlisted(const struct diag *d);

/* Each returns the item, never NULL, to hang notes and fixes on. After DIAG_MAX_ITEMS, further
 * ones are counted but not kept. */
struct diag_item *diag_error(struct diag *d, struct loc loc, const char *code, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
struct diag_item *diag_warning(struct diag *d, struct loc loc, const char *code, const char *fmt,
			       ...) __attribute__((format(printf, 4, 5)));
struct diag_item *diag_info(struct diag *d, struct loc loc, const char *code, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
void diag_note(struct diag *d, struct diag_item *item, struct loc loc, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
void diag_fix(struct diag *d, struct diag_item *item, struct loc loc, const char *text,
	      const char *fmt, ...) __attribute__((format(printf, 5, 6)));
void diag_safe_fix(struct diag *d, struct diag_item *item, struct loc loc, const char *text,
		   const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/* What was said before, to come back to. */
struct diag_mark {
	size_t items, errors, warnings, unkept;
};

struct diag_mark diag_mark(const struct diag *d);
/* The first error since then that was kept; NULL: there is none. It outlives being taken back. */
const struct diag_item *diag_first_error(const struct diag *d, const struct diag_mark *since);
/* Forgets what was said since then, or makes warnings of its errors. */
void diag_take_back(struct diag *d, const struct diag_mark *since);
void diag_demote(struct diag *d, const struct diag_mark *since);
/* What is said from now on lives in `arena`, until diag_keep() copies what is left of it. */
void diag_draft(struct diag *d, struct arena *arena);
void diag_keep(struct diag *d, const struct diag_mark *since);
/* The same item with texts, notes and fixes of its own, which come from `arena`. */
struct diag_item *diag_item_copy(const struct diag_item *item, struct arena *arena);
/* Says again an item that was taken back. */
void diag_put(struct diag *d, struct diag_item *item);
/* Counts so many messages, of which nothing else is known. */
void diag_count(struct diag *d, size_t messages, size_t errors, size_t warnings);

/* Puts the items from `first` on in the order of the sources, top to bottom; those without a
 * place come last, and at one place the text decides. */
void diag_sort(struct diag *d, size_t first);

/* Another severity for an item that is shown. */
void diag_set_severity(struct diag *d, struct diag_item *item, enum diag_severity severity);
/* Forgets the items that are shown and for which `unwanted` says so. */
void diag_drop(struct diag *d, bool (*unwanted)(const struct diag_item *item, const void *ctx),
	       const void *ctx);
/* Takes an item that is shown out of the count. `reason` is NULL for DIAG_KNOWN. */
void diag_set_aside(struct diag *d, struct diag_item *item, enum diag_state state,
		    const char *reason);

/* Text that nobody asked to have whole: a broken file is a chain of errors. */
enum { DIAG_TEXT_SHOWN = 20 };

struct diag_style {
	bool color;
	enum diag_severity least; /* what is below it is left out */
	size_t max_shown;         /* of each severity, as text; 0: all */
	const char *
		more; /* how to see the rest, behind `N more errors are not shown`; NULL: nothing */
};

/* file:line:column: severity: message [code], source line, caret, notes, fixes. */
/* The first of each severity; a line says how many more there are. */
void diag_render_text(const struct diag *d, const struct diag_style *style, struct buf *out);
/* `unread` is NULL where no policy was left out.
 * {"diagnostics":[{"file","line","column","endLine","endColumn","severity","code","message",
 *   "notes":[{"file"...,"message"}],"fixes":[...]}],"errors":N,"warnings":N,
 *   "suppressed":N,"known":N,"unlisted"?:N,"incomplete"?:[...]}; doc/schemas/check.json */
void diag_render_json(const struct diag *d, const struct unread *unread, struct buf *out);
/* What there is to read about a code. */
struct diag_help {
	const char *summary;         /* one sentence */
	const char *text, *markdown; /* all of it */
	const char *uri;
	enum diag_severity level; /* unless the user says otherwise */
	bool off;                 /* unless the user says otherwise */
};

/* What a report says of the tool that wrote it. */
struct diag_tool {
	const char *version;
	/* Texts are the arena's or live as long as the program. False: nothing is known of it. */
	bool (*help)(struct arena *arena, const char *code, struct diag_help *out);
};

/* SARIF 2.1.0, one run. What was left out is a notification. */
void diag_render_sarif(const struct diag *d, const struct unread *unread,
		       const struct diag_tool *tool, struct buf *out);
/* GitLab's code quality report, and JUnit XML. What was left out is an entry of its own. */
void diag_render_gitlab(const struct diag *d, const struct unread *unread, struct buf *out);
void diag_render_junit(const struct diag *d, const struct unread *unread, struct buf *out);
/* Workflow commands of GitHub Actions. */
void diag_render_github(const struct diag *d, const struct diag_style *style, struct buf *out);
const char *diag_severity_name(enum diag_severity s); /* "note", "warning", "error" */
