/* SPDX-License-Identifier: Apache-2.0 */
/* Selectors, address sets and the other peers. */
#include <errno.h>
#include <string.h>

#include "lang/base/suggest.h"
#include "lang/pol/parser.h"
#include "lang/pol/pol.h"

/* --- selectors ---------------------------------------------------------------------------- */

struct ast_labels *pol_labels(struct pol *p, struct loc loc, enum ast_labels_kind kind)
{
	struct ast_labels *labels = arena_new(&p->l->arena, struct ast_labels);

	labels->loc = loc;
	labels->kind = kind;
	return labels;
}

struct ast_labels *pol_requirements(struct pol *p, struct ast_labels *to, const struct ast_req *req)
{
	if (!to)
		to = pol_labels(p, LOC_NONE, AST_LABELS_REQS);
	if (req && pol_has_room(p, to->reqs.n, req->loc))
		vec_push(&p->l->arena, &to->reqs, *req);
	return to;
}

struct ast_labels *pol_labels_end(struct pol *p, struct loc loc, struct ast_labels *labels)
{
	if (labels->loc.line) { /* nothing between the braces, not even a mistake */
		struct diag_item *d =
			diag_error(&p->l->diag, loc, CODE_SYNTAX,
				   "a selector without labels is written out: 'all' selects "
				   "everything, 'none' nothing");

		diag_fix(&p->l->diag, d, loc, "all", "write 'all'");
		labels->kind = AST_LABELS_ALL;
	}
	labels->loc = loc;
	return labels;
}

struct ast_req *pol_req(struct pol *p, struct loc loc, enum ast_op op, struct ast_name key,
			const struct pol_names *values)
{
	struct ast_req *req = arena_new(&p->l->arena, struct ast_req);

	*req = (struct ast_req){.loc = loc, .op = op, .key = key};
	pol_check_key(p, &key);
	if (!values)
		return req;
	vec_each (const struct ast_name, value, &values->list)
		pol_check_value(p, value);
	pol_take(&req->values, &values->list);
	return req;
}

static struct ast_selector *selector_new(struct pol *p, struct loc loc,
					 const struct ast_labels *labels)
{
	struct ast_selector *s = arena_new(&p->l->arena, struct ast_selector);

	s->loc = loc;
	s->labels = *labels;
	return s;
}

struct ast_selector *pol_selector(struct pol *p, struct loc loc, const struct ast_labels *labels)
{
	return selector_new(p, loc, labels);
}

struct ast_selector *pol_selector_in(struct pol *p, struct loc loc, const struct pol_names *ns,
				     const struct ast_labels *labels)
{
	struct ast_selector *s = selector_new(p, loc, labels);

	s->ns_kind = AST_NS_NAMES;
	vec_each (const struct ast_name, name, &ns->list)
		pol_check_namespace(p, name);
	pol_take(&s->ns_names, &ns->list);
	return s;
}

struct ast_selector *pol_selector_where(struct pol *p, struct loc loc, const struct ast_labels *ns,
					const struct ast_labels *labels)
{
	struct ast_selector *s = selector_new(p, loc, labels);

	s->ns_kind = AST_NS_LABELS;
	s->ns_labels = *ns;
	return s;
}

/* --- addresses ------------------------------------------------------------------------------ */

/* Reports what is wrong with a prefix; *out is usable in any case. */
static void check_prefix(struct pol *p, const struct ast_name *n, struct net_prefix *out)
{
	char text[NET_PREFIX_STRLEN];
	struct diag *diag = &p->l->diag;
	struct net_addr addr;
	struct diag_item *d;
	int r = net_prefix_parse(n->s, out);

	if (r == -EDOM) {
		net_prefix_format(out, text);
		d = diag_error(diag, n->loc, CODE_HOST_BITS,
			       "'%s' has bits set behind the prefix length", n->s);
		diag_fix(diag, d, n->loc, text, "write '%s'", text);
	} else if (r < 0 && net_addr_parse(n->s, &addr) == 0) {
		unsigned bits = net_family_bits(addr.family);
		const char *fixed = arena_printf(&p->l->arena, "%s/%u", n->s, bits);

		d = diag_error(diag, n->loc, CODE_BAD_ADDRESS,
			       "'%s' has no prefix length: a single address is a /%u", n->s, bits);
		diag_fix(diag, d, n->loc, fixed, "write '%s'", fixed);
	} else if (r < 0) {
		diag_error(diag, n->loc, CODE_BAD_ADDRESS,
			   "'%.63s' is no prefix such as 10.0.0.0/8 or 2001:db8::/32%s", n->s,
			   net_mapped_hint(n->s));
	}
}

struct pol_prefixes *pol_prefixes(struct pol *p, struct pol_prefixes *to, struct ast_name n)
{
	struct ast_prefix prefix = {.loc = n.loc};

