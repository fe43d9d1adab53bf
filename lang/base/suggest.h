/* SPDX-License-Identifier: Apache-2.0 */
/* "Did you mean": the candidate nearest to a misspelt word. */
#pragma once

#include <stddef.h>

struct suggest {
	const char *word; /* borrowed, as are the candidates */
	const char *best;
	size_t distance;
	const char *rival; /* another one that is as near as `best`; NULL: none is */
};

/* suggest_init(), one suggest_offer() a candidate, then `best`: NULL when nothing is near
 * enough to be a plausible slip (a third of the word, case and transpositions count little; one
 * letter is never like another). */
void suggest_init(struct suggest *s, const char *word);
void suggest_offer(struct suggest *s, const char *candidate);
