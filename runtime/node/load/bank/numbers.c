/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/node/load/bank/numbers.h"

#include <stdio.h>
#include <string.h>

void rt_numbers_init(struct rt_numbers *n, struct rt_listener *known, bool *in_use, uint32_t limit)
{
	*n = (struct rt_numbers){.known = known, .in_use = in_use, .limit = limit, .next = 1};
	while (n->next < limit && known[n->next].key[0])
		n->next++;
}

uint32_t rt_numbers_find(struct rt_numbers *n, const char *key)
{
	for (uint32_t i = 1; i < n->next; i++)
		if (strcmp(n->known[i].key, key) == 0) {
			n->in_use[i] = true;
			return i;
		}
	return 0;
}

static uint32_t give(struct rt_numbers *n, uint32_t number, const char *key)
{
	snprintf(n->known[number].key, sizeof(n->known[number].key), "%s", key);
	n->in_use[number] = true;
	return number;
}

uint32_t rt_numbers_fresh(struct rt_numbers *n, const char *key)
{
	return n->next < n->limit ? give(n, n->next++, key) : 0;
}

uint32_t rt_numbers_again(struct rt_numbers *n, const char *key)
{
	for (uint32_t i = 1; i < n->next; i++)
		if (!n->in_use[i])
			return give(n, i, key);
	return 0;
}
