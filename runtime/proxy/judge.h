/* SPDX-License-Identifier: Apache-2.0 */
/* What HAProxy asks of each request, by whatever way it loads this: each thread has one. */
#pragma once

#include <stddef.h>

#include "runtime/proxy/request.h"
#include "runtime/proxy/sets.h"
#include "runtime/proxy/telling.h"

struct proxy_judge {
	struct proxy_sets *sets;
	struct proxy_telling telling;
};

/*
 * The number of the entry that decides, from 1 on, and negative if it denies; 0: none matches. Of
 * one that is refused, PROXY_REFUSED and its reading are the number of an entry that denies; of
 * one that is to be told, PROXY_TELL is added, away from 0, and 0 becomes a denial. And what is no
 * verdict yet:
 */
enum {
	PROXY_TELL = 1 << 20,
	PROXY_REFUSED = PROXY_TELL - 256,
	PROXY_AGAIN = -(1 << 29), /* to be prepared, and asked again (PROXY_PREPARE) */
};

/* `dir` and `hits` as of proxy_sets_open(). 0, or a negative errno. */
int proxy_judge_open(struct proxy_judge *j, const char *dir, const char *hits);
void proxy_judge_close(struct proxy_judge *j);
long proxy_judge(struct proxy_judge *j, const struct proxy_parts *parts);
/* What was cut off is refused. */
long proxy_judge_text(struct proxy_judge *j, const char *text, size_t n);
