/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/l7/space.h"

#include <assert.h>
#include <string.h>

#include "compiler/l7/examples.h"

enum { MAX_STATES = 50000, MAX_STEPS = 100000000, MAX_CHOICES = 4096, MAX_TRIES = 100000 };

/* What one value can be: which patterns it matches, by an example. For a header, two values of it.
 */
struct choice {
	const char *values[2]; /* NULL: it is not there */
	const l7_bits *leaves; /* the entries that it leaves */
};

struct axis {
	enum l7_source source;
	const char *name;
	VEC(struct choice) choices;
};

struct l7_space {
	const struct l7_entries *entries;
	size_t n_words;
	VEC(struct axis) axes;
};

/* --- what values there are ------------------------------------------------------------------ */

#define VISIBLE "[!-~\\x{80}-\\x{10ffff}]"

#define PATH_CHAR "[^\\x00-\\x20\\x7f?#]"

/* Every value that can be sent, of a source; and whether there may be none. */
static const struct {
	const char *values;
	bool optional;
} domains[] = {
	[L7_METHOD] = {"[!#$%&'*+.^_`|~0-9A-Za-z-]+", false},
	/* origin-form, asterisk-form, authority-form, absolute-form; without the query */
	[L7_PATH] = {"/" PATH_CHAR "*|\\*|[^\\x00-\\x20\\x7f/?#@]+:[0-9]{1,5}|https?://" PATH_CHAR
		     "+",
		     false},
	[L7_HOST] = {"[0-9A-Za-z._~!$&'()*+,;=%-]*|\\[[0-9A-Fa-f:.]+\\]", true},
	[L7_HEADER] = {"(?:" VISIBLE "(?:(?:[\\t ]|" VISIBLE ")*" VISIBLE ")?)?", true},
	[L7_API] = {"[A-Za-z]+", true},
	[L7_TOPIC] = {"[0-9A-Za-z._-]+", true},
	[L7_CLIENT] = {"[^\\x00]*", true},
};

static bool is_kafka(enum l7_source source)
{
	return source >= L7_API;
}

/* --- axes ------------------------------------------------------------------------------- */

struct builder {
	struct arena *arena;
	struct l7_space *space;
	struct l7_fault *fault;
	struct l7_asked_list asked;
	uint32_t together;
	bool *done;
};

/* The number of the pattern of all that can be sent, behind those that are asked for. */
static uint32_t domain_of(const struct l7_value *v)
{
	return (uint32_t)v->patterns.n - 1;
}

static void add_domain(struct builder *b, struct l7_value *v)
{
	vec_push(b->arena, &v->patterns,
		 (struct l7_pattern){.text = domains[v->first->source].values, .form = L7_REGEX});
}

/* A header may be sent more than once; all else has one value, which is all that is asked of it. */
static bool has_many(const struct l7_asked *a)
{
	return a->source == L7_HEADER && strcmp(a->name, "host") != 0;
}

/* How many values of it entries that match together ask for at most. */
static uint32_t most_of(const struct builder *b, const struct l7_value *v)
{
	uint32_t most = 0, of_one = 0;

	if (!has_many(v->first))
		return 1;
	vec_each (const struct l7_asked *const, a, &v->asked)
		of_one = (*a)->nth + 1 > of_one ? (*a)->nth + 1 : of_one;
	most = of_one * b->together;
	return most < domain_of(v) ? most : domain_of(v);
}

static const struct dfa *build_dfa(struct builder *b, const struct l7_value *v)
{
	struct dfa_limits limits = {MAX_STATES, MAX_STEPS};
	const struct l7_node **trees = arena_array(b->arena, const struct l7_node *, v->patterns.n);

	for (size_t i = 0; i < v->patterns.n; i++) {
		b->fault->pattern = &v->patterns.v[i];
		trees[i] = l7_pattern_tree(b->arena, &v->patterns.v[i], &b->fault->text);
		if (!trees[i])
			return NULL;
	}
	b->fault->text = "all expressions together take too many states";
	return dfa_build(b->arena, trees, v->patterns.n, &limits);
}

/* The entries that stay if the value matches these: all of what an entry asks for has to be there.
 */
static const l7_bits *left_by(struct builder *b, const struct l7_value *v,
			      const struct dfa_accept *one, const struct dfa_accept *other)
{
	l7_bits *row = arena_array(b->arena, l7_bits, b->space->n_words);

	for (size_t i = 0; i < b->space->entries->list.n; i++)
		l7_bits_set(row, i);
	for (size_t i = 0; i < v->asked.n; i++) {
		uint32_t entry = v->asked.v[i]->entry;

		if (!(one && dfa_accept_has(one, v->pattern.v[i])) &&
		    !(other && dfa_accept_has(other, v->pattern.v[i])))
			l7_bits_clear(row, entry);
	}
	return row;
}

