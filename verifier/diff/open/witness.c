/* SPDX-License-Identifier: Apache-2.0 */
/* Which boxes hold flows, and one flow of a box. */
#include "lang/base/buf.h"
#include "verifier/diff/open/open.h"
#include "verifier/flow/flowspec.h"

/* --- which boxes hold flows ------------------------------------------------------------------ */

/* May the end have an address of this family, whatever it is of what the box lets it be? */
static bool has_family(const struct diff_world *w, const struct region_box *box,
		       enum diff_which end, int f)
{
	const struct open_world *o = w->open;
	const struct region_set *addrs = region_box_get(&w->space, box, open_addr_dim(o, end));

	if (region_box_get(&w->space, box, (uint32_t)end) == o->only[KIND_MANAGED])
		return region_set_meets(addrs, o->pods[f]);
	return region_set_meets(addrs, o->families[f]);
}

/* Must the destination call the port by this name? */
static bool has_name(const struct diff_world *w, const struct region_box *box, uint32_t name)
{
	return !region_set_has(region_box_get(&w->space, box, open_name_dim(w->open, name)), 0);
}

/* Those that can have the names which the box asks for. */
static const struct region_set *ports_of(struct diff_world *w, const struct region_box *box)
{
	const struct region_set *ports = region_box_get(&w->space, box, w->port_dim);

	for (uint32_t i = 0; i < w->open->names.n; i++)
		if (has_name(w, box, i))
			ports = region_set_and(&w->space, ports, w->open->names.v[i].ports);
	return ports;
}

/* A family that the box allows: 0 is IPv4, 1 is IPv6, -1 none. */
static int family_of(struct diff_world *w, const struct region_box *box)
{
	const struct region_set *ports = ports_of(w, box);

	for (int f = 0; f < 2; f++) {
		bool ok = region_set_meets(ports, w->open->ports[f]);

		for (int end = 0; ok && end < DIFF_N_ENDS; end++)
			ok = has_family(w, box, (enum diff_which)end, f);
		if (ok)
			return f;
	}
	return -1;
}

/* The key that a part restricts, if it is a namespace label of this end other than the name. */
static bool ns_label_of(const struct open_world *o, const struct region_part *part,
			enum diff_which end, uint32_t *key)
{
	uint32_t first = open_label_dim(o, end, 0);

	*key = part->dim - first;
	return part->dim >= first && *key < o->keys.n && open_is_ns_label(o, *key);
}

/* May both ends have the same namespace labels? */
static bool labels_agree(const struct diff_world *w, const struct region_box *box)
{
	for (size_t i = 0; i < box->n; i++) {
		uint32_t key;

		if (ns_label_of(w->open, &box->v[i], DIFF_FROM, &key) &&
		    !region_set_meets(box->v[i].set, open_labels(w, box, DIFF_TO, key)))
			return false;
	}
	return true;
}

/* Must the end have a label of a namespace? */
static bool needs_namespace(const struct diff_world *w, const struct region_box *box,
			    enum diff_which end)
{
	for (size_t i = 0; i < box->n; i++) {
		uint32_t key;

		if (ns_label_of(w->open, &box->v[i], end, &key) &&
		    !region_set_has(box->v[i].set, VALUE_ABSENT))
			return true;
	}
	return false;
}

enum { MAX_CANDIDATES = 4 };

/* Names that the namespace of an end may have, the plainest first: none at all, one that nobody
 * mentions, or, where the box asks for names, those. Two that are mentioned are enough: an end
 * whose one name is that of the other end can take the second. */
static size_t namespace_candidates(const struct diff_world *w, const struct region_box *box,
				   enum diff_which end, uint32_t out[MAX_CANDIDATES])
{
	const struct region_set *names = open_labels(w, box, end, w->open->ns_name);
	bool needed = needs_namespace(w, box, end);
	size_t n = 0, mentioned = 0;

	if (!needed && region_set_has(names, VALUE_ABSENT))
		out[n++] = VALUE_ABSENT;
	if (region_set_has(names, VALUE_OTHER))
		out[n++] = VALUE_OTHER;
	for (size_t i = 0; i < names->n && mentioned < 2; i++) {
		for (uint64_t v = names->v[i].lo; v <= names->v[i].hi && mentioned < 2; v++) {
			if (v < VALUE_FIRST)
				continue;
			out[n++] = (uint32_t)v;
			mentioned++;
		}
	}
	return n;
}

