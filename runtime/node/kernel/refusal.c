/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/node/kernel/refusal.h"

#include <errno.h>
#include <string.h>

#include "runtime/codes.h"
#include "runtime/node/kernel/fail.h"
#include "runtime/node/kernel/log.h"
#include "runtime/node/kernel/tried.h"

struct line {
	const char *s;
	size_t n;
};

/* The next line of *at that is not empty, without its end. */
static bool next_line(const char **at, struct line *out)
{
	*at += strspn(*at, "\n");
	*out = (struct line){*at, strcspn(*at, "\n")};
	*at += out->n;
	return out->n > 0;
}

static bool begins(struct line l, const char *prefix)
{
	return l.n >= strlen(prefix) && memcmp(l.s, prefix, strlen(prefix)) == 0;
}

/* What the verifier adds up at the end, whatever came before. */
static bool is_statistics(struct line l)
{
	return begins(l, "processed ") || begins(l, "verification time ") ||
	       begins(l, "stack depth ");
}

/* The source that an instruction comes from stands before it: "; text @ file:line", before Linux
 * 6.10 only "; text". The text is empty where clang could not find the file. */
static struct line source_of(struct line l)
{
	size_t skip = strspn(l.s, "; ");

	if (skip < l.n && l.s[skip] == '@')
		skip += strspn(l.s + skip, "@ ");
	return skip < l.n ? (struct line){l.s + skip, l.n - skip} : (struct line){0};
}

static void find_last(const char *log, struct line *source, struct line *words)
{
	struct line l;

	*source = *words = (struct line){0};
	while (next_line(&log, &l)) {
		if (begins(l, "; "))
			*source = source_of(l);
		else if (!is_statistics(l))
			*words = l;
	}
}

static void note_end(const char *log, struct diag *diag, struct diag_item *item)
{
	struct line source, words;

	find_last(log, &source, &words);
	if (words.n)
		diag_note(diag, item, LOC_NONE, "the verifier says: %.*s", (int)words.n, words.s);
	if (source.n)
		diag_note(diag, item, LOC_NONE, "it stopped at: %.*s", (int)source.n, source.s);
}

/* Then the errno is about the log, and the one about the program is lost. */
static void note_overflow(struct diag *diag, struct diag_item *item)
{
	diag_note(diag, item, LOC_NONE,
		  "it is the verifier's log that has no space left in %d bytes; before Linux 6.4 "
		  "what "
		  "is there is its beginning, and does not tell why",
		  RT_VERIFIER_LOG_SIZE);
}

static void note_log(const struct rt_refusal *r, struct diag *diag, struct diag_item *item)
{
	const char *at = r->log;
	struct line l;

	while (r->whole && next_line(&at, &l))
		diag_note(diag, item, LOC_NONE, "%.*s", (int)l.n, l.s);
	if (!r->whole)
		diag_note(diag, item, LOC_NONE, "-v shows the whole log of the verifier");
}

int rt_refused(const struct rt_refusal *r, struct diag *diag)
{
	struct diag_item *item;

	if (!*r->log || r->err == -EPERM)
		return rt_fail(diag, r->err, RT_CODE_VERIFIER,
			       "the kernel refuses the programs of shape %s", r->shape);
	rt_log_clear(); /* libbpf's own words say less */
	item = diag_error(diag, LOC_NONE, RT_CODE_VERIFIER,
			  "the kernel's verifier refuses a program of shape %s: %s", r->shape,
			  strerror(-r->err));
	if (r->err == -ENOSPC)
		note_overflow(diag, item);
	note_end(r->log, diag, item);
	rt_tried_note(r->compiler, diag, item);
	note_log(r, diag, item);
	return rt_fault(r->err);
}
