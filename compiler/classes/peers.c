/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Peer classes. Every distinct peer predicate of the rules is an atom; two peers are of one
 * class when the same atoms match them. Peers are the known endpoint addresses (points) and
 * the regions of the address space between the prefixes that rules mention.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/classes/anywhere.h"
#include "compiler/classes/internal.h"
#include "compiler/classes/strangers.h"
#include "compiler/ir/peer.h"
#include "compiler/ir/port.h"
#include "lang/base/buf.h"
#include "lang/base/codes.h"
#include "lang/base/diag.h"
#include "lang/base/work.h"

/* --- atoms ---------------------------------------------------------------------------- */

static void put_u32(struct buf *b, uint32_t v)
{
	buf_add(b, &v, sizeof(v));
}

static void put_prefixes(struct buf *b, const struct net_prefix *v, size_t n)
{
	put_u32(b, (uint32_t)n);
	for (size_t i = 0; i < n; i++) {
		buf_add(b, &v[i].addr.family, 1);
		buf_add(b, v[i].addr.bytes, sizeof(v[i].addr.bytes));
		buf_add(b, &v[i].len, 1);
	}
}

static void put_labels(struct buf *b, const struct ir_selector *labels)
{
	put_u32(b, labels->none);
	put_u32(b, (uint32_t)labels->reqs.n);
	vec_each (const struct ir_req, req, &labels->reqs) {
		put_u32(b, req->scope);
		put_u32(b, req->op);
		put_u32(b, req->key);
		put_u32(b, (uint32_t)req->values.n);
		vec_each (const uint32_t, v, &req->values)
			put_u32(b, *v);
	}
}

/* Two predicates that ask the same in the same words are one atom. */
static void serialise(const struct ir_peer *peer, struct buf *b)
{
	struct ir_aspects a = ir_peer_aspects(peer);

	put_u32(b, a.sorts);
	put_u32(b, a.labels != NULL);
	if (a.labels)
		put_labels(b, a.labels);
	put_u32(b, a.addresses != NULL);
	if (a.addresses) {
		put_prefixes(b, a.addresses->in.v, a.addresses->in.n);
		put_prefixes(b, a.addresses->except.v, a.addresses->except.n);
	}
}

static void add_name(struct cls_build_ctx *c, const struct ir_port *port)
{
	vec_each (const struct cls_name, n, &c->traits.names) {
		if (n->proto == port->proto && n->name == port->name)
			return;
	}
	vec_push(c->arena, &c->traits.names,
		 (struct cls_name){.proto = port->proto, .name = port->name});
}

static void collect_atoms(struct cls_build_ctx *c)
{
	struct keyset known;

	keyset_init(&known, c->arena);
	c->atoms_of_rule = arena_array(c->arena, uint32_t *, c->ir->rules.n + 1);
	vec_each (struct ir_rule *, rule, &c->ir->rules) {
		uint32_t *ids = arena_array(c->arena, uint32_t, (*rule)->peers.n + 1);
		size_t n = 0;

		vec_each (const struct ir_peer, peer, &(*rule)->peers) {
			_cleanup_buf_ struct buf key = {0};

			serialise(peer, &key);
			ids[n] = keyset_add(&known, buf_str(&key), key.n);
			if (ids[n++] == c->traits.atoms.n)
				vec_push(c->arena, &c->traits.atoms, peer);
		}
		ids[n] = UINT32_MAX;
		c->atoms_of_rule[(*rule)->id] = ids;
		vec_each (const struct ir_port, port, &(*rule)->ports) {
			if ((*rule)->dir == IR_EGRESS && ir_port_name(port) != INTERN_NONE)
				add_name(c, port);
		}
	}
	vec_each (struct ir_policy *, policy, &c->ir->policies)
		c->traits.spares |= (*policy)->spares_node;
}

/* --- classes ------------------------------------------------------------------------------ */

/* The class of a peer: `ep` is NULL outside; `where` is its address or region. */
static uint32_t class_of(struct cls_build_ctx *c, const struct ir_endpoint *ep,
			 const struct net_prefix *where)
{
	atoms_signature(&c->atoms, ep, where, c->scratch);
	return cls_class_of_signature(c, c->scratch);
}

uint32_t cls_class_of_signature(struct cls_build_ctx *c, const uint64_t *sig)
{
	uint32_t id = keyset_add(&c->classes, sig, cls_signature_size(&c->traits));

	assert(id <= c->sigs.n);
	if (id == c->sigs.n)
		vec_push(c->arena, &c->sigs, (const uint64_t *)c->classes.keys.v[id].bytes);
	return id;
}

bool cls_is_node(const struct cls_build_ctx *c, uint32_t cls)
{
	assert(cls < c->sigs.n);
	return c->sigs.v[cls][c->traits.atoms.n / 64] >> (c->traits.atoms.n % 64) & 1;
}

uint32_t cls_port_of_class(const struct cls_build_ctx *c, uint32_t cls, uint16_t proto,
			   uint32_t name)
{
	const uint32_t *ports =
		(const uint32_t *)(c->sigs.v[cls] + cls_signature_words(&c->traits));

	for (size_t i = 0; i < c->traits.names.n; i++) {
		if (c->traits.names.v[i].proto == proto && c->traits.names.v[i].name == name)
			return ports[i];
	}
	return CLS_NO_PORT;
}

/* --- prefixes ------------------------------------------------------------------------------ */

static int prefix_order(const void *a, const void *b)
{
	return net_prefix_cmp(a, b);
}

