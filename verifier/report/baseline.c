/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The baseline: the findings that a repository had when it took polc on, so that only new ones
 * are shown. A file of JSON, one object a finding; the fingerprint alone decides, the rest is for
 * whoever reads a change of it.
 *   {"format": 1, "findings": [{"fingerprint", "check", "policy", "message"}]}
 */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "lang/base/codes.h"
#include "lang/base/diag_value.h"
#include "verifier/codes.h"
#include "verifier/report/report.h"

enum { FORMAT = 1, MAX_BYTES = 64 << 20 };

struct report_known {
	const char *fingerprint, *check, *policy;
};

/* --- reading ---------------------------------------------------------------------------------- */

static int known_order(const void *a, const void *b)
{
	return strcmp((*(const struct report_known *const *)a)->fingerprint,
		      (*(const struct report_known *const *)b)->fingerprint);
}

static int refuse(struct diag *diag, const char *path, const char *fault)
{
	diag_error(diag, LOC_NONE, CODE_BAD_VALUE,
		   "%s is no baseline: %s; make one with polc check --write-baseline", path, fault);
	return -EINVAL;
}

static int read_findings(struct report_baseline *b, json_t *list, struct diag *diag)
{
	json_t *entry;
	size_t i;

	json_array_foreach(list, i, entry)
	{
		struct report_known *known = arena_new(diag->arena, struct report_known);
		const char *fingerprint, *check = "", *policy = "";

		if (json_unpack(entry, "{s:s, s?:s, s?:s}", "fingerprint", &fingerprint, "check",
				&check, "policy", &policy) < 0)
			return refuse(diag, b->path, "a finding has no fingerprint");
		known->fingerprint = arena_strdup(diag->arena, fingerprint);
		known->check = arena_strdup(diag->arena, check);
		known->policy = arena_strdup(diag->arena, policy);
		vec_push(diag->arena, &b->known, known);
	}
	if (b->known.n)
		qsort(b->known.v, b->known.n, sizeof(*b->known.v), known_order);
	return 0;
}

int report_baseline_read(struct report_baseline *b, const char *path, struct diag *diag)
{
	_cleanup_buf_ struct buf text = {0};
	json_error_t fault;
	json_t *root, *list;
	int format = 0, r;

	*b = (struct report_baseline){.path = path};
	r = buf_read_file(&text, path, MAX_BYTES);
	if (r < 0) {
		diag_error(diag, LOC_NONE, CODE_IO, "cannot read the baseline %s: %s", path,
			   strerror(-r));
		return r;
	}
	root = json_loadb(buf_str(&text), text.n, 0, &fault);
	if (!root)
		return refuse(diag, path,
			      arena_printf(diag->arena, "line %d: %s", fault.line, fault.text));
	if (json_unpack(root, "{s:i, s:o}", "format", &format, "findings", &list) < 0 ||
	    !json_is_array(list))
		r = refuse(diag, path, "it needs a number 'format' and a list 'findings'");
	else if (format != FORMAT)
		r = refuse(diag, path, "it has a format that this polc does not know");
	else
		r = read_findings(b, list, diag);
	json_decref(root);
	return r;
}

/* --- applying --------------------------------------------------------------------------------- */

/* The index of the entry, or -1. */
static long find(const struct report_baseline *b, const char *fingerprint)
{
	const struct report_known *key = &(struct report_known){.fingerprint = fingerprint};
	const struct report_known **at =
		b->known.n ? bsearch(&key, b->known.v, b->known.n, sizeof(*b->known.v), known_order)
			   : NULL;

	return at ? at - b->known.v : -1;
}

void report_baseline_apply(const struct report_baseline *b, struct report *r, bool note_fixed)
{
	bool *met = arena_array(r->diag->arena, bool, b->known.n + 1);

	vec_each (struct diag_item *, item, &r->diag->items) {
		long at = (*item)->fingerprint ? find(b, (*item)->fingerprint) : -1;

		if (at < 0)
			continue;
		met[at] = true;
		if ((*item)->state == DIAG_SHOWN && !(*item)->stays)
			diag_set_aside(r->diag, *item, DIAG_KNOWN, NULL);
	}
	for (size_t i = 0; note_fixed && i < b->known.n; i++) {
		const struct report_known *known = b->known.v[i];

		if (!met[i])
			diag_info(r->diag, LOC_NONE, CHECK_CODE_FIXED,
				  "fixed since the baseline: '%s' in %s (%s)", known->check,
				  known->policy, known->fingerprint);
	}
}

/* --- writing ---------------------------------------------------------------------------------- */

void report_baseline_write(struct report *r, struct buf *out)
{
	json_t *list = json_array(), *root;

	vec_each (struct diag_item *, item, &r->diag->items) {
		struct loc owner;

		if (!(*item)->fingerprint || (*item)->state == DIAG_SUPPRESSED)
			continue;
		if ((*item)->stays) {
			diag_note(r->diag, *item, LOC_NONE,
				  "it is not written to the baseline: no answer is no proof");
			continue;
		}
		json_array_append_new(
			list, json_pack("{s:s, s:s, s:o, s:o}", "fingerprint", (*item)->fingerprint,
					"check", (*item)->code, "policy",
					diag_value_text(report_owner(r, (*item)->loc, &owner)),
					"message", diag_value_text((*item)->text)));
	}
	root = json_pack("{s:i, s:o}", "format", FORMAT, "findings", list);
	diag_value_dump(root, JSON_INDENT(2), out);
	buf_putc(out, '\n');
	json_decref(root);
}
