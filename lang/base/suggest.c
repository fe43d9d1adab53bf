/* SPDX-License-Identifier: Apache-2.0 */
#include "lang/base/suggest.h"

#include <string.h>
#include <strings.h>

enum { WORD_MAX = 63 };

void suggest_init(struct suggest *s, const char *word)
{
	size_t n = strlen(word);

	*s = (struct suggest){.word = word, .distance = (n < 2 ? 0 : n < 3 ? 1 : n / 3) + 1};
}

static size_t min3(size_t a, size_t b, size_t c)
{
	size_t m = a < b ? a : b;

	return m < c ? m : c;
}

/* Optimal string alignment distance: insert, delete, replace, swap neighbours. */
static size_t distance(const char *a, size_t na, const char *b, size_t nb)
{
	size_t row[3][WORD_MAX + 1];
	size_t *before = row[0], *last = row[1], *now = row[2];

	for (size_t j = 0; j <= nb; j++)
		last[j] = j;
	for (size_t i = 1; i <= na; i++) {
		size_t *spare = before;

		now[0] = i;
		for (size_t j = 1; j <= nb; j++) {
			size_t cost = a[i - 1] != b[j - 1];

			now[j] = min3(last[j] + 1, now[j - 1] + 1, last[j - 1] + cost);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    before[j - 2] + 1 < now[j])
				now[j] = before[j - 2] + 1;
		}
		before = last;
		last = now;
		now = spare;
	}
	return last[nb];
}

void suggest_offer(struct suggest *s, const char *candidate)
{
	size_t na = strlen(s->word), nb = strlen(candidate), d;

	if (na > WORD_MAX || nb > WORD_MAX)
		return;
	/* So many letters are inserted or deleted at least. */
	if ((na > nb ? na - nb : nb - na) > s->distance)
		return;
	d = strcasecmp(s->word, candidate) == 0 ? 1 : distance(s->word, na, candidate, nb);
	if (d < s->distance) {
		s->distance = d;
		s->best = candidate;
		s->rival = NULL;
	} else if (d == s->distance && s->best && strcmp(s->best, candidate) != 0) {
		s->rival = candidate;
	}
}
