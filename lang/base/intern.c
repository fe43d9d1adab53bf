/* SPDX-License-Identifier: Apache-2.0 */
#include "lang/base/intern.h"

#include <string.h>

void intern_init(struct intern *t, struct arena *arena)
{
	*t = (struct intern){.arena = arena};
}

struct wanted {
	const struct intern *t;
	const char *s;
};

static bool equals(const void *key, uint32_t item)
{
	const struct wanted *w = key;

	return strcmp(w->t->strings.v[item], w->s) == 0;
}

static struct hash_key key_of(const struct wanted *w)
{
	return (struct hash_key){hash_bytes(w->s, strlen(w->s)), equals, w};
}

uint32_t intern_add(struct intern *t, const char *s)
{
	struct wanted w = {t, s};
	struct hash_key key = key_of(&w);
	uint32_t id = hash_put(&t->ids, t->arena, &key);

	if (id == t->strings.n)
		vec_push(t->arena, &t->strings, arena_strdup(t->arena, s));
	return id;
}

uint32_t intern_find(const struct intern *t, const char *s)
{
	struct wanted w = {t, s};
	struct hash_key key = key_of(&w);

	return hash_find(&t->ids, &key);
}

const char *intern_str(const struct intern *t, uint32_t id)
{
	return t->strings.v[id];
}
