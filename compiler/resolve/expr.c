/* SPDX-License-Identifier: Apache-2.0 */
/* Peers, selectors and ports: names are looked up, the rest is carried over. */
#include <errno.h>

#include "compiler/ir/peer.h"
#include "compiler/resolve/resolve.h"
#include "lang/base/codes.h"
#include "lang/base/suggest.h"

uint16_t resolve_proto(enum ast_proto proto)
{
	static const uint16_t numbers[] = {
		[AST_PROTO_ANY] = IR_PROTO_ANY,   [AST_PROTO_TCP] = IR_PROTO_TCP,
		[AST_PROTO_UDP] = IR_PROTO_UDP,   [AST_PROTO_SCTP] = IR_PROTO_SCTP,
		[AST_PROTO_ICMP] = IR_PROTO_ICMP, [AST_PROTO_ICMP6] = IR_PROTO_ICMP6,
	};

	return numbers[proto];
}

/* --- names ---------------------------------------------------------------------------- */

static struct resolve_let *find_let(struct resolve *r, const struct ast_name *name,
				    const char *wanted)
{
	uint32_t id = intern_find(&r->let_names, name->s);
	struct suggest near;
	struct diag_item *d;

	if (id != INTERN_NONE)
		return &r->lets.v[id];
	d = diag_error(r->diag, name->loc, CODE_UNDEFINED, "no %s is called '%s'", wanted, name->s);
	suggest_init(&near, name->s);
	vec_each (const char *, s, &r->let_names.strings)
		suggest_offer(&near, *s);
	if (near.best)
		diag_fix(r->diag, d, name->loc, near.best, "did you mean '%s'?", near.best);
	else
		diag_note(r->diag, d, LOC_NONE, "define it with 'let %s = ...'", name->s);
	return NULL;
}

static int wrong_kind(struct resolve *r, const struct ast_name *name, const struct ast_let *let,
		      const char *is, const char *wanted)
{
	struct diag_item *d = diag_error(r->diag, name->loc, CODE_WRONG_KIND,
					 "'%s' is %s, but %s is wanted here", name->s, is, wanted);

	diag_note(r->diag, d, let->name.loc, "defined here");
	return -EINVAL;
}

/* Every way into a definition passes here, and out of it through leave_let(). */
static int enter_let(struct resolve *r, struct resolve_let *let, const struct ast_name *name)
{
	struct diag_item *d;

	if (let->failed)
		return -EINVAL;
	let->seen = true;
	if (!let->open && r->depth < RESOLVE_MAX_DEPTH) {
		let->open = true;
		r->depth++;
		return 0;
	}
	if (let->open)
		d = diag_error(r->diag, name->loc, CODE_CYCLE,
			       "the definition of '%s' leads back to itself", name->s);
	else
		d = diag_error(r->diag, name->loc, CODE_LIMIT,
			       "'%s' stands behind more than %d definitions that name each "
			       "other: write what it means where it is used",
			       name->s, RESOLVE_MAX_DEPTH);
	diag_note(r->diag, d, let->let->name.loc, "defined here");
	return -EINVAL;
}

static int leave_let(struct resolve *r, struct resolve_let *let, int err)
{
	let->open = false;
	let->failed = err != 0;
	r->depth--;
	return err;
}

/* --- selectors ------------------------------------------------------------------------ */

static void add_req(struct resolve *r, const struct ast_req *in, enum ir_scope scope,
		    struct ir_selector *out)
{
	static const enum ir_op ops[] = {[AST_IN] = IR_IN,
					 [AST_NOT_IN] = IR_NOT_IN,
					 [AST_EXISTS] = IR_EXISTS,
					 [AST_ABSENT] = IR_ABSENT};
	struct ir_req req = {.scope = scope, .op = ops[in->op], .loc = in->loc};

	req.key = intern_add(&r->ir->strings, in->key.s);
	vec_each (const struct ast_name, value, &in->values)
		vec_push(r->arena, &req.values, intern_add(&r->ir->strings, value->s));
	vec_push(r->arena, &out->reqs, req);
}