static void add_choice(struct builder *b, struct axis *axis, const char *one, const char *other,
		       const l7_bits *leaves)
{
	vec_push(b->arena, &axis->choices, (struct choice){{one, other}, leaves});
}

static bool add_choices(struct builder *b, const struct l7_value *v, const struct dfa *dfa,
			struct axis *axis)
{
	const char *const *texts = dfa_examples(b->arena, dfa);
	uint32_t domain = domain_of(v), most = most_of(b, v);
	VEC(uint32_t) sets = {0};

	for (uint32_t s = 0; s < dfa->sets.n; s++)
		if (texts[s] && dfa_accept_has(&dfa->sets.v[s], domain))
			vec_push(b->arena, &sets, s);
	if (most > 2 || (most == 2 && sets.n * sets.n > MAX_CHOICES) || sets.n > MAX_CHOICES)
		return false;
	if (domains[axis->source].optional)
		add_choice(b, axis, NULL, NULL, left_by(b, v, NULL, NULL));
	vec_each (const uint32_t, s, &sets)
		add_choice(b, axis, texts[*s], NULL, left_by(b, v, &dfa->sets.v[*s], NULL));
	for (size_t i = 0; most == 2 && i < sets.n; i++)
		for (size_t k = 0; k < i; k++)
			add_choice(b, axis, texts[sets.v[i]], texts[sets.v[k]],
				   left_by(b, v, &dfa->sets.v[sets.v[i]], &dfa->sets.v[sets.v[k]]));
	return true;
}

static bool add_axis(struct builder *b, const struct l7_value *v)
{
	struct axis axis = {.source = v->first->source, .name = v->first->name};
	const struct dfa *dfa = build_dfa(b, v);

	if (!dfa)
		return false;
	b->fault->text = "too many values of it are told apart";
	if (!add_choices(b, v, dfa, &axis))
		return false;
	vec_push(b->arena, &b->space->axes, axis);
	return true;
}

const struct l7_space *l7_space_build(struct arena *arena, const struct l7_entries *entries,
				      uint32_t together, struct l7_fault *fault)
{
	struct builder b = {.arena = arena,
			    .space = arena_new(arena, struct l7_space),
			    .together = together,
			    .fault = fault};

	b.space->entries = entries;
	b.space->n_words = l7_bits_words(entries);
	l7_ask(arena, entries, &b.asked);
	b.done = arena_array(arena, bool, b.asked.list.n + 1);
	for (size_t i = 0; i < b.asked.list.n; i++) {
		struct l7_value v = {0};

		if (b.done[i])
			continue;
		l7_collect(arena, &b.asked, i, false, b.done, &v);
		add_domain(&b, &v);
		if (!add_axis(&b, &v))
			return NULL;
	}
	return b.space;
}

/* --- looking for a request -------------------------------------------------------------------- */

struct search {
	struct arena *arena;
	const struct l7_space *space;
	const l7_bits *must;
	bool kafka;
	const struct choice **chosen; /* by axis */
	size_t tries;
};

static bool has_all(const l7_bits *row, const l7_bits *bits, size_t words)
{
	for (size_t i = 0; i < words; i++)
		if (bits[i] & ~row[i])
			return false;
	return true;
}

static bool is_empty(const l7_bits *bits, size_t words)
{
	for (size_t i = 0; i < words; i++)
		if (bits[i])
			return false;
	return true;
}

/* Of what never may match, what this choice leaves. */
struct option {
	const struct choice *choice;
	const l7_bits *left;
};

struct options {
	VEC(struct option) list;
};

/* No choice is worth trying that leaves all that another one leaves. */
static void add_option(struct search *s, struct options *o, const struct choice *choice,
		       const l7_bits *never)
{
	size_t words = s->space->n_words, kept = 0;
	l7_bits *left = arena_array(s->arena, l7_bits, words);

	for (size_t i = 0; i < words; i++)
		left[i] = never[i] & choice->leaves[i];
	vec_each (const struct option, other, &o->list)
		if (has_all(left, other->left, words))
			return;
	for (size_t i = 0; i < o->list.n; i++)
		if (!has_all(o->list.v[i].left, left, words))
			o->list.v[kept++] = o->list.v[i];
	o->list.n = kept;
	vec_push(s->arena, &o->list, (struct option){choice, left});
}

