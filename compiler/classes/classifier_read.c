/* SPDX-License-Identifier: Apache-2.0 */
/* The classifier of a bundle, of which nothing is believed. */
#include <errno.h>
#include <string.h>

#include "compiler/classes/classes.h"
#include "compiler/classes/classifier_json.h"
#include "compiler/ir_json/read.h"

enum { MAX_SIGNATURES = 256 << 20 }; /* bytes of all together */

/* `reader` comes first: it is what the functions of a field get. */
struct reading {
	struct ir_reader reader;
	const struct cls_classifier_limits *limits;
	struct cls_classifier *c;
	uint64_t *sig; /* of the class at hand; made with the first */
};

static struct reading *reading_of(struct ir_reader *r)
{
	return (struct reading *)r;
}

/* --- words ---------------------------------------------------------------------------------- */

static const char *dir_word(unsigned i)
{
	return ir_dir_name((enum ir_dir)i);
}

static int read_format(struct ir_reader *r, const struct ir_value *v, void *to)
{
	uint32_t format = 0;
	int err = ir_read_number(r, v, UINT32_MAX, &format);

	(void)to;
	if (!err && format != CLS_CLASSIFIER_FORMAT)
		return ir_refuse(r, v, "this polc reads format %d; build the bundle again with it",
				 CLS_CLASSIFIER_FORMAT);
	return err;
}

static const char *foreseen_word(unsigned i)
{
	return cls_foreseen_name((enum cls_foreseen)i);
}

static int read_foreseen(struct ir_reader *r, const struct ir_value *v, void *to)
{
	struct cls_classifier *c = to;
	unsigned foreseen;
	int err = ir_read_word(r, v, foreseen_word, CLS_FORESEEN_ALL + 1, &foreseen);

	c->foreseen = (enum cls_foreseen)foreseen;
	return err;
}

static int read_name_proto(struct ir_reader *r, const struct ir_value *v, void *to)
{
	struct cls_name *name = to;

	return ir_read_named_proto(r, v, &name->proto);
}

static int read_name(struct ir_reader *r, const struct ir_value *v, struct cls_name *out)
{
	static const struct ir_field fields[] = {
		IR_FIELD("proto", read_name_proto),
		IR_FIELD("name", ir_read_word_id, .at = offsetof(struct cls_name, name)),
		{0},
	};

	return ir_read_object(r, v, fields, out, NULL);
}

static int read_port(struct ir_reader *r, const struct ir_value *v, uint32_t *out)
{
	*out = CLS_NO_PORT;
	return json_is_null(v->json) ? 0 : ir_read_number(r, v, UINT16_MAX, out);
}

/* --- what is told of a peer ------------------------------------------------------------------ */

static int read_atom(struct ir_reader *r, const struct ir_value *v, void *to)
{
	struct ir_peer *peer = arena_new(r->arena, struct ir_peer);
	struct cls_classifier *c = to;
	int err = ir_read_peer(r, v, peer);

	vec_push(r->arena, &c->traits.atoms, peer);
	return err;
}

static int read_trait_name(struct ir_reader *r, const struct ir_value *v, void *to)
{
	struct cls_classifier *c = to;
	struct cls_name name = {0};
	int err = read_name(r, v, &name);

	vec_push(r->arena, &c->traits.names, name);
	return err;
}

/* --- classes --------------------------------------------------------------------------------- */

static int read_class_atom(struct ir_reader *r, const struct ir_value *v, void *to)
{
	const struct cls_traits *t = &reading_of(r)->c->traits;
	uint64_t *sig = to;
	uint32_t i = 0;
	int err = t->atoms.n ? ir_read_number(r, v, (uint32_t)t->atoms.n - 1, &i)
			     : ir_refuse(r, v, "there are no atoms");

	if (!err && sig[i / 64] >> (i % 64) & 1)
		return ir_refuse(r, v, "the atom is there twice");
	sig[i / 64] |= 1ull << (i % 64);
	return err;
}

static int read_class_ports(struct ir_reader *r, const struct ir_value *v, void *to)
{
	const struct cls_traits *t = &reading_of(r)->c->traits;
	uint32_t *ports = cls_signature_ports(t, to);
	int err = 0;

	if (!json_is_array(v->json) || json_array_size(v->json) != t->names.n)
		return ir_refuse(r, v, "a port for each of the %zu names is wanted here",
				 t->names.n);
	for (size_t i = 0; !err && i < t->names.n; i++) {
		struct ir_value item = {.json = json_array_get(v->json, i), .up = v, .index = i};

		err = read_port(r, &item, &ports[i]);
	}
	return err;
}