static void add_labels(struct resolve *r, const struct ast_labels *in, enum ir_scope scope,
		       struct ir_selector *out)
{
	out->none |= in->kind == AST_LABELS_NONE;
	if (in->kind != AST_LABELS_REQS)
		return;
	vec_each (const struct ast_req, req, &in->reqs)
		add_req(r, req, scope, out);
}

static void add_namespace_names(struct resolve *r, const struct ast_selector *in,
				struct ir_selector *out)
{
	struct ir_req req = {.scope = IR_SCOPE_NAMESPACE, .op = IR_IN, .loc = in->loc};

	req.key = intern_add(&r->ir->strings, IR_NS_NAME_KEY);
	vec_each (const struct ast_name, name, &in->ns_names)
		vec_push(r->arena, &req.values, intern_add(&r->ir->strings, name->s));
	vec_push(r->arena, &out->reqs, req);
}

static struct ir_selector make_selector(struct resolve *r, const struct ast_selector *in)
{
	struct ir_selector out = {.loc = in->loc};

	if (in->ns_kind == AST_NS_NAMES)
		add_namespace_names(r, in, &out);
	else if (in->ns_kind == AST_NS_LABELS)
		add_labels(r, &in->ns_labels, IR_SCOPE_NAMESPACE, &out);
	add_labels(r, &in->labels, IR_SCOPE_ENDPOINT, &out);
	return out;
}

/* --- peers ---------------------------------------------------------------------------- */

static struct ir_cidr make_cidr(struct resolve *r, const struct ast_cidr *in)
{
	struct ir_cidr out = {.match_endpoints = in->match_endpoints};

	vec_each (const struct ast_prefix, p, &in->in)
		vec_push(r->arena, &out.in, p->prefix);
	vec_each (const struct ast_prefix, p, &in->except)
		vec_push(r->arena, &out.except, p->prefix);
	ir_cidr_seal(&out, r->arena);
	return out;
}

static int expand_peer(struct resolve *r, struct resolve_let *let, const struct ast_name *name)
{
	struct resolve_peers peers = {0};
	int err = enter_let(r, let, name);

	if (err)
		return err;
	err = resolve_peer(r, &let->let->peer, &peers);
	if (!err) {
		let->peer = peers.list.v[0];
		let->known = true;
	}
	return leave_let(r, let, err);
}

static int peer_by_name(struct resolve *r, const struct ast_name *name, struct resolve_peers *out)
{
	struct resolve_let *let = find_let(r, name, "peer");

	if (!let)
		return -EINVAL;
	if (let->let->kind != AST_LET_PEER)
		return wrong_kind(r, name, let->let, "a set of ports", "a peer");
	if (!let->known && expand_peer(r, let, name))
		return -EINVAL;
	vec_push(r->arena, &out->list, let->peer);
	return 0;
}

int resolve_peer(struct resolve *r, const struct ast_peer *peer, struct resolve_peers *out)
{
	static const enum ir_entity entities[] = {
		[AST_ENTITY_ALL] = IR_ENTITY_ALL,   [AST_ENTITY_CLUSTER] = IR_ENTITY_CLUSTER,
		[AST_ENTITY_HOST] = IR_ENTITY_HOST, [AST_ENTITY_WORLD] = IR_ENTITY_WORLD,
		[AST_ENTITY_NONE] = IR_ENTITY_NONE,
	};
	struct ir_peer p = {.loc = peer->loc};

	switch (peer->kind) {
	case AST_PEER_REF:
		return peer_by_name(r, &peer->name, out);
	case AST_PEER_FQDN:
		diag_error(r->diag, peer->loc, CODE_NOT_SUPPORTED,
			   "DNS names as peers are not yet supported: write the addresses as a "
			   "cidr");
		return -EINVAL;
	case AST_PEER_SELECTOR:
		p.kind = IR_PEER_SELECTOR;
		p.selector = make_selector(r, peer->selector);
		break;
	case AST_PEER_CIDR:
		p.kind = IR_PEER_CIDR;
		p.cidr = make_cidr(r, peer->cidr);
		break;
	case AST_PEER_ENTITY:
		p.kind = IR_PEER_ENTITY;
		p.entity = entities[peer->entity];
		break;
	}
	vec_push(r->arena, &out->list, p);
	return 0;
}