static void find_options(struct search *s, const struct axis *axis, const l7_bits *never,
			 struct options *out)
{
	vec_each (const struct choice, choice, &axis->choices)
		if (has_all(choice->leaves, s->must, s->space->n_words))
			add_option(s, out, choice, never);
}

static enum l7_answer search(struct search *s, size_t axis, const l7_bits *never)
{
	bool undecided = false;
	struct options options = {0};

	if (axis == s->space->axes.n)
		return is_empty(never, s->space->n_words) ? L7_FOUND : L7_NONE;
	if (is_kafka(s->space->axes.v[axis].source) != s->kafka)
		return search(s, axis + 1, never);
	if (++s->tries > MAX_TRIES)
		return L7_UNDECIDED;
	find_options(s, &s->space->axes.v[axis], never, &options);
	vec_each (const struct option, option, &options.list) {
		enum l7_answer answer;

		s->chosen[axis] = option->choice;
		answer = search(s, axis + 1, option->left);
		if (answer == L7_FOUND)
			return answer;
		undecided |= answer == L7_UNDECIDED;
	}
	return undecided ? L7_UNDECIDED : L7_NONE;
}

static void set_value(struct search *s, const struct axis *axis, const char *value,
		      struct ir_request *out)
{
	const char **places[] = {
		[L7_METHOD] = &out->method, [L7_PATH] = &out->path,   [L7_HOST] = &out->host,
		[L7_API] = &out->api,       [L7_TOPIC] = &out->topic, [L7_CLIENT] = &out->client,
	};

	if (!value)
		return;
	if (axis->source != L7_HEADER)
		*places[axis->source] = value;
	else if (strcmp(axis->name, "host") == 0)
		out->host = value;
	else
		vec_push(s->arena, &out->headers, (struct ir_header){axis->name, value});
}

static void make_request(struct search *s, struct ir_request *out)
{
	*out = (struct ir_request){.kind = s->kafka ? IR_REQUEST_KAFKA : IR_REQUEST_HTTP};
	if (!s->kafka) {
		out->method = "GET";
		out->path = "/";
	}
	for (size_t i = 0; i < s->space->axes.n; i++) {
		const struct axis *axis = &s->space->axes.v[i];

		if (is_kafka(axis->source) != s->kafka)
			continue;
		set_value(s, axis, s->chosen[i]->values[0], out);
		set_value(s, axis, s->chosen[i]->values[1], out);
	}
}

static bool asks_of_kafka(const struct l7_space *space, const l7_bits *must)
{
	for (size_t i = 0; i < space->entries->list.n; i++)
		if (l7_bits_has(must, i))
			return space->entries->list.v[i].rule->l7.kind == IR_L7_KAFKA;
	assert(!"an entry that has to match");
	return false;
}

/* Entries of the other kind match no request of this one. */
static const l7_bits *of_kind(struct search *s, const l7_bits *never)
{
	l7_bits *left = arena_array(s->arena, l7_bits, s->space->n_words);

	for (size_t i = 0; i < s->space->entries->list.n; i++)
		if (l7_bits_has(never, i) &&
		    (s->space->entries->list.v[i].rule->l7.kind == IR_L7_KAFKA) == s->kafka)
			l7_bits_set(left, i);
	return left;
}

/* As the interpreter sees it. Axes may speak of one value, the host with its port and without, and
 * then not every combination of choices is a request. */
static bool is_right(const struct search *s, const l7_bits *never, const struct ir_request *request)
{
	for (size_t i = 0; i < s->space->entries->list.n; i++) {
		const struct l7_entry *e = &s->space->entries->list.v[i];
		bool must = l7_bits_has(s->must, i), not = l7_bits_has(never, i);

		if ((must || not ) && ir_entry_matches(e->rule->l7.kind, e->entry, request) != must)
			return false;
	}
	return true;
}

enum l7_answer l7_space_find(struct arena *arena, const struct l7_space *space, const l7_bits *must,
			     const l7_bits *never, struct ir_request *out)
{
	struct search s = {.arena = arena,
			   .space = space,
			   .must = must,
			   .kafka = asks_of_kafka(space, must),
			   .chosen = arena_array(arena, const struct choice *, space->axes.n + 1)};
	enum l7_answer answer = search(&s, 0, of_kind(&s, never));

	if (answer != L7_FOUND)
		return answer;
	make_request(&s, out);
	return is_right(&s, never, out) ? L7_FOUND : L7_UNDECIDED;
}