static int read_class_node(struct ir_reader *r, const struct ir_value *v, void *to)
{
	const struct cls_traits *t = &reading_of(r)->c->traits;
	uint64_t *sig = to;

	if (!json_is_true(v->json) || !t->spares)
		return ir_refuse(r, v, "this is true where policies spare the node, or left out");
	sig[t->atoms.n / 64] |= 1ull << (t->atoms.n % 64);
	return 0;
}

static int make_room(struct reading *m, const struct ir_value *v)
{
	size_t size = cls_signature_size(&m->c->traits);

	if (m->sig)
		return 0;
	if (size > MAX_SIGNATURES / m->limits->classes)
		return ir_refuse(&m->reader, v, "the signatures of %u classes are too large",
				 m->limits->classes);
	m->sig = arena_alloc(m->reader.arena, size);
	keyset_init(&m->c->signatures, m->reader.arena);
	return 0;
}

static int read_class(struct ir_reader *r, const struct ir_value *v, void *to)
{
	static const struct ir_field fields[] = {
		IR_FIELD("atoms", read_class_atom, .list = true),
		IR_FIELD("ports", read_class_ports, .need = IR_OPTIONAL),
		IR_FIELD("node", read_class_node, .need = IR_OPTIONAL),
		{0},
	};
	struct reading *m = reading_of(r);
	struct cls_classifier *c = to;
	size_t size = cls_signature_size(&c->traits), n = c->signatures.keys.n;
	unsigned seen = 0;
	int err = make_room(m, v);

	if (err)
		return err;
	memset(m->sig, 0, size);
	err = ir_read_object(r, v, fields, m->sig, &seen);
	if (!err && c->traits.names.n && !(seen & 2))
		return ir_refuse(r, v, "the field 'ports' is missing");
	if (!err && keyset_add(&c->signatures, m->sig, size) != n)
		return ir_refuse(r, v, "the class is there twice");
	return err;
}

/* --- subjects -------------------------------------------------------------------------------- */

static int read_subject(struct ir_reader *r, const struct ir_value *v, void *to)
{
	struct cls_selection *s = to;
	struct ir_selector sel;
	int err = ir_read_selector(r, v, &sel);

	vec_push(r->arena, &s->subjects, sel);
	return err;
}

static int read_concern(struct ir_reader *r, const struct ir_value *v, void *to)
{
	struct cls_selection *s = to;
	unsigned dir;
	int err = ir_read_word(r, v, dir_word, IR_N_DIRS, &dir);

	if (!err)
		s->concerns[dir] = true;
	return err;
}

static int read_selection_port(struct ir_reader *r, const struct ir_value *v, void *to)
{
	struct cls_selection *s = to;
	struct cls_name name = {0};
	int err = read_name(r, v, &name);

	vec_push(r->arena, &s->ports, name);
	return err;
}

static int read_selection(struct ir_reader *r, const struct ir_value *v, void *to)
{
	static const struct ir_field fields[] = {
		IR_FIELD("subjects", read_subject, .list = true),
		IR_FIELD("concerns", read_concern, .list = true),
		IR_FIELD("ports", read_selection_port, .need = IR_OPTIONAL, .list = true),
		{0},
	};
	struct cls_classifier *c = to;
	struct cls_selection s = {0};
	int err = ir_read_object(r, v, fields, &s, NULL);

	vec_push(r->arena, &c->recipes.selections, s);
	return err;
}

/* --- recipes --------------------------------------------------------------------------------- */

struct recipe {
	unsigned dir;
	struct cls_recipe_key key;
	uint32_t table;
	size_t n_ports, n_wanted; /* the ports that it has, and those that its selections name */
};

static int read_recipe_dir(struct ir_reader *r, const struct ir_value *v, void *to)
{
	struct recipe *recipe = to;
	int err = ir_read_word(r, v, dir_word, IR_N_DIRS, &recipe->dir);

	vec_push(r->arena, &recipe->key.words, recipe->dir);
	return err;
}

