/* SPDX-License-Identifier: Apache-2.0 */
/* The rule sets of a bundle, read: for each decision that redirects a file, by its number. */
#include <stdlib.h>
#include <string.h>

#include "codegen/bundle_reader.h"
#include "compiler/l7/flat.h"

const char *bundle_set_name(struct arena *arena, size_t number)
{
	return arena_printf(arena, BUNDLE_SETS "%zu" BUNDLE_SET, number);
}

static bool is_asked(const struct bundle *b, const struct bundle_decision *d, uint32_t rule)
{
	vec_each (const struct bundle_rule *const, asked, &d->asked)
		if ((size_t)(*asked - b->rules.v) == rule)
			return true;
	return false;
}

/* Its entries are of the rules that the decision asks. */
static bool belongs(const struct bundle *b, const struct bundle_decision *d)
{
	const struct flat_header *set = d->set;
	const struct flat_entry *entries = flat_entries(set);

	for (uint32_t i = 0; i < set->n_entries; i++)
		if (!is_asked(b, d, entries[i].rule))
			return false;
	return true;
}

static int read_set(struct bundle_reader *r, size_t number)
{
	struct bundle_decision *d = &r->b->decisions.v[number];
	const char *name = bundle_set_name(&r->b->arena, number), *why;
	char *data;
	size_t size;
	int err = bundle_load(r, name, &data, &size);

	if (err)
		return err;
	d->set = memcpy(arena_alloc(&r->b->arena, size + 1), data, size);
	free(data);
	why = flat_check(d->set, size);
	if (why)
		return bundle_refuse(r, name, "it is no rule set: %s", why);
	if (!belongs(r->b, d))
		return bundle_refuse(r, name, "it is not of the rules that its decision asks");
	return 0;
}

int bundle_read_sets(struct bundle_reader *r)
{
	size_t n = 0, files = 0;
	int err = 0;

	for (size_t i = 0; i < r->b->decisions.n && !err; i++) {
		if (r->b->decisions.v[i].outcome != IR_OUTCOME_REDIRECT)
			continue;
		n++;
		err = read_set(r, i);
	}
	vec_each (const struct bundle_entry, e, &r->entries)
		files += !strncmp(e->name, BUNDLE_SETS, strlen(BUNDLE_SETS));
	if (!err && files != n)
		return bundle_refuse(r, BUNDLE_MANIFEST, "it lists rule sets that nothing asks");
	return err;
}
