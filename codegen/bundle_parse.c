/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "codegen/bundle_reader.h"
#include "codegen/codes.h"

static const uint32_t max_port[CLS_N_PROTOS] = {
	[CLS_TCP] = UINT16_MAX,  [CLS_UDP] = UINT16_MAX,   [CLS_SCTP] = UINT16_MAX,
	[CLS_ICMP] = UINT16_MAX, [CLS_ICMP6] = UINT16_MAX, [CLS_OTHER] = 0,
};

bool bundle_number(const json_t *value, uint32_t max, uint32_t *out)
{
	json_int_t n = json_integer_value(value);

	if (!json_is_integer(value) || n < 0 || n > max)
		return false;
	*out = n;
	return true;
}

/* Item `i` of an entry that is an array of `n`; else NULL. */
static const json_t *item(const json_t *entry, size_t n, size_t i)
{
	return json_array_size(entry) == n ? json_array_get(entry, i) : NULL;
}

static const char *string_item(const json_t *entry, size_t n, size_t i)
{
	const char *s = json_string_value(item(entry, n, i));

	return s ? s : "";
}

bool bundle_has_keys(const json_t *root, const char *const *keys)
{
	size_t n = 0;

	for (; keys[n]; n++) {
		if (!json_object_get(root, keys[n]))
			return false;
	}
	return json_object_size(root) == n;
}

/* --- peers ---------------------------------------------------------------------------- */

static int parse_peer(struct bundle_reader *r, const json_t *entry)
{
	const char *text = string_item(entry, 2, 0);
	struct bundle *b = r->b;
	struct bundle_peer peer;

	if (net_addr_parse(text, &peer.addr) ||
	    !bundle_number(item(entry, 2, 1), b->n_classes - 1, &peer.cls))
		return bundle_refuse(r, BUNDLE_PEERS, "entry %zu of 'peers' is malformed",
				     b->peers.n + 1);
	if (b->peers.n && net_addr_cmp(&b->peers.v[b->peers.n - 1].addr, &peer.addr) >= 0)
		return bundle_refuse(r, BUNDLE_PEERS, "%s is out of order or there twice", text);
	vec_push(&b->arena, &b->peers, peer);
	return 0;
}

static int parse_cidr(struct bundle_reader *r, const json_t *entry)
{
	const char *text = string_item(entry, 3, 0);
	struct bundle *b = r->b;
	struct bundle_cidr cidr;

	if (net_prefix_parse(text, &cidr.prefix) ||
	    !bundle_number(item(entry, 3, 1), b->n_classes - 1, &cidr.cls) ||
	    !bundle_number(item(entry, 3, 2), b->n_classes - 1, &cidr.node))
		return bundle_refuse(r, BUNDLE_PEERS, "entry %zu of 'cidrs' is malformed",
				     b->cidrs.n + 1);
	if (b->cidrs.n && net_prefix_cmp(&b->cidrs.v[b->cidrs.n - 1].prefix, &cidr.prefix) >= 0)
		return bundle_refuse(r, BUNDLE_PEERS, "%s is out of order or there twice", text);
	vec_push(&b->arena, &b->cidrs, cidr);
	return 0;
}

static bool has_default(const struct bundle *b, enum net_family family)
{
	bool found = false;

	vec_each (const struct bundle_cidr, c, &b->cidrs)
		found |= c->prefix.len == 0 && c->prefix.addr.family == family;
	return found;
}

static int parse_peer_lists(struct bundle_reader *r, const json_t *root)
{
	static const char *const keys[] = {"classes", "peers", "cidrs", NULL};
	const json_t *peers = json_object_get(root, "peers"), *cidrs;
	int err = 0;

	cidrs = json_object_get(root, "cidrs");
	if (!bundle_has_keys(root, keys) || !json_is_array(peers) || !json_is_array(cidrs) ||
	    !bundle_number(json_object_get(root, "classes"), CLS_MAX_CLASSES, &r->b->n_classes) ||
	    r->b->n_classes == 0)
		return bundle_refuse(r, BUNDLE_PEERS, "it is not a list of peers");
	for (size_t i = 0; !err && i < json_array_size(peers); i++)
		err = parse_peer(r, json_array_get(peers, i));
	for (size_t i = 0; !err && i < json_array_size(cidrs); i++)
		err = parse_cidr(r, json_array_get(cidrs, i));
	if (!err && !(has_default(r->b, NET_V4) && has_default(r->b, NET_V6)))
		err = bundle_refuse(r, BUNDLE_PEERS, "0.0.0.0/0 or ::/0 is missing");
	return err;
}

int bundle_parse_peers(struct bundle_reader *r)
{
	json_t *root;
	int err = bundle_load_json(r, BUNDLE_PEERS, &root);

	if (err)
		return err;
	err = parse_peer_lists(r, root);
	json_decref(root);
	return err;
}

/* --- tables --------------------------------------------------------------------------- */

