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

static int cmp_atoms(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static void list_bits(struct arena *arena, struct rules_by_atom *by)
{
	if (by->atoms.n)
		qsort(by->atoms.v, by->atoms.n, sizeof(*by->atoms.v), cmp_atoms);
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

static void number_rows(struct table_work *w, const struct rules_by_atom *by, bool spares)
{
	size_t mask_size = w->mask_words * sizeof(uint64_t);
	struct row_key key = {.size = mask_size + (w->names.n + 1) * sizeof(uint32_t)};
	struct keyset rows;
	uint32_t id = 0;

	key.mask = arena_alloc(w->c->arena, key.size + sizeof(uint64_t));
	key.ports = (uint32_t *)(key.mask + w->mask_words);
	keyset_init(&rows, w->c->arena);
	for (uint32_t cls = 0; cls < w->c->cls->n_classes && !work_is_over(w->c->opts.work);
	     cls++) {
		make_key(w, by, spares, cls, &key);
		/* Most are as the one before. */
		if (!cls || memcmp(rows.keys.v[id].bytes, key.mask, key.size) != 0)
			id = keyset_add(&rows, key.mask, key.size);
		if (id == w->rows.n)
			add_row(w, rows.keys.v[id].bytes);
		w->row_of_class[cls] = id;
	}
}

void cls_build_rows(struct table_work *w)
{
	struct rules_by_atom by;
	bool spares = false;

	vec_each (const struct tier_part, part, &w->tiers)
		spares |= part->otherwise_node != part->otherwise;
	w->row_of_class = arena_array(w->c->arena, uint32_t, w->c->cls->n_classes);
	index_rules(w, &by);
	number_rows(w, &by, spares);
	forget_rules(&by);
}