/* Chooses the namespaces of both ends, if there is a consistent choice. */
static bool choose_namespaces(const struct diff_world *w, const struct region_box *box,
			      uint32_t chosen[DIFF_N_ENDS])
{
	uint32_t from[MAX_CANDIDATES], to[MAX_CANDIDATES];
	size_t n_from = namespace_candidates(w, box, DIFF_FROM, from);
	size_t n_to = namespace_candidates(w, box, DIFF_TO, to);
	bool agree = labels_agree(w, box);

	for (size_t i = 0; i < n_from; i++) {
		for (size_t j = 0; j < n_to; j++) {
			if (from[i] == to[j] && from[i] >= VALUE_FIRST && !agree)
				continue;
			chosen[DIFF_FROM] = from[i];
			chosen[DIFF_TO] = to[j];
			return true;
		}
	}
	return false;
}

bool open_inhabited(struct diff_world *w, const struct region_box *box)
{
	uint32_t chosen[DIFF_N_ENDS];

	return family_of(w, box) >= 0 && choose_namespaces(w, box, chosen);
}

/* Labels are those of managed ends, and names of ports those of a managed destination: as long as
 * one is asked for, the kind must be. */
bool open_optional(const struct diff_world *w, const struct region_box *box, uint32_t dim)
{
	const struct open_world *o = w->open;

	for (size_t i = 0; i < box->n; i++) {
		uint32_t other = box->v[i].dim;
		bool named = other > w->port_dim;
		bool from_label = other >= open_label_dim(o, DIFF_FROM, 0) &&
				  other < open_label_dim(o, DIFF_TO, 0);
		bool to_label = other >= open_label_dim(o, DIFF_TO, 0) &&
				other < open_addr_dim(o, DIFF_FROM);

		if ((dim == FROM_KIND && from_label) || (dim == TO_KIND && (to_label || named)) ||
		    (dim == w->port_dim && named))
			return false;
	}
	return true;
}

/* --- a flow of a box ------------------------------------------------------------------------- */

/* As few labels as can be; a value that is mentioned rather than another. */
static uint32_t plain_value(const struct region_set *set)
{
	if (region_set_has(set, VALUE_ABSENT))
		return VALUE_ABSENT;
	for (size_t i = 0; i < set->n; i++) {
		if (set->v[i].hi >= VALUE_FIRST)
			return set->v[i].lo < VALUE_FIRST ? VALUE_FIRST : set->v[i].lo;
	}
	return VALUE_OTHER;
}

/* The values of one end's labels, by key. */
static uint32_t *choose_labels(struct diff_world *w, const struct region_box *box,
			       enum diff_which end, const uint32_t namespaces[DIFF_N_ENDS])
{
	const struct open_world *o = w->open;
	bool one_ns = namespaces[DIFF_FROM] == namespaces[DIFF_TO] &&
		      namespaces[DIFF_FROM] >= VALUE_FIRST;
	uint32_t *values = arena_array(w->arena, uint32_t, o->keys.n);

	for (uint32_t key = 0; key < o->keys.n; key++) {
		const struct region_set *set = open_labels(w, box, end, key);

		if (open_is_ns_label(o, key) && one_ns)
			set = region_set_and(&w->space, set,
					     open_labels(w, box, (enum diff_which)(1 - end), key));
		values[key] = key == o->ns_name ? namespaces[end] : plain_value(set);
		if (open_is_ns_label(o, key) && namespaces[end] == VALUE_ABSENT)
			values[key] = VALUE_ABSENT;
	}
	return values;
}

/* An endpoint rather than who is outside; at addresses that pods seldom have, the other way round
 * if the flow has an endpoint at its other end. */
static enum open_kind choose_kind(struct diff_world *w, const struct region_box *box,
				  enum diff_which end, int family, bool outside)
{
	const struct open_world *o = w->open;
	const struct region_set *kinds = region_box_get(&w->space, box, (uint32_t)end);
	const struct region_set *addrs = region_box_get(&w->space, box, open_addr_dim(o, end));

