/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/proxy/judge.h"

#include <errno.h>

#include "runtime/proxy/reading.h"

_Static_assert((int)PROXY_REFUSED > FLAT_MAX_ENTRIES, "a reading has the number of an entry");

int proxy_judge_open(struct proxy_judge *j, const char *dir, const char *hits)
{
	*j = (struct proxy_judge){.sets = proxy_sets_open(dir, hits)};
	if (!j->sets)
		return -errno;
	proxy_telling_open(&j->telling, dir);
	return 0;
}

void proxy_judge_close(struct proxy_judge *j)
{
	proxy_sets_close(j->sets);
	proxy_telling_close(&j->telling);
	j->sets = NULL;
}

static long by_rules(struct proxy_judge *j, const struct proxy_request *r)
{
	const struct flat_entry *entry;
	const struct flat_header *set;
	const char *why;
	long number;

	set = proxy_sets_find(j->sets, r->set, &why);
	if (!set)
		return PROXY_NO_RULES;
	entry = flat_judge(set, &r->flat);
	proxy_sets_count(j->sets, entry);
	if (!entry)
		return 0;
	number = entry - flat_entries(set) + 1;
	return entry->deny ? -number : number;
}

long proxy_judge(struct proxy_judge *j, const char *text, size_t n)
{
	struct proxy_request request;
	enum proxy_reading reading = proxy_reading_of(text, n, &request);
	long number;

	if (reading == PROXY_SPELT_OTHERWISE)
		return PROXY_RESPELL;
	number = reading ? -(PROXY_REFUSED + (long)reading) : by_rules(j, &request);
	if (number != PROXY_NO_RULES && proxy_telling_takes(&j->telling))
		number += number > 0 ? PROXY_TELL : -PROXY_TELL;
	return number;
}