/* They stand in order, each once, and concern the direction. */
static int read_recipe_selection(struct ir_reader *r, const struct ir_value *v, void *to)
{
	const struct cls_recipes *all = &reading_of(r)->c->recipes;
	struct recipe *recipe = to;
	const uint32_t *last = &recipe->key.words.v[recipe->key.words.n - 1];
	bool first = recipe->key.words.n == 1;
	uint32_t i = 0;
	int err = ir_read_number(r, v, UINT32_MAX - 1, &i);

	if (err)
		return err;
	if (i >= all->selections.n || !all->selections.v[i].concerns[recipe->dir] ||
	    (!first && i <= *last))
		return ir_refuse(r, v, "this is no selection, or out of order");
	vec_push(r->arena, &recipe->key.words, i);
	if (recipe->dir == IR_INGRESS)
		recipe->n_wanted += all->selections.v[i].ports.n;
	return 0;
}

static int read_recipe_selections(struct ir_reader *r, const struct ir_value *v, void *to)
{
	struct recipe *recipe = to;
	int err = ir_read_list(r, v, read_recipe_selection, to);

	vec_push(r->arena, &recipe->key.words, CLS_RECIPE_PORTS);
	return err;
}

static int read_recipe_port(struct ir_reader *r, const struct ir_value *v, void *to)
{
	struct recipe *recipe = to;
	uint32_t port;
	int err = read_port(r, v, &port);

	vec_push(r->arena, &recipe->key.words, port);
	recipe->n_ports++;
	return err;
}

static int read_recipe_table(struct ir_reader *r, const struct ir_value *v, void *to)
{
	struct recipe *recipe = to;
	uint32_t n = reading_of(r)->limits->tables;

	return n ? ir_read_number(r, v, n - 1, &recipe->table)
		 : ir_refuse(r, v, "there are no tables");
}

static int read_recipe(struct ir_reader *r, const struct ir_value *v, void *to)
{
	static const struct ir_field fields[] = {
		IR_FIELD("direction", read_recipe_dir),
		IR_FIELD("selections", read_recipe_selections),
		IR_FIELD("ports", read_recipe_port, .need = IR_OPTIONAL, .list = true),
		IR_FIELD("table", read_recipe_table),
		{0},
	};
	struct cls_recipes *all = &((struct cls_classifier *)to)->recipes;
	struct recipe recipe = {0};
	int err = ir_read_object(r, v, fields, &recipe, NULL);

	if (err)
		return err;
	if (recipe.n_ports != recipe.n_wanted)
		return ir_refuse(r, v, "its selections name %zu ports", recipe.n_wanted);
	if (keyset_add(&all->keys, recipe.key.words.v,
		       recipe.key.words.n * sizeof(*recipe.key.words.v)) != all->tables.n)
		return ir_refuse(r, v, "the recipe is there twice");
	vec_push(r->arena, &all->tables, recipe.table);
	return 0;
}

/* --- the whole ------------------------------------------------------------------------------- */

static int read_classifier(struct ir_reader *r, const struct ir_value *v, void *to)
{
	static const struct ir_field fields[] = {
		IR_FIELD("format", read_format),
		IR_FIELD("foreseen", read_foreseen),
		IR_FIELD("atoms", read_atom, .list = true),
		IR_FIELD("names", read_trait_name, .list = true),
		IR_FIELD("sparesNode", ir_read_true,
			 .at = offsetof(struct cls_classifier, traits.spares), .need = IR_OPTIONAL),
		IR_FIELD("classes", read_class, .list = true),
		IR_FIELD("selections", read_selection, .list = true),
		IR_FIELD("recipes", read_recipe, .list = true),
		{0},
	};
	struct reading *m = reading_of(r);
	int err = ir_read_object(r, v, fields, to, NULL);

	if (!err && m->c->signatures.keys.n != m->limits->classes)
		return ir_refuse(r, v, "it has %zu classes, the bundle has %u",
				 m->c->signatures.keys.n, m->limits->classes);
	return err;
}

int cls_classifier_read(const char *name, const char *text, size_t n,
			const struct cls_classifier_limits *limits, struct arena *arena,
			struct diag *diag, struct cls_classifier **out)
{
	struct reading m = {.reader = {.diag = diag, .arena = arena, .name = name},
			    .limits = limits};
	int err;

	ir_reader_init(&m.reader);
	m.c = arena_new(arena, struct cls_classifier);
	m.c->strings = m.c->own = &m.reader.ir->strings;
	keyset_init(&m.c->recipes.keys, arena);
	err = ir_read_document(&m.reader, text, n, read_classifier, m.c);
	*out = err ? NULL : m.c;
	return err;
}
