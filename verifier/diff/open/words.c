/* SPDX-License-Identifier: Apache-2.0 */
/* A box in words, in the manner of .pol. */
#include "lang/base/buf.h"
#include "verifier/diff/open/open.h"

/* `app = web`, `app in (web, db)`, `app not in (web)`, `app`, `!app`, of all that it can be. */
static void put_req(const struct open_key *key, const struct region_set *set,
		    const struct region_set *all, const char *sep, struct buf *out)
{
	bool asked = !region_set_has(set, VALUE_ABSENT) && region_set_has(all, VALUE_ABSENT);
	bool absent = region_set_has(set, VALUE_ABSENT), other = region_set_has(set, VALUE_OTHER);
	uint32_t n = (uint32_t)key->values.strings.n, listed = 0;
	const char *comma = "";

	for (uint32_t v = 0; v < n; v++)
		listed += region_set_has(set, VALUE_FIRST + v) != other;
	/* Every value or every mentioned value is as good as none, said the other way. */
	if (!other && absent && listed == 0) {
		buf_printf(out, "%s!%s", sep, key->name);
		return;
	}
	if (other && asked)
		buf_printf(out, "%s%s", sep, key->name);
	if (other && asked && listed == 0)
		return;
	if (other && asked)
		sep = ", ";
	if (!other && absent) {
		buf_printf(out, "%s%s absent or in (", sep, key->name);
	} else if (listed == 1) {
		buf_printf(out, "%s%s %s ", sep, key->name, other ? "!=" : "=");
	} else {
		buf_printf(out, "%s%s %s (", sep, key->name, other ? "not in" : "in");
	}
	for (uint32_t v = 0; v < n; v++) {
		if (region_set_has(set, VALUE_FIRST + v) == other)
			continue;
		buf_printf(out, "%s%s", comma, intern_str(&key->values, v));
		comma = ", ";
	}
	if (listed != 1 || (!other && absent))
		buf_putc(out, ')');
}

static bool put_reqs(struct diff_world *w, const struct region_box *box, enum diff_which end,
		     enum ir_scope scope, struct buf *out)
{
	const struct open_world *o = w->open;
	bool any = false;

	for (uint32_t key = 0; key < o->keys.n; key++) {
		const struct region_set *set = open_labels(w, box, end, key);
		const struct region_set *all = w->space.dims.v[open_label_dim(o, end, key)];

		if (o->keys.v[key].scope != scope || set == all)
			continue;
		put_req(&o->keys.v[key], set, all, any ? ", " : "{ ", out);
		any = true;
	}
	if (any)
		buf_puts(out, " }");
	return any;
}

/* `namespace shop` or `namespace (a, b)` where nothing but its name is asked for. */
static bool put_namespace_name(struct diff_world *w, const struct region_box *box,
			       enum diff_which end, struct buf *out)
{
	const struct open_world *o = w->open;
	const struct region_set *set = open_labels(w, box, end, o->ns_name);
	const char *comma = "";
	bool many = region_set_size(set) > 1;

	if (region_set_has(set, VALUE_ABSENT) || region_set_has(set, VALUE_OTHER))
		return false;
	for (uint32_t key = 0; key < o->keys.n; key++) {
		if (open_is_ns_label(o, key) &&
		    open_labels(w, box, end, key) != w->space.dims.v[open_label_dim(o, end, key)])
			return false;
	}
	buf_puts(out, many ? "namespace (" : "namespace ");
	for (uint32_t v = 0; v < o->keys.v[o->ns_name].values.strings.n; v++) {
		if (!region_set_has(set, VALUE_FIRST + v))
			continue;
		buf_printf(out, "%s%s", comma, intern_str(&o->keys.v[o->ns_name].values, v));
		comma = ", ";
	}
	buf_puts(out, many ? ") " : " ");
	return true;
}

static void put_endpoints(struct diff_world *w, const struct region_box *box, enum diff_which end,
			  struct buf *out)
{
	_cleanup_buf_ struct buf ns = {0}, labels = {0};
	bool by_name = put_namespace_name(w, box, end, &ns);
	bool by_labels = !by_name && put_reqs(w, box, end, IR_SCOPE_NAMESPACE, &ns);
	bool own = put_reqs(w, box, end, IR_SCOPE_ENDPOINT, &labels);

	if (by_labels)
		buf_printf(out, "namespace %s ", buf_str(&ns));
	else if (by_name)
		buf_puts(out, buf_str(&ns));
	if (own)
		buf_puts(out, buf_str(&labels));
	else
		buf_puts(out, by_name || by_labels ? "all" : "endpoints");
}

