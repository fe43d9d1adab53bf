/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/classes/classifier_json.h"

#include <stdlib.h>
#include <string.h>

#include "compiler/ir_json/write.h"

const char *cls_foreseen_name(enum cls_foreseen f)
{
	static const char *const names[] = {[CLS_FORESEEN_NONE] = "none",
					    [CLS_FORESEEN_HERE] = "here",
					    [CLS_FORESEEN_ALL] = "all"};

	return names[f];
}

static json_t *name_json(const struct cls_classifier *c, const struct cls_name *name)
{
	return json_pack("{s:s, s:o}", "proto", ir_proto_name(name->proto), "name",
			 ir_json_string(c->strings, name->name));
}

static json_t *ports_json(const uint32_t *ports, size_t n)
{
	json_t *list = n ? json_array() : NULL;

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, ports[i] == CLS_NO_PORT ? json_null()
								    : json_integer(ports[i]));
	return list;
}

/* --- peers ---------------------------------------------------------------------------------- */

static json_t *class_json(const struct cls_traits *t, const struct keyset_key *key)
{
	const uint64_t *sig = key->bytes;
	json_t *atoms = json_array(), *obj;

	for (size_t i = 0; i < t->atoms.n; i++) {
		if (sig[i / 64] >> (i % 64) & 1)
			json_array_append_new(atoms, json_integer((json_int_t)i));
	}
	obj = json_pack("{s:o, s:o*}", "atoms", atoms, "ports",
			ports_json((const uint32_t *)(sig + cls_signature_words(t)), t->names.n));
	if (sig[t->atoms.n / 64] >> (t->atoms.n % 64) & 1)
		json_object_set_new(obj, "node", json_true());
	return obj;
}

static void add_peers(const struct cls_classifier *c, json_t *root)
{
	json_t *atoms = json_array(), *names = json_array(), *classes = json_array();

	vec_each (const struct ir_peer *, atom, &c->traits.atoms)
		json_array_append_new(atoms, ir_json_peer(c->strings, *atom));
	vec_each (const struct cls_name, name, &c->traits.names)
		json_array_append_new(names, name_json(c, name));
	vec_each (const struct keyset_key, key, &c->signatures.keys)
		json_array_append_new(classes, class_json(&c->traits, key));
	json_object_set_new(root, "atoms", atoms);
	json_object_set_new(root, "names", names);
	if (c->traits.spares)
		json_object_set_new(root, "sparesNode", json_true());
	json_object_set_new(root, "classes", classes);
}

/* --- subjects ------------------------------------------------------------------------------- */

static json_t *selection_json(const struct cls_classifier *c, const struct cls_selection *s)
{
	json_t *subjects = json_array(), *concerns = json_array();
	json_t *ports = s->ports.n ? json_array() : NULL;

	vec_each (const struct ir_selector, sel, &s->subjects)
		json_array_append_new(subjects, ir_json_selector(c->strings, sel));
	for (enum ir_dir dir = 0; dir < IR_N_DIRS; dir++) {
		if (s->concerns[dir])
			json_array_append_new(concerns, json_string(ir_dir_name(dir)));
	}
	vec_each (const struct cls_name, name, &s->ports)
		json_array_append_new(ports, name_json(c, name));
	return json_pack("{s:o, s:o, s:o*}", "subjects", subjects, "concerns", concerns, "ports",
			 ports);
}

/* From the words of a key (cls_recipe_key()). */
static json_t *recipe_json(const struct keyset_key *key, uint32_t table)
{
	const uint32_t *word = key->bytes, *end = word + key->len / sizeof(*word);
	enum ir_dir dir = (enum ir_dir) * word++;
	json_t *selections = json_array();

	for (; *word != CLS_RECIPE_PORTS; word++)
		json_array_append_new(selections, json_integer(*word));
	word++;
	return json_pack("{s:s, s:o, s:o*, s:I}", "direction", ir_dir_name(dir), "selections",
			 selections, "ports", ports_json(word, (size_t)(end - word)), "table",
			 (json_int_t)table);
}

static void add_subjects(const struct cls_classifier *c, json_t *root)
{
	json_t *selections = json_array(), *recipes = json_array();

	vec_each (const struct cls_selection, s, &c->recipes.selections)
		json_array_append_new(selections, selection_json(c, s));
	for (size_t i = 0; i < c->recipes.keys.keys.n; i++)
		json_array_append_new(
			recipes, recipe_json(&c->recipes.keys.keys.v[i], c->recipes.tables.v[i]));
	json_object_set_new(root, "selections", selections);
	json_object_set_new(root, "recipes", recipes);
}

void cls_classifier_json(const struct cls_classifier *c, struct buf *out)
{
	json_t *root = json_pack("{s:i, s:s}", "format", CLS_CLASSIFIER_FORMAT, "foreseen",
				 cls_foreseen_name(c->foreseen));
	char *text;

	add_peers(c, root);
	add_subjects(c, root);
	text = json_dumps(root, JSON_INDENT(1));
	if (!text)
		abort(); /* out of memory: as the arena does */
	buf_puts(out, text);
	buf_putc(out, '\n');
	free(text);
	json_decref(root);
}
