/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "tests/bench/requests/genre.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/random.h"

enum { SERVICE_SHARE = 8, FEWEST_SERVICES = 4, BROKEN_PERCENT = 30 };

/*
 * $S is the name of a service, $A a name of the rule's own. In examples $w is any word, $d a
 * number, $x hexadecimal, $e the ending of a file, $p one of public and shared.
 */
static const struct form {
	const char *method, *path, *example;
} forms[] = {
	{"GET", "/api/v[0-9]+/$S$A/[0-9]+", "/api/v$d/$S$A/$d"},
	{"GET", "/$S/$A/.*", "/$S/$A/$w/$w"},
	{"POST", "/$S/items/$A/[a-z0-9-]+/detail", "/$S/items/$A/$w-$d/detail"},
	{"GET", "/static/$A/.*\\.(js|css|png)", "/static/$A/$w/$w.$e"},
	{"PUT", "/$S/$A", "/$S/$A"},
	{"GET", "/$S/(public|shared)/$A/[^/]+/meta", "/$S/$p/$A/$w/meta"},
	{"DELETE", "/$S/obj/$A-[0-9a-f]+(/.*)?", "/$S/obj/$A-$x"},
};

struct genre_names {
	const struct form *form;
	const char *service, *own;
};

struct maker {
	struct genre *genre;
	struct random dice;
	struct genre_names *names; /* by rule */
};

static void put_letters(struct maker *m, struct buf *out, const char *letters, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		buf_putc(out, letters[random_below(&m->dice, (uint32_t)strlen(letters))]);
}

static void put_word(struct maker *m, struct buf *out, unsigned n)
{
	put_letters(m, out, "abcdefghijklmnopqrstuvwxyz", n);
}

static const char *word(struct maker *m, unsigned n)
{
	_cleanup_buf_ struct buf out = {0};

	put_word(m, &out, n);
	return arena_strdup(&m->genre->arena, buf_str(&out));
}

static void put_part(struct maker *m, const struct genre_names *names, char what, struct buf *out)
{
	static const char *const endings[] = {"js", "css", "png"};
	static const char *const parts[] = {"public", "shared"};

	switch (what) {
	case 'S':
		buf_puts(out, names->service);
		return;
	case 'A':
		buf_puts(out, names->own);
		return;
	case 'w':
		put_word(m, out, 6 + random_below(&m->dice, 7));
		return;
	case 'd':
		buf_printf(out, "%u", 1 + random_below(&m->dice, 1000));
		return;
	case 'x':
		put_letters(m, out, "0123456789abcdef", 12);
		return;
	case 'e':
		buf_puts(out, random_pick(&m->dice, endings));
		return;
	case 'p':
		buf_puts(out, random_pick(&m->dice, parts));
		return;
	default:
		abort();
	}
}

static void put_form(struct maker *m, const struct genre_names *names, const char *form,
		     struct buf *out)
{
	for (const char *p = form; *p; p++) {
		if (*p == '$')
			put_part(m, names, *++p, out);
		else
			buf_putc(out, *p);
	}
}

static void add_rule(struct maker *m, struct genre_names *names)
{
	_cleanup_buf_ struct buf path = {0};
	struct genre_rule rule = {.method = names->form->method};

	put_form(m, names, names->form->path, &path);
	rule.path = arena_strdup(&m->genre->arena, buf_str(&path));
	vec_push(&m->genre->arena, &m->genre->rules, rule);
}

static void make_rules(struct maker *m, unsigned n)
{
	unsigned n_services =
		n / SERVICE_SHARE < FEWEST_SERVICES ? FEWEST_SERVICES : n / SERVICE_SHARE;
	const char **services = arena_array(&m->genre->arena, const char *, n_services);

	for (unsigned i = 0; i < n_services; i++)
		services[i] = word(m, 4 + random_below(&m->dice, 6));
	m->names = arena_array(&m->genre->arena, struct genre_names, n);
	for (unsigned i = 0; i < n; i++) {
		m->names[i].form = &random_pick(&m->dice, forms);
		m->names[i].service = services[random_below(&m->dice, n_services)];
		m->names[i].own = word(m, 6);
		add_rule(m, &m->names[i]);
	}
}

static void add_request(struct maker *m)
{
	size_t n = m->genre->rules.n;
	const struct genre_names *names = &m->names[random_below(&m->dice, (uint32_t)n)];
	size_t method_len = strlen(names->form->method);
	_cleanup_buf_ struct buf line = {0};

	buf_printf(&line, "%s ", names->form->method);
	put_form(m, names, names->form->example, &line);
	if (random_chance(&m->dice, BROKEN_PERCENT)) {
		size_t from = method_len + 2;
		static const char by[] = "abcxyz019";

		line.s[from + random_below(&m->dice, (uint32_t)(line.n - from))] =
			by[random_below(&m->dice, sizeof(by) - 1)];
	}
	vec_push(&m->genre->arena, &m->genre->requests,
		 (struct genre_request){arena_strdup(&m->genre->arena, buf_str(&line)), method_len,
					line.n});
}

void genre_init(struct genre *g, unsigned rules)
{
	struct maker m = {.genre = g, .dice = {rules}};

	*g = (struct genre){0};
	arena_init(&g->arena);
	make_rules(&m, rules);
	for (unsigned i = 0; i < GENRE_REQUESTS; i++)
		add_request(&m);
	g->names = m.names;
}

void genre_fini(struct genre *g)
{
	arena_fini(&g->arena);
}

/* --- for those who take them as they are used ---------------------------------------------- */

void genre_policy(const struct genre *g, struct buf *out)
{
	buf_puts(out, "policy p for all { ingress { allow from all on tcp/80 http {\n");
	vec_each (const struct genre_rule, rule, &g->rules)
		buf_printf(out, "%s \"%s\"\n", rule->method, rule->path);
	buf_puts(out, "} } }\nendpoint a { }\n");
}

static int by_text(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void keep(void *path)
{
	(void)path; /* the arena has it */
}

const char *const *genre_paths(struct genre *g, size_t n)
{
	struct maker m = {.genre = g, .dice = {g->rules.n + n}};
	const char **paths = arena_array(&g->arena, const char *, n);
	void *seen = NULL;

	for (size_t i = 0; i < n;) {
		const struct genre_names *names =
			&g->names[random_below(&m.dice, (uint32_t)g->rules.n)];
		_cleanup_buf_ struct buf path = {0};

		if (strcmp(names->form->method, "GET") != 0)
			continue;
		put_form(&m, names, names->form->example, &path);
		paths[i] = arena_strdup(&g->arena, buf_str(&path));
		i += *(const char **)tsearch(paths[i], &seen, by_text) == paths[i];
	}
	tdestroy(seen, keep);
	return paths;
}