	if (!region_set_meets(addrs, o->pods[family]))
		kinds = region_set_minus(&w->space, kinds, o->only[KIND_MANAGED]);
	if (outside && region_set_has(kinds, KIND_EXTERNAL) && open_is_public(w, addrs))
		return KIND_EXTERNAL;
	return (enum open_kind)kinds->v[0].lo;
}

static const char *value_text(const struct open_key *key, uint32_t value)
{
	return value == VALUE_OTHER ? "<other>" : intern_str(&key->values, value - VALUE_FIRST);
}

static void put_labels(const struct open_world *o, enum ir_scope scope, const uint32_t *values,
		       struct buf *out)
{
	const char *sep = "{ ";

	for (uint32_t key = 0; key < o->keys.n; key++) {
		if (o->keys.v[key].scope != scope || values[key] == VALUE_ABSENT ||
		    (key == o->ns_name && values[key] == VALUE_OTHER))
			continue;
		buf_printf(out, "%s%s = %s", sep, o->keys.v[key].name,
			   value_text(&o->keys.v[key], values[key]));
		sep = ", ";
	}
	buf_puts(out, *sep == '{' ? "{}" : " }");
}

static size_t count_labels(const struct open_world *o, enum ir_scope scope, const uint32_t *values)
{
	size_t n = 0;

	for (uint32_t key = 0; key < o->keys.n; key++)
		n += o->keys.v[key].scope == scope && values[key] != VALUE_ABSENT;
	return n;
}

static void put_managed(const struct diff_world *w, const uint32_t *values, struct buf *out)
{
	const struct open_world *o = w->open;
	size_t n_ns = count_labels(o, IR_SCOPE_NAMESPACE, values);

	if (!n_ns && !count_labels(o, IR_SCOPE_ENDPOINT, values)) {
		buf_puts(out, "an endpoint without labels");
		return;
	}
	if (n_ns) {
		buf_puts(out, "namespace ");
		if (n_ns == 1 && values[o->ns_name] != VALUE_ABSENT)
			buf_puts(out, value_text(&o->keys.v[o->ns_name], values[o->ns_name]));
		else
			put_labels(o, IR_SCOPE_NAMESPACE, values, out);
		buf_putc(out, ' ');
	}
	put_labels(o, IR_SCOPE_ENDPOINT, values, out);
}

/* The same endpoint in the terms of one IR. Labels that it does not mention do not matter to
 * it, but two that are different must stay different from what it does mention. */
static void make_endpoint(struct diff_world *w, enum diff_side side, enum diff_which end,
			  const uint32_t *values, struct ir_endpoint *ep)
{
	const struct ir *ir = w->ir[side];

	for (uint32_t k = 0; k < w->open->keys.n; k++) {
		const struct open_key *key = &w->open->keys.v[k];
		struct ir_label label = {.scope = key->scope,
					 .key = intern_find(&ir->strings, key->name),
					 .value = INTERN_NONE - 1 - (uint32_t)end};

		if (values[k] == VALUE_ABSENT || label.key == INTERN_NONE)
			continue;
		if (values[k] >= VALUE_FIRST) {
			uint32_t known = diff_string(ir, value_text(key, values[k]));

			label.value = known;
		}
		vec_push(w->arena, &ep->labels, label);
	}
}

static void make_names(struct diff_world *w, enum diff_side side, const struct region_box *box,
		       uint16_t port, struct ir_endpoint *ep)
{
	for (uint32_t i = 0; i < w->open->names.n; i++) {
		const struct open_name *name = &w->open->names.v[i];
		struct ir_named_port p = {.name = intern_find(&w->ir[side]->strings, name->name),
					  .proto = name->proto,
					  .port = port};

		if (p.name != INTERN_NONE && has_name(w, box, i))
			vec_push(w->arena, &ep->ports, p);
	}
}

struct choice {
	enum open_kind kind[DIFF_N_ENDS];
	uint32_t *labels[DIFF_N_ENDS];
	struct net_addr addr[DIFF_N_ENDS];
	bool show_addr[DIFF_N_ENDS];
	uint16_t proto, port;
};

