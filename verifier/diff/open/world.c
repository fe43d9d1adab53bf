/* SPDX-License-Identifier: Apache-2.0 */
/* What the policies of both sides mention makes the dimensions. */
#include "compiler/ir/port.h"
#include "verifier/diff/open/open.h"

/* --- what the policies mention --------------------------------------------------------------- */

static uint32_t add_key(struct diff_world *w, enum ir_scope scope, const char *name)
{
	struct open_world *o = w->open;
	uint32_t id = intern_add(&o->key_names, arena_printf(w->arena, "%d%s", scope, name));

	if (id == o->keys.n) {
		vec_push(w->arena, &o->keys, (struct open_key){.scope = scope, .name = name});
		intern_init(&o->keys.v[id].values, w->arena);
	}
	return id;
}

static void mention_selector(struct diff_world *w, const struct ir *ir,
			     const struct ir_selector *sel)
{
	vec_each (const struct ir_req, req, &sel->reqs) {
		uint32_t key = add_key(w, req->scope, intern_str(&ir->strings, req->key));

		vec_each (const uint32_t, value, &req->values)
			intern_add(&w->open->keys.v[key].values, intern_str(&ir->strings, *value));
	}
}

static void mention_name(struct diff_world *w, const struct ir *ir, const struct ir_port *port)
{
	struct ir_port_aspects a = ir_port_aspects(port);
	struct open_world *o = w->open;
	const char *name;

	if (a.name == INTERN_NONE)
		return;
	name = intern_str(&ir->strings, a.name);
	for (int i = 0; i < IR_N_NAMED_PROTOS; i++) {
		uint16_t proto = ir_named_protos[i];

		if (!ir_port_takes(&a, proto))
			continue;
		if (intern_add(&o->port_names, arena_printf(w->arena, "%u/%s", proto, name)) ==
		    o->names.n)
			vec_push(w->arena, &o->names,
				 (struct open_name){.proto = proto, .name = name});
	}
}

static void mention(struct diff_world *w, const struct ir *ir)
{
	vec_each (struct ir_policy *, policy, &ir->policies) {
		vec_each (const struct ir_selector, sel, &(*policy)->subjects)
			mention_selector(w, ir, sel);
	}
	vec_each (struct ir_rule *, rule, &ir->rules) {
		vec_each (const struct ir_peer, peer, &(*rule)->peers) {
			mention_selector(w, ir, &peer->selector);
			space_cut_peer(&w->addresses, peer);
			space_cut_peer(&w->open->told_apart, peer);
		}
		vec_each (const struct ir_port, port, &(*rule)->ports)
			mention_name(w, ir, port);
	}
}

/* --- the world ------------------------------------------------------------------------------- */

/* Whatever has no labels, as it is outside, goes by any value. */
static void leave_out_namespaceless(struct diff_world *w)
{
	struct region_space *s = &w->space;
	const struct region_set *none = region_set_of(s, VALUE_ABSENT, VALUE_ABSENT);

	for (int end = 0; end < DIFF_N_ENDS; end++) {
		uint32_t dim = open_label_dim(w->open, (enum diff_which)end, w->open->ns_name);

		s->dims.v[dim] = region_set_minus(s, s->dims.v[dim], none);
	}
}

static void make_dims(struct diff_world *w)
{
	struct region_space *s = &w->space;
	struct open_world *o = w->open;

	for (int end = 0; end < DIFF_N_ENDS; end++)
		region_dim(s, N_KINDS);
	for (int end = 0; end < DIFF_N_ENDS; end++) {
		vec_each (const struct open_key, key, &o->keys)
			region_dim(s, VALUE_FIRST + (uint32_t)key->values.strings.n);
	}
	if (w->ir[DIFF_OLD]->namespaced && w->ir[DIFF_NEW]->namespaced)
		leave_out_namespaceless(w);
	for (int end = 0; end < DIFF_N_ENDS; end++)
		region_dim(s, (uint32_t)w->addresses.starts.n);
	w->port_dim = region_dim(s, DIFF_N_PORTS);
	for (size_t i = 0; i < o->names.n; i++)
		region_dim(s, 2);
}

static void make_constants(struct diff_world *w)
{
	static const uint16_t foreign[] = {IR_PROTO_ICMP6, IR_PROTO_ICMP};
	uint32_t n4 = w->addresses.n4, n = (uint32_t)w->addresses.starts.n;
	struct region_space *s = &w->space;

	for (uint32_t kind = 0; kind < N_KINDS; kind++)
		w->open->only[kind] = region_set_of(s, kind, kind);
	w->open->hosts = region_set_of(s, KIND_HOST, KIND_NODE);
	w->open->families[0] = region_set_of(s, 0, n4 - 1);
	w->open->families[1] = region_set_of(s, n4, n - 1);
	for (int f = 0; f < 2; f++) {
		struct region_span not_his = diff_port_proto(foreign[f]);

		w->open->ports[f] = region_set_minus(s, s->dims.v[w->port_dim],
						     region_set_of(s, not_his.lo, not_his.hi));
	}
	vec_each (struct open_name, name, &w->open->names)
		name->ports = region_set_of(s, diff_port_number(name->proto, 1),
					    diff_port_proto(name->proto).hi);
}

void open_world_init(struct diff_world *w)
{
	static const struct diff_world_ops ops = {
		.selector = open_selector,
		.peer = open_peer,
		.named_port = open_named_port,
		.not_own_node = open_not_own_node,
		.missing = open_missing,
		.inhabited = open_inhabited,
		.optional = open_optional,
		.tidy = open_tidy,
		.witness = open_witness,
		.describe = open_describe,
		.mark = open_mark,
		.changed = open_changed,
	};

	w->ops = &ops;
	w->open = arena_new(w->arena, struct open_world);
	intern_init(&w->open->key_names, w->arena);
	intern_init(&w->open->port_names, w->arena);
	w->open->ns_name = add_key(w, IR_SCOPE_NAMESPACE, IR_NS_NAME_KEY);
	w->addresses = w->open->told_apart = (struct space_addresses){.arena = w->arena};
	for (int side = 0; side < DIFF_N_SIDES; side++)
		mention(w, w->ir[side]);
	open_cut_pods(w);
	space_addresses_seal(&w->addresses);
	space_addresses_seal(&w->open->told_apart);
	make_dims(w);
	make_constants(w);
	open_place_pods(w);
	open_learn(w);
}
