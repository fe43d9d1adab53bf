/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a rule set decided: a file of numbers for each, mapped by all threads that ask it. Its name
 * has that of the set and the first digits of the set's hash, so that rules which say something
 * else are counted anew.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "compiler/l7/flat.h"

/* Requests that no entry matches, and then those that each entry decides. */
static inline size_t proxy_hits_count(const struct flat_header *set)
{
	return (size_t)set->n_entries + 1;
}

static inline size_t proxy_hits_size(const struct flat_header *set)
{
	return proxy_hits_count(set) * sizeof(uint64_t);
}

/* In this directory; NULL: they cannot be counted. The caller munmap()s proxy_hits_size() bytes. */
_Atomic uint64_t *proxy_hits_map(int dir, const char *name, const struct flat_header *set);

/* As many numbers; zeroes where nothing was decided yet. Returns 0 or -errno. */
int proxy_hits_read(const char *dir, const char *name, const struct flat_header *set,
		    uint64_t *out);
