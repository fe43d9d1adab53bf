/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rows of a table while it is made: classes of peers that the same rules match. Of the
 * signature of a class only what a rule of the table asks for is looked at, and of the rules only
 * those that ask for what the class has.
 */
#include <stdlib.h>
#include <string.h>

#include "compiler/classes/table_work.h"
#include "lang/base/work.h"

enum { NOTHING = UINT32_MAX };

/* A rule that asks for an atom, and the next one that does. */
struct atom_rule {
	uint32_t rule, next; /* places in table_work.rules, in rules_by_atom.list */
};

/* Some bits of a signature. */
struct sig_bits {
	uint32_t word;
	uint64_t bits;
};

struct rules_by_atom {
	uint32_t *first; /* by atom, into `list`; NOTHING for all between two tables */
	VEC(struct atom_rule) list;
	VEC(uint32_t) atoms;
	VEC(struct sig_bits) asked; /* the same atoms */
};

static int cmp_numbers(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static void list_bits(struct arena *arena, struct rules_by_atom *by)
{
	if (by->atoms.n)
		qsort(by->atoms.v, by->atoms.n, sizeof(*by->atoms.v), cmp_numbers);
	vec_each (const uint32_t, atom, &by->atoms) {
		if (!by->asked.n || by->asked.v[by->asked.n - 1].word != *atom / 64)
			vec_push(arena, &by->asked, (struct sig_bits){.word = *atom / 64});
		by->asked.v[by->asked.n - 1].bits |= 1ull << (*atom % 64);
	}
}

static void index_rules(const struct table_work *w, struct rules_by_atom *by)
{
	*by = (struct rules_by_atom){.first = w->c->first_of_atom};
	for (uint32_t i = 0; i < w->rules.n; i++) {
		const uint32_t *atoms = w->c->atoms_of_rule[w->rules.v[i]->id];

		for (; *atoms != UINT32_MAX; atoms++) {
			if (by->first[*atoms] == NOTHING)
				vec_push(w->c->arena, &by->atoms, *atoms);
			vec_push(w->c->arena, &by->list, (struct atom_rule){i, by->first[*atoms]});
			by->first[*atoms] = (uint32_t)by->list.n - 1;
		}
	}
	list_bits(w->c->arena, by);
}

static void forget_rules(struct rules_by_atom *by)
{
	vec_each (const uint32_t, atom, &by->atoms)
		by->first[*atom] = NOTHING;
}

static void add_rules(const struct rules_by_atom *by, uint32_t atom, uint64_t *mask)
{
	for (uint32_t i = by->first[atom]; i != NOTHING; i = by->list.v[i].next)
		mask[by->list.v[i].rule / 64] |= 1ull << (by->list.v[i].rule % 64);
}

static void find_rules(const struct rules_by_atom *by, const uint64_t *sig, uint64_t *mask)
{
	vec_each (const struct sig_bits, asked, &by->asked)
		for (uint64_t bits = sig[asked->word] & asked->bits; bits; bits &= bits - 1)
			add_rules(by, asked->word * 64 + (uint32_t)__builtin_ctzll(bits), mask);
}

static void add_class(struct cls_build_ctx *c, uint32_t cls, struct cls_having *out)
{
	if (out->classes.n <= FEW_CLASSES)
		vec_push(c->arena, &out->classes, cls);
}

static void add_classes(struct cls_build_ctx *c, uint32_t cls, uint32_t word, uint64_t bits)
{
	for (; bits; bits &= bits - 1) {
		struct cls_having *having =
			&c->classes_of_atom[word * 64 + (uint32_t)__builtin_ctzll(bits)];

		add_class(c, cls, having);
	}
}

void cls_find_classes_of_atoms(struct cls_build_ctx *c)
{
	size_t n_atoms = c->traits.atoms.n;

	c->classes_of_atom = arena_array(c->arena, struct cls_having, n_atoms + 1);
	for (uint32_t cls = 0; cls < c->cls->n_classes; cls++) {
		const uint64_t *sig = c->sigs.v[cls];

		if (!cls || cls_is_node(c, cls) != cls_is_node(c, cls - 1))
			add_class(c, cls, &c->borders);
		for (uint32_t word = 0; word < n_atoms / 64; word++)
			add_classes(c, cls, word, sig[word]);
		if (n_atoms % 64)
			add_classes(c, cls, (uint32_t)(n_atoms / 64),
				    sig[n_atoms / 64] & ((1ull << n_atoms % 64) - 1));
	}
}

void cls_add_run(struct arena *arena, uint32_t first, uint32_t row, struct cls_runs *runs)
{
	if (!runs->list.n || runs->list.v[runs->list.n - 1].row != row)
		vec_push(arena, &runs->list, (struct cls_run){first, row});
}

static uint32_t name_number(const struct table_work *w, const struct cls_name *name, uint32_t cls)
{
	int port;

	if (w->recipe->dir == IR_EGRESS)
		return cls_port_of_class(w->c, cls, name->proto, name->name);
	port = ir_endpoint_port(w->recipe->subject, name->proto, name->name);
	return port < 0 ? CLS_NO_PORT : (uint32_t)port;
}

/* What tells rows apart, in one piece. */
struct row_key {
	uint64_t *mask;
	uint32_t *ports; /* of the names, and then whether it is the node */
	size_t size;
};

static void make_key(const struct table_work *w, const struct rules_by_atom *by, bool spares,
		     uint32_t cls, const struct row_key *key)
{
	memset(key->mask, 0, key->size);
	find_rules(by, w->c->sigs.v[cls], key->mask);
	for (size_t i = 0; i < w->names.n; i++)
		key->ports[i] = name_number(w, &w->names.v[i], cls);
	key->ports[w->names.n] = spares && cls_is_node(w->c, cls);
}

static void add_row(struct table_work *w, const void *bytes)
{
	const uint64_t *mask = bytes;
	const uint32_t *ports = (const uint32_t *)(mask + w->mask_words);

	vec_push(w->c->arena, &w->rows, (struct raw_row){mask, ports, ports[w->names.n]});
}

/* The rows while they are numbered, in the order of their first classes. */
struct numbering {
	struct table_work *w;
	const struct rules_by_atom *by;
	bool spares; /* it counts who is the node */
	struct row_key key;
	struct keyset rows;
};

static void numbering_init(struct numbering *n, struct table_work *w,
			   const struct rules_by_atom *by, bool spares)
{
	size_t mask_size = w->mask_words * sizeof(uint64_t);
	size_t size = mask_size + (w->names.n + 1) * sizeof(uint32_t);

	*n = (struct numbering){.w = w, .by = by, .spares = spares, .key = {.size = size}};
	n->key.mask = arena_alloc(w->c->arena, size + sizeof(uint64_t));
	n->key.ports = (uint32_t *)(n->key.mask + w->mask_words);
	keyset_init(&n->rows, w->c->arena);
}

static void number_class(struct numbering *n, uint32_t cls)
{
	struct table_work *w = n->w;
	const struct cls_run *last = w->runs.list.n ? &w->runs.list.v[w->runs.list.n - 1] : NULL;
	uint32_t id;

	make_key(w, n->by, n->spares, cls, &n->key);
	/* Most are as the one before. */
	if (last && memcmp(n->rows.keys.v[last->row].bytes, n->key.mask, n->key.size) == 0)
		return;
	id = keyset_add(&n->rows, n->key.mask, n->key.size);
	if (id == w->rows.n)
		add_row(w, n->rows.keys.v[id].bytes);
	cls_add_run(w->scratch, cls, id, &w->runs);
}

static void number_all(struct numbering *n)
{
	for (uint32_t cls = 0; cls < n->w->c->cls->n_classes && !work_is_over(n->w->c->opts.work);
	     cls++)
		number_class(n, cls);
}

static bool add_borders(const struct cls_having *from, uint32_t n_classes, struct arena *arena,
			struct cls_having *out)
{
	if (from->classes.n > FEW_CLASSES)
		return false;
	vec_each (const uint32_t, cls, &from->classes) {
		vec_push(arena, &out->classes, *cls);
		if (*cls + 1 < n_classes)
			vec_push(arena, &out->classes, *cls + 1);
	}
	return true;
}

/* Where rows may begin: with a class that some rule matches, and behind it. False: these are too
 * many, or names of ports tell classes apart. */
static bool find_borders(const struct numbering *n, struct cls_having *out)
{
	const struct table_work *w = n->w;

	/* In ingress they are the subject's. */
	if (w->recipe->dir == IR_EGRESS && w->names.n)
		return false;
	if (!add_borders(&w->c->borders, w->c->cls->n_classes, w->scratch, out))
		return false;
	vec_each (const uint32_t, atom, &n->by->atoms)
		if (!add_borders(&w->c->classes_of_atom[*atom], w->c->cls->n_classes, w->scratch,
				 out))
			return false;
	qsort(out->classes.v, out->classes.n, sizeof(*out->classes.v), cmp_numbers);
	return true;
}

static void number_rows(struct numbering *n)
{
	struct cls_having borders = {0};
	uint32_t next = 0;

	if (!find_borders(n, &borders)) {
		number_all(n);
		return;
	}
	vec_each (const uint32_t, cls, &borders.classes) {
		if (*cls < next)
			continue;
		number_class(n, *cls);
		next = *cls + 1;
	}
}

void cls_build_rows(struct table_work *w)
{
	struct rules_by_atom by;
	struct numbering n;
	bool spares = false;

	vec_each (const struct tier_part, part, &w->tiers)
		spares |= part->otherwise_node != part->otherwise;
	index_rules(w, &by);
	numbering_init(&n, w, &by, spares);
	number_rows(&n);
	forget_rules(&by);
}