/* Is each row a text of n_cols outcomes? Looked at before room is made for them. */
static bool rows_are_whole(const json_t *cells, const struct bundle_table *t)
{
	for (size_t i = 0; i < json_array_size(cells); i++) {
		const json_t *row = json_array_get(cells, i);

		if (json_string_length(row) != t->n_cols ||
		    strspn(json_string_value(row), "012") != t->n_cols)
			return false;
	}
	return json_array_size(cells) == t->n_rows;
}

static int parse_cells(struct bundle_reader *r, const char *name, const json_t *root,
		       struct bundle_table *t)
{
	const json_t *cells = json_object_get(root, "cells");
	size_t n = 0;

	if (!bundle_number(json_object_get(root, "rows"), CLS_MAX_ROWS, &t->n_rows) ||
	    !bundle_number(json_object_get(root, "cols"), CLS_MAX_COLS, &t->n_cols) ||
	    t->n_rows == 0 || t->n_cols == 0 || !json_is_array(cells) || !rows_are_whole(cells, t))
		return bundle_refuse(r, name, "'cells' is not a table of 'rows' by 'cols'");
	t->cells = arena_alloc(&r->b->arena, (size_t)t->n_rows * t->n_cols);
	for (size_t i = 0; i < t->n_rows; i++) {
		for (const char *c = json_string_value(json_array_get(cells, i)); *c; c++)
			t->cells[n++] = *c - '0';
	}
	return 0;
}

static int parse_classes(struct bundle_reader *r, const char *name, const json_t *root,
			 struct bundle_table *t)
{
	const json_t *list = json_object_get(root, "classes");
	uint32_t next = 0;

	if (!json_is_array(list))
		return bundle_refuse(r, name, "'classes' is missing");
	t->row_of_class = arena_array(&r->b->arena, uint32_t, r->b->n_classes);
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *entry = json_array_get(list, i);
		uint32_t cls, row;

		if (!bundle_number(item(entry, 2, 0), r->b->n_classes - 1, &cls) || cls < next ||
		    !bundle_number(item(entry, 2, 1), t->n_rows - 1, &row))
			return bundle_refuse(r, name,
					     "entry %zu of 'classes' is malformed or out of range",
					     i + 1);
		t->row_of_class[cls] = row;
		next = cls + 1;
	}
	return 0;
}

/* The spans of each protocol follow each other without a gap from port 0 to the last. */
static int parse_spans(struct bundle_reader *r, const char *name, const json_t *root,
		       struct bundle_table *t)
{
	const json_t *list = json_object_get(root, "spans");
	uint32_t proto = 0, next = 0;

	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *entry = json_array_get(list, i);
		uint32_t lo, hi, col;

		if (proto == CLS_N_PROTOS ||
		    strcmp(string_item(entry, 4, 0), bundle_protos[proto]) != 0 ||
		    !bundle_number(item(entry, 4, 1), max_port[proto], &lo) || lo != next ||
		    !bundle_number(item(entry, 4, 2), max_port[proto], &hi) || hi < lo ||
		    !bundle_number(item(entry, 4, 3), t->n_cols - 1, &col))
			return bundle_refuse(r, name,
					     "entry %zu of 'spans' is malformed, out of range or "
					     "leaves a gap",
					     i + 1);
		vec_push(&r->b->arena, &t->spans,
			 (struct cls_span){.proto = proto, .lo = lo, .hi = hi, .col = col});
		next = hi + 1;
		if (hi == max_port[proto]) {
			next = 0;
			proto++;
		}
	}
	if (proto != CLS_N_PROTOS)
		return bundle_refuse(r, name, "'spans' does not cover every protocol and port");
	return 0;
}

int bundle_parse_table(struct bundle_reader *r, uint32_t id)
{
	static const char *const keys[] = {"rows", "cols", "cells", "classes", "spans", NULL};
	static const char *const all_keys[] = {"rows",  "cols",    "cells", "classes",
					       "spans", "decided", NULL};
	struct bundle_table *t = arena_new(&r->b->arena, struct bundle_table);
	const char *name = arena_printf(&r->b->arena, BUNDLE_TABLE, id);
	json_t *root;
	int err = bundle_load_json(r, name, &root);

	if (err)
		return err;
	if (!bundle_has_keys(root, keys) && !bundle_has_keys(root, all_keys))
		err = bundle_refuse(r, name, "it is not a verdict table");
	if (!err)
		err = parse_cells(r, name, root, t);
	if (!err)
		err = parse_classes(r, name, root, t);
	if (!err)
		err = parse_spans(r, name, root, t);
	if (!err)
		err = bundle_parse_decided(r, name, json_object_get(root, "decided"), t);
	if (!err && r->b->arena.used > BUNDLE_MAX_MEMORY)
		err = bundle_refuse(r, name, "the tables are too large to load");
	t->id = (uint32_t)r->b->tables.n;
	vec_push(&r->b->arena, &r->b->tables, t);
	json_decref(root);
	return err;
}