static void collect_regions(struct cls_build_ctx *c)
{
	size_t n = 0;

	vec_push(c->arena, &c->regions, (struct net_prefix){.addr.family = NET_V4});
	vec_push(c->arena, &c->regions, (struct net_prefix){.addr.family = NET_V6});
	vec_each (const struct ir_peer *, atom, &c->traits.atoms) {
		const struct ir_cidr *addresses = ir_peer_aspects(*atom).addresses;

		if (!addresses)
			continue;
		vec_each (const struct net_prefix, p, &addresses->in)
			vec_push(c->arena, &c->regions, *p);
		vec_each (const struct net_prefix, p, &addresses->except)
			vec_push(c->arena, &c->regions, *p);
	}
	qsort(c->regions.v, c->regions.n, sizeof(*c->regions.v), prefix_order);
	for (size_t i = 0; i < c->regions.n; i++)
		if (!n || net_prefix_cmp(&c->regions.v[n - 1], &c->regions.v[i]) != 0)
			c->regions.v[n++] = c->regions.v[i];
	c->regions.n = n;
}

bool cls_is_over(const struct cls_build_ctx *c)
{
	return work_is_over(c->opts.work) || c->sigs.n > CLS_MAX_CLASSES;
}

/* The class of the node, or of what is outside (`ep` NULL), in each region: one after the other, so
 * that neighbours among the classes have much in common. */
static uint32_t *classes_of_regions(struct cls_build_ctx *c, const struct ir_endpoint *ep)
{
	uint32_t *out = arena_array(c->arena, uint32_t, c->regions.n);

	for (size_t i = 0; i < c->regions.n && !cls_is_over(c); i++)
		out[i] = class_of(c, ep, &c->regions.v[i]);
	return out;
}

/* Sorted, a prefix comes behind the ones that hold it, so a stack of open ones knows each
 * one's parent. A prefix that says what its parent says is left out. */
static void build_cidrs(struct cls_build_ctx *c)
{
	struct cls_cidr open[130];
	uint32_t kept[130]; /* of each open one: the last in the list, itself or above */
	const uint32_t *outside, *node;
	size_t depth = 0;

	collect_regions(c);
	outside = classes_of_regions(c, NULL);
	node = classes_of_regions(c, c->ir->node);
	vec_each (const struct net_prefix, p, &c->regions) {
		size_t i = (size_t)(p - c->regions.v);
		struct cls_cidr entry = {.prefix = *p, .cls = outside[i], .node = node[i]};

		while (depth && !net_prefix_has_prefix(&open[depth - 1].prefix, p))
			depth--;
		kept[depth] = depth ? kept[depth - 1] : 0;
		if (!depth || open[depth - 1].cls != entry.cls ||
		    open[depth - 1].node != entry.node) {
			uint32_t at = (uint32_t)c->cls->cidrs.n;

			entry.parent = depth ? kept[depth - 1] : at;
			kept[depth] = at;
			vec_push(c->arena, &c->cls->cidrs, entry);
		}
		open[depth++] = entry;
	}
}

/* --- points ------------------------------------------------------------------------------- */

static void add_points(struct cls_build_ctx *c, const struct ir_endpoint *ep)
{
	const struct net_prefix nowhere = {0};

	vec_each (const struct net_addr, addr, &ep->addrs) {
		struct net_prefix at = net_prefix_of_addr(addr);
		struct cls_point point = {.ep = ep, .addr = *addr};

		if (cls_is_over(c))
			return;
		point.cls = class_of(c, ep, &at);
		vec_push(c->arena, &c->cls->points, point);
	}
	if (!ep->addrs.n)
		vec_push(c->arena, &c->cls->points,
			 (struct cls_point){.ep = ep, .cls = class_of(c, ep, &nowhere)});
}

/* Who asks for endpoints to come goes through the points of each. */
static void build_points(struct cls_build_ctx *c)
{
	bool each = c->opts.open || c->opts.identities;

	c->cls->first_point = arena_array(c->arena, uint32_t, c->ir->endpoints.n + 1);
	c->cls->placed = arena_array(c->arena, struct cls_placed, c->ir->endpoints.n + 1);
	cls_anywhere_init(c);
	vec_each (struct ir_endpoint *, ep, &c->ir->endpoints) {
		if (cls_is_over(c))
			return;
		c->cls->first_point[(*ep)->id] = (uint32_t)c->cls->points.n;
		if ((*ep)->supposed && !each)
			cls_place_anywhere(c, *ep);
		else
			add_points(c, *ep);
	}
}

static int report_classes(const struct cls_build_ctx *c)
{
	diag_error(c->diag, LOC_NONE, CODE_LIMIT,
		   "the policies tell more classes of peers apart than the limit of %d: use fewer "
		   "distinct selectors and prefixes",
		   CLS_MAX_CLASSES);
	return -E2BIG;
}

int cls_build_peers(struct cls_build_ctx *c)
{
	const struct net_prefix nowhere = {0};

	collect_atoms(c);
	atoms_init(&c->atoms, &c->traits, c->arena);
	keyset_init(&c->classes, c->arena);
	c->scratch = arena_alloc(c->arena, cls_signature_size(&c->traits));
	c->first_of_atom = arena_array(c->arena, uint32_t, c->traits.atoms.n + 1);
	memset(c->first_of_atom, 0xff, (c->traits.atoms.n + 1) * sizeof(*c->first_of_atom));
	build_cidrs(c);
	build_points(c);
	c->cls->node = class_of(c, c->ir->node, &nowhere);
	if (!cls_is_over(c) && c->opts.open)
		c->foreseen = cls_build_strangers(c);
	if (work_is_over(c->opts.work))
		return -ETIME;
	c->cls->n_classes = (uint32_t)c->sigs.n;
	return c->cls->n_classes > CLS_MAX_CLASSES ? report_classes(c) : 0;
}
