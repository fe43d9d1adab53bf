/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Envoy reads the values of a header that was sent several times as one text, with commas between
 * them, and so it cannot tell it from one value with commas in it. Where no value of several
 * matches, their joined text must not match either. That is a walk over one automaton at two
 * places: by the joined text, and by the value that is being read, which ends at some of the
 * commas.
 */
#include <string.h>

#include "codegen/envoy/envoy.h"
#include "compiler/l7/dfa.h"

enum { MAX_STATES = 1000, MAX_STEPS = 20000000, NO_PLACE = UINT32_MAX };

struct place {
	uint32_t joined, value;
	bool several;
};

struct walk {
	const struct dfa *dfa;
	uint8_t letters[257];
	size_t n_letters;
	uint32_t *from; /* by number of a place; itself: the start */
	uint8_t *by;
	VEC(uint32_t) reached;
	struct arena *arena;
};

static uint32_t number_of(const struct walk *w, struct place p)
{
	return (p.joined * w->dfa->n_states + p.value) * 2 + p.several;
}

static struct place place_of(const struct walk *w, uint32_t n)
{
	return (struct place){n / 2 / w->dfa->n_states, n / 2 % w->dfa->n_states, n & 1};
}

static bool accepts(const struct walk *w, uint32_t state)
{
	return dfa_accept_has(&w->dfa->sets.v[w->dfa->accepts[state]], 0);
}

static uint32_t step(const struct walk *w, uint32_t state, uint8_t byte)
{
	return w->dfa->next[state * w->dfa->n_classes + w->dfa->classes[byte]];
}

/* No value of HTTP has others. */
static bool can_be_sent(unsigned c)
{
	return c == '\t' || (c >= ' ' && c != 0x7f);
}

/* One byte a class, a letter if there is one, and the comma. */
static void pick_letters(struct walk *w)
{
	static const char liked[] = "abcdefghijklmnopqrstuvwxyz0123456789";
	bool seen[256] = {0};

	w->letters[w->n_letters++] = ',';
	for (unsigned i = 0; i < 256 + sizeof(liked) - 1; i++) {
		unsigned c = i < sizeof(liked) - 1 ? (unsigned char)liked[i]
						   : i - (unsigned)(sizeof(liked) - 1);

		if (seen[w->dfa->classes[c]] || !can_be_sent(c))
			continue;
		seen[w->dfa->classes[c]] = true;
		w->letters[w->n_letters++] = (uint8_t)c;
	}
}

static void reach(struct walk *w, struct place p, uint32_t from, uint8_t byte)
{
	uint32_t n = number_of(w, p);

	if (p.joined == DFA_DEAD || w->from[n] != NO_PLACE)
		return;
	w->from[n] = from == NO_PLACE ? n : from;
	w->by[n] = byte;
	vec_push(w->arena, &w->reached, n);
}

static void go_on(struct walk *w, uint32_t from)
{
	struct place p = place_of(w, from);

	for (size_t i = 0; i < w->n_letters; i++) {
		uint8_t c = w->letters[i];
		struct place to = {step(w, p.joined, c), step(w, p.value, c), p.several};

		reach(w, to, from, c);
		if (c == ',' && !accepts(w, p.value))
			reach(w, (struct place){to.joined, w->dfa->start, true}, from, c);
	}
}

static const char *text_to(const struct walk *w, uint32_t n)
{
	size_t len = 0;
	char *text;

	for (uint32_t at = n; w->from[at] != at; at = w->from[at])
		len++;
	text = arena_alloc(w->arena, len + 1);
	text[len] = '\0';
	for (uint32_t at = n; w->from[at] != at; at = w->from[at])
		text[--len] = (char)w->by[at];
	return text;
}

static const char *find(struct walk *w)
{
	reach(w, (struct place){w->dfa->start, w->dfa->start, false}, NO_PLACE, 0);
	for (size_t i = 0; i < w->reached.n; i++) {
		struct place p = place_of(w, w->reached.v[i]);

		if (p.several && accepts(w, p.joined) && !accepts(w, p.value))
			return text_to(w, w->reached.v[i]);
		go_on(w, w->reached.v[i]);
	}
	return NULL;
}

enum envoy_joined envoy_join(struct arena *arena, const struct l7_node *tree, const char **example)
{
	struct dfa_limits limits = {MAX_STATES, MAX_STEPS};
	struct walk w = {.arena = arena, .dfa = dfa_build(arena, &tree, 1, &limits)};
	size_t places;

	if (!w.dfa)
		return ENVOY_TOO_LARGE;
	places = (size_t)w.dfa->n_states * w.dfa->n_states * 2;
	w.from = arena_array(arena, uint32_t, places);
	w.by = arena_array(arena, uint8_t, places);
	memset(w.from, 0xff, places * sizeof(*w.from));
	pick_letters(&w);
	*example = find(&w);
	return *example ? ENVOY_MIXED_UP : ENVOY_TOLD_APART;
}