/* `for all` and `for none` read as entities where they stand alone. */
static bool entity_as_selector(const struct ir_peer *peer, struct ir_selector *out)
{
	*out = (struct ir_selector){.none = peer->entity == IR_ENTITY_NONE, .loc = peer->loc};
	return peer->entity == IR_ENTITY_ALL || peer->entity == IR_ENTITY_NONE;
}

int resolve_subject(struct resolve *r, const struct ast_peer *peer, struct ir_policy *out)
{
	struct resolve_peers peers = {0};
	int err = resolve_peer(r, peer, &peers);

	if (err)
		return err;
	vec_each (const struct ir_peer, p, &peers.list) {
		struct ir_selector sel = p->selector;

		if (p->kind != IR_PEER_SELECTOR &&
		    !(p->kind == IR_PEER_ENTITY && entity_as_selector(p, &sel))) {
			diag_error(r->diag, peer->loc, CODE_WRONG_KIND,
				   "a policy protects endpoints: select them by labels");
			return -EINVAL;
		}
		vec_push(r->arena, &out->subjects, sel);
	}
	return 0;
}

/* --- ports ---------------------------------------------------------------------------- */

static int ports_by_name(struct resolve *r, const struct ast_name *name, struct resolve_ports *out)
{
	struct resolve_let *let = find_let(r, name, "set of ports");
	int err;

	if (!let)
		return -EINVAL;
	if (let->let->kind != AST_LET_PORTS)
		return wrong_kind(r, name, let->let, "a peer", "a set of ports");
	err = enter_let(r, let, name);
	if (err)
		return err;
	vec_each (const struct ast_port, port, &let->let->ports) {
		if (resolve_port(r, port, out))
			err = -EINVAL;
	}
	return leave_let(r, let, err);
}

/* Names of names can stand for more ports than any text could hold. */
static int count_port(struct resolve *r, const struct ast_port *port)
{
	if (++r->n_ports <= RESOLVE_MAX_PORTS)
		return 0;
	if (r->n_ports == RESOLVE_MAX_PORTS + 1)
		diag_error(r->diag, port->loc, CODE_LIMIT,
			   "the rules stand for more than %d ports, with names written out: "
			   "write them as ranges",
			   RESOLVE_MAX_PORTS);
	return -EINVAL;
}

static enum ir_port_kind port_kind(enum ast_port_kind kind)
{
	switch (kind) {
	case AST_PORT_ANY:
		return IR_PORT_ANY;
	case AST_PORT_RANGE:
		return IR_PORT_RANGE;
	case AST_PORT_NAMED:
		return IR_PORT_NAMED;
	case AST_PORT_REF: /* has gone already */
	case AST_PORT_NONE:
		break;
	}
	return IR_PORT_NONE;
}

int resolve_port(struct resolve *r, const struct ast_port *port, struct resolve_ports *out)
{
	struct ir_port p = {.proto = resolve_proto(port->proto),
			    .lo = port->lo,
			    .hi = port->hi,
			    .loc = port->loc,
			    .number = port->number,
			    .quotes_names = port->quotes_names};

	if (port->kind == AST_PORT_REF)
		return ports_by_name(r, &port->name, out);
	if (count_port(r, port))
		return -EINVAL;
	p.kind = port_kind(port->kind);
	if (port->kind == AST_PORT_NAMED)
		p.name = intern_add(&r->ir->strings, port->name.s);
	vec_push(r->arena, &out->list, p);
	return 0;
}

int resolve_unused(struct resolve *r)
{
	int err = 0;

	vec_each (struct resolve_let, let, &r->lets) {
		struct resolve_ports ports = {0};

		if (let->seen)
			continue;
		if (let->let->kind == AST_LET_PEER)
			err |= expand_peer(r, let, &let->let->name);
		else
			err |= ports_by_name(r, &let->let->name, &ports);
	}
	return err;
}