/* --- endpoints ------------------------------------------------------------------------ */

/* The shape of this name, with its object. */
static int get_shape(struct bundle_reader *r, const char *name, const struct bundle_shape **out)
{
	struct arena *arena = &r->b->arena;
	const struct bundle_listed *listed = bundle_find_listed(r, name, strlen(name));
	const char *file = arena_printf(arena, BUNDLE_SHAPES "%s" BUNDLE_OBJECT, name);
	_cleanup_buf_ struct buf title = {0};
	struct bundle_shape *shape;
	char *data;
	size_t size;
	int err;

	vec_each (struct bundle_shape *, s, &r->b->shapes) {
		if (!strcmp((*s)->name, name)) {
			*out = *s;
			return 0;
		}
	}
	if (!listed)
		return bundle_refuse(r, BUNDLE_ENDPOINTS, "a shape that it names is not listed");
	err = bundle_load(r, file, &data, &size);
	if (err)
		return err;
	shape = arena_new(arena, struct bundle_shape);
	*shape = (struct bundle_shape){.name = listed->name, .features = listed->shape.features};
	gen_shape_title(listed->shape, &title);
	shape->title = arena_strdup(arena, buf_str(&title));
	shape->object = memcpy(arena_alloc(arena, size + 1), data, size);
	shape->object_size = size;
	shape->object_hash = bundle_entry_find(r, file)->hash;
	free(data);
	if (size < 4 || memcmp(shape->object, "\177ELF", 4) != 0)
		return bundle_refuse(r, file, "it is not an object file");
	shape->id = (uint32_t)r->b->shapes.n;
	vec_push(arena, &r->b->shapes, shape);
	*out = shape;
	return 0;
}

static int parse_addrs(struct bundle_reader *r, const char *name, const json_t *list,
		       struct bundle_endpoint *ep)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *text = json_string_value(json_array_get(list, i));
		struct net_addr addr;

		if (!text || net_addr_parse(text, &addr))
			return bundle_refuse(r, BUNDLE_ENDPOINTS, "address %zu of '%s' is none",
					     i + 1, name);
		vec_each (const struct net_addr, other, &ep->addrs) {
			if (net_addr_eq(other, &addr))
				return bundle_refuse(r, BUNDLE_ENDPOINTS, "'%s' has %s twice", name,
						     text);
		}
		vec_push(&r->b->arena, &ep->addrs, addr);
	}
	return 0;
}

static int parse_endpoint(struct bundle_reader *r, json_t *value)
{
	struct bundle *b = r->b;
	const char *last = b->endpoints.n ? b->endpoints.v[b->endpoints.n - 1].name : NULL;
	json_t *addrs, *in, *eg;
	struct bundle_endpoint ep = {0};
	uint32_t table[IR_N_DIRS];
	const char *name, *shape;
	int err;

	if (json_unpack_ex(value, NULL, JSON_STRICT, "{s:s,s:o,s:s,s:o,s:o}", "name", &name,
			   "addresses", &addrs, "shape", &shape, "ingress", &in, "egress", &eg) ||
	    !json_is_array(addrs) || !bundle_endpoint_name_ok(name))
		return bundle_refuse(r, BUNDLE_ENDPOINTS, "entry %zu is malformed",
				     b->endpoints.n + 1);
	if (last && strcmp(last, name) >= 0)
		return bundle_refuse(r, BUNDLE_ENDPOINTS, "'%s' is out of order or there twice",
				     name);
	if (!b->tables.n || !bundle_number(in, b->tables.n - 1, &table[IR_INGRESS]) ||
	    !bundle_number(eg, b->tables.n - 1, &table[IR_EGRESS]))
		return bundle_refuse(r, BUNDLE_ENDPOINTS, "'%s' names a table that is not there",
				     name);
	err = parse_addrs(r, name, addrs, &ep);
	if (!err)
		err = get_shape(r, shape, &ep.shape);
	ep.name = arena_strdup(&b->arena, name);
	for (enum ir_dir d = 0; d < IR_N_DIRS; d++)
		ep.tables[d] = b->tables.v[table[d]];
	vec_push(&b->arena, &b->endpoints, ep);
	return err;
}

int bundle_parse_endpoints(struct bundle_reader *r)
{
	json_t *root, *list;
	int err = bundle_load_json(r, BUNDLE_ENDPOINTS, &root);

	if (err)
		return err;
	list = json_object_get(root, "endpoints");
	if (!json_is_array(list) || json_object_size(root) != 1)
		err = bundle_refuse(r, BUNDLE_ENDPOINTS, "it is not a list of endpoints");
	for (size_t i = 0; !err && i < json_array_size(list); i++)
		err = parse_endpoint(r, json_array_get(list, i));
	json_decref(root);
	return err;
}
