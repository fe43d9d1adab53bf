/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The numbers that the listeners of a proxy have: each stays with its key. Where all were given to
 * somebody, those that are not in use are given again.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "runtime/node/state/node.h"

struct rt_numbers {
	struct rt_listener *known; /* by number, from 1 on */
	bool *in_use;              /* by number: it stays with its key */
	uint32_t limit;            /* they are below this */
	uint32_t next;             /* the first that nobody ever had */
};

/* `known` and `in_use` have `limit` elements. */
void rt_numbers_init(struct rt_numbers *n, struct rt_listener *known, bool *in_use, uint32_t limit);

/* Each returns a number that is in use from then on, or 0. */

/* The one of this key. */
uint32_t rt_numbers_find(struct rt_numbers *n, const char *key);
/* One that nobody ever had. */
uint32_t rt_numbers_fresh(struct rt_numbers *n, const char *key);
/* One of another key that is not in use. */
uint32_t rt_numbers_again(struct rt_numbers *n, const char *key);