	if (!to)
		to = arena_new(&p->l->arena, struct pol_prefixes);
	if (!n.s || !pol_has_room(p, to->list.n, n.loc))
		return to;
	check_prefix(p, &n, &prefix.prefix);
	if (prefix.prefix.addr.family)
		vec_push(&p->l->arena, &to->list, prefix);
	return to;
}

struct ast_cidr *pol_cidr(struct pol *p, struct loc loc, const struct pol_prefixes *in,
			  const struct pol_prefixes *except, bool match_endpoints)
{
	struct ast_cidr *c = arena_new(&p->l->arena, struct ast_cidr);

	c->loc = loc;
	c->match_endpoints = match_endpoints;
	pol_take(&c->in, &in->list);
	if (except)
		pol_take(&c->except, &except->list);
	return c;
}

struct pol_addresses *pol_addresses(struct pol *p, struct pol_addresses *to, struct ast_name n)
{
	struct ast_address a = {.loc = n.loc};
	struct net_prefix prefix;
	struct diag_item *d;
	const char *slash = strchr(n.s, '/');

	if (!to)
		to = arena_new(&p->l->arena, struct pol_addresses);
	if (!pol_has_room(p, to->list.n, n.loc))
		return to;
	if (net_addr_parse(n.s, &a.addr) == 0) {
		vec_push(&p->l->arena, &to->list, a);
	} else if (slash && net_prefix_parse(n.s, &prefix) != -EINVAL) {
		d = diag_error(&p->l->diag, n.loc, CODE_BAD_ADDRESS,
			       "'%s' is a prefix: an endpoint has single addresses", n.s);
		diag_fix(&p->l->diag, d, pol_part(&n, (size_t)(slash - n.s), strlen(n.s)), "",
			 "remove '%s'", slash);
	} else {
		diag_error(&p->l->diag, n.loc, CODE_BAD_ADDRESS,
			   "'%.63s' is no address such as 10.0.0.7 or 2001:db8::7%s", n.s,
			   net_mapped_hint(n.s));
	}
	return to;
}

/* --- peers ------------------------------------------------------------------------------------ */

static struct ast_peer *peer_new(struct pol *p, struct loc loc, enum ast_peer_kind kind)
{
	struct ast_peer *peer = arena_new(&p->l->arena, struct ast_peer);

	peer->loc = loc;
	peer->kind = kind;
	return peer;
}

/* A peer that is no name but what else a user may have meant; reports it. */
static bool is_other_than_name(struct pol *p, const struct ast_name *n)
{
	struct diag *diag = &p->l->diag;
	struct net_prefix prefix;
	struct net_addr addr;
	struct diag_item *d;

	if (net_prefix_parse(n->s, &prefix) != -EINVAL || net_addr_parse(n->s, &addr) == 0) {
		d = diag_error(diag, n->loc, CODE_SYNTAX, "addresses follow the word 'cidr'");
		diag_fix(diag, d, n->loc, arena_printf(&p->l->arena, "cidr %s", n->s),
			 "write 'cidr %s'", n->s);
		return true;
	}
	if (pol_names_a_port(n->s)) {
		diag_error(diag, n->loc, CODE_SYNTAX,
			   "'%s' is a port, not a peer: ports follow the word 'on', as in "
			   "'from all on %s'",
			   n->s, n->s);
		return true;
	}
	return false;
}

struct ast_peer *pol_peer_word(struct pol *p, struct ast_name n)
{
	struct ast_peer *peer = peer_new(p, n.loc, AST_PEER_REF);

	peer->name = n;
	if (is_other_than_name(p, &n)) {
		peer->kind = AST_PEER_ENTITY;
		peer->entity = AST_ENTITY_NONE;
	} else {
		pol_check_name(p, &n, "name of a definition");
	}
	return peer;
}

struct ast_peer *pol_peer(struct pol *p, struct loc loc, struct ast_peer parts)
{
	struct ast_peer *peer = arena_new(&p->l->arena, struct ast_peer);

	*peer = parts;
	peer->loc = loc;
	return peer;
}

/* A DNS name, in which '*' stands for any part: "*.example.com". */
static const char *pattern_fault(const char *s)
{
	size_t n = strlen(s);

	if (n == 0)
		return "it is empty";
	if (n > 253)
		return "it is longer than 253 characters";
	if (strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.*") != n)
		return "only letters, digits, '-', '_', '.' and '*' are allowed";
	if (s[0] == '.' || strstr(s, ".."))
		return "a part between the dots is empty";
	return NULL;
}

struct ast_peer *pol_peer_fqdn(struct pol *p, struct loc loc, struct ast_name pattern)
{
	struct ast_peer *peer = peer_new(p, loc, AST_PEER_FQDN);
	const char *fault = pattern_fault(pattern.s);

	peer->name = pattern;
	if (fault)
		diag_error(&p->l->diag, pattern.loc, CODE_BAD_NAME, "'%.63s' is no DNS name: %s",
			   pattern.s, fault);
	return peer;
}