/* The kinds of end in a box, in words; "" where addresses say all there is to say. */
static void put_kinds(struct diff_world *w, const struct region_box *box, enum diff_which end,
		      bool everywhere, struct buf *out)
{
	static const struct {
		unsigned mask;
		const char *text;
	} words[] = {
		{1u << KIND_MANAGED, ""},         {1u << KIND_HOST | 1u << KIND_NODE, "host"},
		{1u << KIND_HOST, "other hosts"}, {1u << KIND_NODE, "its own node"},
		{1u << KIND_EXTERNAL, "world"},
	};
	enum { OUTSIDE = 1u << KIND_EXTERNAL | 1u << KIND_HOST | 1u << KIND_NODE };
	const struct region_set *kinds = region_box_get(&w->space, box, (uint32_t)end);
	const char *comma = "";
	unsigned mask = 0;

	for (unsigned k = 0; k < N_KINDS; k++)
		mask |= region_set_has(kinds, k) ? 1u << k : 0;
	if (mask == (OUTSIDE | 1u << KIND_MANAGED)) {
		buf_puts(out, "all");
		return;
	}
	if (mask == ((OUTSIDE | 1u << KIND_MANAGED) & ~(1u << KIND_NODE))) {
		buf_puts(out, "all but its own node");
		return;
	}
	if (!everywhere && mask == OUTSIDE)
		return;
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if ((mask & words[i].mask) != words[i].mask)
			continue;
		mask &= ~words[i].mask;
		buf_puts(out, comma);
		if (words[i].mask == 1u << KIND_MANAGED)
			put_endpoints(w, box, end, out);
		else
			buf_puts(out, words[i].text);
		comma = ", ";
	}
}

static const char *describe_end(struct diff_world *w, const struct region_box *box,
				enum diff_which end)
{
	const struct region_set *addrs =
		region_box_get(&w->space, box, open_addr_dim(w->open, end));
	bool everywhere = addrs == w->space.dims.v[open_addr_dim(w->open, end)];
	_cleanup_buf_ struct buf b = {0};

	put_kinds(w, box, end, everywhere, &b);
	if (!everywhere) {
		buf_puts(&b, b.n ? " at " : "");
		region_address_put(&w->addresses, &w->space, addrs, &b);
	}
	return arena_strdup(w->arena, buf_str(&b));
}

/* The names that the destination must give to the port, or must not; their words. */
static void put_names(struct diff_world *w, const struct region_box *box, bool given,
		      const char *before, const char *between, struct buf *text,
		      struct diff_region *out)
{
	for (uint32_t i = 0; i < w->open->names.n; i++) {
		const struct region_set *set =
			region_box_get(&w->space, box, open_name_dim(w->open, i));
		const struct open_name *name = &w->open->names.v[i];
		const char *word;

		if (region_set_size(set) == 2 || region_set_has(set, 1) != given)
			continue;
		word = arena_printf(w->arena, "%s/%s", ir_proto_name(name->proto), name->name);
		buf_printf(text, "%s%s", before, word);
		before = between;
		vec_push(w->arena, &out->ports,
			 given ? word : arena_printf(w->arena, "not %s", word));
	}
}

static void describe_ports(struct diff_world *w, const struct region_box *box,
			   struct diff_region *out)
{
	const struct region_set *ports = region_box_get(&w->space, box, w->port_dim);
	const char *text = diff_port_text(&w->space, ports);
	_cleanup_buf_ struct buf b = {0};
	struct diff_words words = {0};
	size_t n;

	diff_port_words(ports, w->arena, &words);
	vec_each (const char *, word, &words.list)
		vec_push(w->arena, &out->ports, *word);
	buf_puts(&b, text);
	n = b.n;
	put_names(w, box, true, " that the destination calls ", " and ", &b, out);
	put_names(w, box, false, b.n > n ? " but not " : " that the destination does not call ",
		  " nor ", &b, out);
	out->ports_text = arena_strdup(w->arena, buf_str(&b));
}

void open_describe(struct diff_world *w, const struct region_box *box, struct diff_region *out)
{
	out->from.text = describe_end(w, box, DIFF_FROM);
	out->to.text = describe_end(w, box, DIFF_TO);
	describe_ports(w, box, out);
	open_list_known(w, box, DIFF_FROM, &out->from);
	open_list_known(w, box, DIFF_TO, &out->to);
}
