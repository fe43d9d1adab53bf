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

static long refuse(enum proxy_reading reading)
{
	return -((long)PROXY_REFUSED + (long)reading);
}

static long by_rules(struct proxy_judge *j, const struct proxy_request *r)
{
	const struct flat_entry *entry;
	const struct flat_header *set;
	const char *why;
	long number;

	set = proxy_sets_find(j->sets, r->set, &why);
	if (!set)
		return refuse(PROXY_RULELESS);
	entry = flat_judge(set, &r->flat);
	proxy_sets_count(j->sets, entry);
	if (!entry)
		return 0;
	number = entry - flat_entries(set) + 1;
	return entry->deny ? -number : number;
}

static long tell(struct proxy_judge *j, long number)
{
	if (!proxy_telling_takes(&j->telling))
		return number;
	return number > 0 ? number + PROXY_TELL : number - PROXY_TELL;
}

long proxy_judge(struct proxy_judge *j, const struct proxy_parts *parts)
{
	struct proxy_request request;
	enum proxy_reading reading = proxy_reading_of(parts, &request);

	if (reading == PROXY_PREPARE)
		return PROXY_AGAIN;
	return tell(j, reading ? refuse(reading) : by_rules(j, &request));
}

long proxy_judge_text(struct proxy_judge *j, const char *text, size_t n)
{
	struct proxy_parts parts;

	if (proxy_split_request(text, n, &parts))
		return proxy_judge(j, &parts);
	return tell(j, refuse(n > PROXY_HEAD_MAX ? PROXY_LARGE : PROXY_BAD_HEADER));
}