static bool may_be_managed(const struct diff_world *w, const struct region_box *box,
			   enum diff_which end, int family)
{
	return region_set_has(region_box_get(&w->space, box, (uint32_t)end), KIND_MANAGED) &&
	       region_set_meets(region_box_get(&w->space, box, open_addr_dim(w->open, end)),
				w->open->pods[family]);
}

static void choose(struct diff_world *w, const struct region_box *box, struct choice *c)
{
	struct region_space *s = &w->space;
	int family = family_of(w, box);
	uint32_t namespaces[DIFF_N_ENDS];

	choose_namespaces(w, box, namespaces);
	diff_port_of(diff_port_plain(region_set_and(s, ports_of(w, box), w->open->ports[family])),
		     &c->proto, &c->port);
	for (int e = 0; e < DIFF_N_ENDS; e++) {
		enum diff_which end = (enum diff_which)e;
		const struct region_set *addrs =
			region_box_get(s, box, open_addr_dim(w->open, end));

		c->kind[e] = choose_kind(w, box, end, family,
					 e == DIFF_FROM ? may_be_managed(w, box, DIFF_TO, family)
							: c->kind[DIFF_FROM] == KIND_MANAGED);
		c->labels[e] = choose_labels(w, box, end, namespaces);
		c->addr[e] = region_address_plain(
			&w->addresses,
			region_set_and(s, addrs,
				       c->kind[e] == KIND_MANAGED ? w->open->pods[family]
								  : w->open->families[family]));
		c->show_addr[e] = addrs != s->dims.v[open_addr_dim(w->open, end)];
	}
}

static const char *end_text(struct diff_world *w, const struct region_box *box,
			    const struct choice *c, enum diff_which end)
{
	_cleanup_buf_ struct buf b = {0};
	char addr[NET_ADDR_STRLEN];

	net_addr_format(&c->addr[end], addr);
	if (c->kind[end] == KIND_EXTERNAL)
		return arena_printf(w->arena, "cidr:%s", addr);
	if (c->kind[end] == KIND_HOST)
		return arena_printf(w->arena, "the host at %s", addr);
	if (c->kind[end] == KIND_NODE)
		return arena_printf(w->arena, "its own node at %s", addr);
	put_managed(w, c->labels[end], &b);
	for (uint32_t i = 0; end == DIFF_TO && i < w->open->names.n; i++) {
		if (has_name(w, box, i))
			buf_printf(&b, " with port %s = %s/%u", w->open->names.v[i].name,
				   ir_proto_name(c->proto), c->port);
	}
	if (c->show_addr[end])
		buf_printf(&b, " at %s", addr);
	return arena_strdup(w->arena, buf_str(&b));
}

static struct ir_end make_end(struct diff_world *w, enum diff_side side, const struct choice *c,
			      enum diff_which which, const struct region_box *box)
{
	struct ir_end end = {.addr = c->addr[which]};
	struct ir_endpoint *ep;

	if (c->kind[which] == KIND_EXTERNAL)
		return end;
	ep = arena_new(w->arena, struct ir_endpoint);
	ep->name = which == DIFF_FROM ? "from" : "to";
	ep->kind = "endpoint";
	ep->node = c->kind[which] == KIND_NODE;
	ep->host = c->kind[which] == KIND_HOST || ep->node;
	vec_push(w->arena, &ep->addrs, end.addr);
	if (!ep->host)
		make_endpoint(w, side, which, c->labels[which], ep);
	if (!ep->host && which == DIFF_TO)
		make_names(w, side, box, c->port, ep);
	end.ep = ep;
	return end;
}

void open_witness(struct diff_world *w, const struct region_box *box, struct diff_witness *out)
{
	char port[FLOW_PORT_STRLEN];
	struct choice c;

	choose(w, box, &c);
	out->from = end_text(w, box, &c, DIFF_FROM);
	out->to = end_text(w, box, &c, DIFF_TO);
	out->port = arena_strdup(w->arena, flow_port_format(c.proto, c.port, port));
	for (int side = 0; side < DIFF_N_SIDES; side++) {
		struct ir_flow *flow = &out->flow[side];

		*flow = (struct ir_flow){.proto = c.proto, .port = c.port};
		flow->src = make_end(w, (enum diff_side)side, &c, DIFF_FROM, box);
		flow->dst = make_end(w, (enum diff_side)side, &c, DIFF_TO, box);
	}
}
