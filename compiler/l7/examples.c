/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/l7/examples.h"

#include <string.h>

enum { NO_STATE = UINT32_MAX };

/* The way by which a state was first come to. */
struct step {
	uint32_t from; /* NO_STATE: not yet, or the start */
	uint8_t byte;
	uint32_t length; /* in bytes of the way */
};

/* Bytes in the order in which they are liked. */
static unsigned rank(unsigned c)
{
	static const char liked[] = "/abcdefghijklmnopqrstuvwxyz0123456789-._"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	const char *at = c ? strchr(liked, (int)c) : NULL;

	if (at)
		return (unsigned)(at - liked);
	return c > ' ' && c < 0x7f ? 100 + c : 300 + c;
}

/* The class of each byte that is liked best in its class, the best first; returns how many. */
static uint32_t pick_bytes(const struct dfa *d, uint8_t *bytes)
{
	bool seen[256] = {0};
	uint32_t n = 0;

	while (n < d->n_classes) {
		int best = -1;

		for (int c = 0; c < 256; c++)
			if (!seen[d->classes[c]] &&
			    (best < 0 || rank((unsigned)c) < rank((unsigned)best)))
				best = c;
		seen[d->classes[best]] = true;
		bytes[n++] = (uint8_t)best;
	}
	return n;
}

/* Where a character beyond ASCII is its first byte, the second one is this. */
static bool has_tail(const struct dfa *d, uint8_t byte)
{
	return d->whole_characters && byte >= 0xc2;
}

static const char *text_of(struct arena *arena, const struct dfa *d, const struct step *steps,
			   uint32_t state)
{
	size_t n = steps[state].length;
	char *text = arena_alloc(arena, n + 1);

	while (steps[state].from != NO_STATE) {
		if (has_tail(d, steps[state].byte))
			text[--n] = (char)0xa9;
		text[--n] = (char)steps[state].byte;
		if (!steps[state].byte)
			return NULL;
		state = steps[state].from;
	}
	return text;
}

const char *const *dfa_examples(struct arena *arena, const struct dfa *d)
{
	const char **texts = arena_array(arena, const char *, d->sets.n + 1);
	struct step *steps = arena_array(arena, struct step, d->n_states);
	uint32_t *queue = arena_array(arena, uint32_t, d->n_states), end = 0;
	bool *come_to = arena_array(arena, bool, d->n_states);
	uint8_t bytes[256];
	uint32_t n = pick_bytes(d, bytes);

	steps[d->start].from = NO_STATE;
	come_to[d->start] = true;
	queue[end++] = d->start;
	for (uint32_t i = 0; i < end; i++) {
		uint32_t state = queue[i];
		const char **text = &texts[d->accepts[state]];

		if (!*text)
			*text = text_of(arena, d, steps, state);
		for (uint32_t k = 0; k < n; k++) {
			uint32_t to = d->next[(size_t)state * d->n_classes + d->classes[bytes[k]]];

			/* A byte that only ever follows another changes nothing. */
			if (come_to[to])
				continue;
			come_to[to] = true;
			steps[to] = (struct step){state, bytes[k],
						  steps[state].length + 1 + has_tail(d, bytes[k])};
			queue[end++] = to;
		}
	}
	return texts;
}
