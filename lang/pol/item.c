/* SPDX-License-Identifier: Apache-2.0 */
/* Imports, definitions, inventory, services and assertions. */
#include <string.h>

#include "lang/base/suggest.h"
#include "lang/pol/parser.h"
#include "lang/pol/pol.h"

#define NAMESPACE_NAME_KEY "kubernetes.io/metadata.name"

void pol_item(struct pol *p, struct ast_item item)
{
	if (lang_add_item(p->l, p->out, item) < 0)
		p->stopped = true;
}

void pol_import(struct pol *p, struct loc loc, struct ast_name path)
{
	struct ast_import *import = arena_new(&p->l->arena, struct ast_import);

	*import = (struct ast_import){.loc = loc, .path = path};
	pol_item(p, (struct ast_item){.kind = AST_ITEM_IMPORT, .loc = loc, .import = import});
}

/* --- definitions ------------------------------------------------------------------------------ */

void pol_let_peer(struct pol *p, struct loc loc, struct ast_name name, const struct ast_peer *peer)
{
	struct ast_let *let = arena_new(&p->l->arena, struct ast_let);

	*let = (struct ast_let){.loc = loc, .name = name, .kind = AST_LET_PEER, .peer = *peer};
	pol_check_let_name(p, &name);
	pol_item(p, (struct ast_item){.kind = AST_ITEM_LET, .loc = loc, .let = let});
}

void pol_let_ports(struct pol *p, struct loc loc, struct ast_name name,
		   const struct pol_ports *ports)
{
	struct ast_let *let = arena_new(&p->l->arena, struct ast_let);

	*let = (struct ast_let){.loc = loc, .name = name, .kind = AST_LET_PORTS};
	pol_take(&let->ports, &ports->list);
	pol_check_let_name(p, &name);
	pol_item(p, (struct ast_item){.kind = AST_ITEM_LET, .loc = loc, .let = let});
}

/* --- inventory ----------------------------------------------------------------------------------
 */

struct pol_label_list *pol_label_list(struct pol *p, struct pol_label_list *to, struct loc loc,
				      struct ast_name key, struct ast_name value)
{
	struct ast_label label = {.loc = loc, .key = key, .value = value};

	if (!to)
		to = arena_new(&p->l->arena, struct pol_label_list);
	if (pol_check_key(p, &key) && pol_check_value(p, &value) &&
	    pol_has_room(p, to->list.n, loc))
		vec_push(&p->l->arena, &to->list, label);
	return to;
}

static int by_key(const void *a, const void *b)
{
	const struct ast_label *const *x = a, *const *y = b;
	int r = strcmp((*x)->key.s, (*y)->key.s);

	return r ? r : (*x < *y ? -1 : *x > *y);
}

static void check_labels(struct pol *p, const struct ast_label *labels, size_t n)
{
	const struct ast_label **sorted = arena_array(&p->l->arena, const struct ast_label *, n);

	for (size_t i = 0; i < n; i++)
		sorted[i] = &labels[i];
	if (n)
		qsort(sorted, n, sizeof(*sorted), by_key);
	for (size_t i = 1; i < n; i++) {
		struct diag_item *d;

		if (strcmp(sorted[i - 1]->key.s, sorted[i]->key.s) != 0)
			continue;
		d = diag_error(&p->l->diag, sorted[i]->loc, CODE_DUPLICATE,
			       "the label '%s' is set twice", sorted[i]->key.s);
		diag_note(&p->l->diag, d, sorted[i - 1]->loc, "it is set here as well");
	}
}

/* `shop/cart-1` is the endpoint cart-1 of the namespace shop. */
static void split_name(struct pol *p, struct ast_name whole, const char *what, struct ast_name *ns,
		       struct ast_name *name)
{
	const char *slash = strchr(whole.s, '/');
	size_t at = slash ? (size_t)(slash - whole.s) : 0;

	*name = whole;
	if (!pol_check_name(p, &whole, what) || !slash)
		return;
	ns->s = arena_strndup(&p->l->arena, whole.s, at);
	ns->loc = pol_part(&whole, 0, at);
	name->s = slash + 1;
	name->loc = pol_part(&whole, at + 1, strlen(whole.s));
	pol_check_namespace(p, ns);
}

struct ast_endpoint *pol_endpoint(struct pol *p)
{
	return arena_new(&p->l->arena, struct ast_endpoint);
}

struct ast_endpoint *pol_endpoint_labels(struct pol *p, struct ast_endpoint *e, struct loc loc,
					 const struct pol_label_list *labels)
{
	if (e->labels.n)
		diag_error(&p->l->diag, loc, CODE_DUPLICATE, "the labels stand in one block");
	else if (labels)
		pol_take(&e->labels, &labels->list);
	return e;
}

struct ast_endpoint *pol_endpoint_addresses(struct pol *p, struct ast_endpoint *e,
					    const struct pol_addresses *addresses)
{
	vec_each (const struct ast_address, a, &addresses->list)
		if (pol_has_room(p, e->addresses.n, a->loc))
			vec_push(&p->l->arena, &e->addresses, *a);
	return e;
}

static bool clashes(const struct ast_endpoint_port *a, const struct ast_endpoint_port *b)
{
	return a->proto == b->proto && a->name.s && b->name.s && strcmp(a->name.s, b->name.s) == 0;
}

struct ast_endpoint *pol_endpoint_port(struct pol *p, struct ast_endpoint *e, struct loc loc,
				       struct ast_name name, struct ast_name word)
{
	struct ast_endpoint_port port = pol_port_declared(p, loc, name, word);

	if (e->ports.n == POL_ENDPOINT_PORTS_MAX) {
		diag_error(&p->l->diag, loc, CODE_LIMIT, "an endpoint has at most %d ports",
			   POL_ENDPOINT_PORTS_MAX);
		p->stopped = true;
		return e;
	}
	vec_each (const struct ast_endpoint_port, other, &e->ports) {
		struct diag_item *d;

		if (!clashes(other, &port))
			continue;
		d = diag_error(&p->l->diag, name.loc, CODE_DUPLICATE,
			       "the endpoint has two ports with the name '%s'", name.s);
		diag_note(&p->l->diag, d, other->loc, "the first one is here");
		return e;
	}
	vec_push(&p->l->arena, &e->ports, port);
	return e;
}

struct ast_endpoint *pol_endpoint_host(struct pol *p, struct ast_endpoint *e, struct loc loc)
{
	if (e->host_network)
		diag_error(&p->l->diag, loc, CODE_DUPLICATE, "'host' is said twice");
	e->host_network = true;
	e->host_loc = loc;
	return e;
}

void pol_endpoint_end(struct pol *p, struct loc loc, struct ast_name name, struct ast_endpoint *e)
{
	e->loc = loc;
	e->kind = "endpoint";
	split_name(p, name, "name of an endpoint", &e->ns, &e->name);
	check_labels(p, e->labels.v, e->labels.n);
	pol_item(p, (struct ast_item){.kind = AST_ITEM_ENDPOINT, .loc = loc, .endpoint = e});
}

struct ast_namespace *pol_namespace(struct pol *p)
{
	return arena_new(&p->l->arena, struct ast_namespace);
}

struct ast_namespace *pol_namespace_labels(struct pol *p, struct ast_namespace *ns, struct loc loc,
					   const struct pol_label_list *labels)
{
	if (ns->labels.n)
		diag_error(&p->l->diag, loc, CODE_DUPLICATE, "the labels stand in one block");
	else if (labels)
		pol_take(&ns->labels, &labels->list);
	return ns;
}

void pol_namespace_end(struct pol *p, struct loc loc, struct ast_name name,
		       struct ast_namespace *ns)
{
	ns->loc = loc;
	ns->name = name;
	pol_check_namespace(p, &name);
	check_labels(p, ns->labels.v, ns->labels.n);
	vec_each (const struct ast_label, label, &ns->labels)
		if (strcmp(label->key.s, NAMESPACE_NAME_KEY) == 0 &&
		    strcmp(label->value.s, name.s) != 0)
			diag_error(&p->l->diag, label->loc, CODE_BAD_VALUE,
				   "this label always holds the name of the namespace, '%s': "
				   "leave it out",
				   name.s);
	pol_item(p, (struct ast_item){.kind = AST_ITEM_NAMESPACE, .loc = loc, .ns = ns});
}

/* --- services
 * ------------------------------------------------------------------------------------- */

struct ast_service *pol_service(struct pol *p)
{
	return arena_new(&p->l->arena, struct ast_service);
}

struct ast_service *pol_service_addresses(struct pol *p, struct ast_service *s,
					  const struct pol_addresses *addresses)
{
	vec_each (const struct ast_address, a, &addresses->list)
		if (pol_has_room(p, s->addresses.n, a->loc))
			vec_push(&p->l->arena, &s->addresses, *a);
	return s;
}

struct ast_service *pol_service_port(struct pol *p, struct ast_service *s, struct loc loc,
				     struct ast_name front, const struct ast_peer *backends,
				     struct ast_name target)
{
	struct ast_service_port port = {.loc = loc, .backends = *backends};

	port.front = pol_port(p, front);
	port.target = pol_port(p, target);
	if (pol_has_room(p, s->ports.n, loc))
		vec_push(&p->l->arena, &s->ports, port);
	return s;
}

struct ast_service *pol_service_algorithm(struct pol *p, struct ast_service *s,
					  struct ast_name algorithm)
{
	static const char *const known[] = {"maglev", "random", "round-robin"};
	struct suggest near;
	struct diag_item *d;

	if (s->algorithm.s)
		diag_error(&p->l->diag, algorithm.loc, CODE_DUPLICATE,
			   "a service spreads its load in one way: '%s' is said already",
			   s->algorithm.s);
	s->algorithm = algorithm;
	suggest_init(&near, algorithm.s);
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		if (strcmp(known[i], algorithm.s) == 0)
			return s;
		suggest_offer(&near, known[i]);
	}
	suggest_offer(&near, "address");
	d = diag_error(&p->l->diag, algorithm.loc, CODE_BAD_VALUE,
		       "'%.32s' is no way to spread load: maglev, random and round-robin are",
		       algorithm.s);
	pol_did_you_mean(p, d, algorithm.loc, near.best);
	return s;
}

void pol_service_end(struct pol *p, struct loc loc, struct ast_name name, struct ast_service *s)
{
	s->loc = loc;
	split_name(p, name, "name of a service", &s->ns, &s->name);
	pol_item(p, (struct ast_item){.kind = AST_ITEM_SERVICE, .loc = loc, .service = s});
}

/* --- assertions
 * ------------------------------------------------------------------------------------ */

struct ast_assert *pol_claims(struct pol *p)
{
	return arena_new(&p->l->arena, struct ast_assert);
}

/* What a claim speaks of is what any of its entries matches. */
static void refuse_denied(struct pol *p, const struct ast_l7 *l7)
{
	vec_each (const struct ast_l7_rule, rule, &l7->rules)
		if (rule->deny)
			diag_error(
				&p->l->diag, rule->loc, CODE_SYNTAX,
				"an assertion names the requests that it speaks of: say 'never' of "
				"those that must be denied");
}

struct ast_assert *pol_claim(struct pol *p, struct ast_assert *to, struct loc loc,
			     enum ast_claim_kind kind, const struct ast_peer *from,
			     const struct ast_peer *dest, const struct pol_ports *ports,
			     const struct ast_l7 *l7)
{
	struct ast_claim claim = {.loc = loc, .kind = kind, .from = *from, .to = *dest};

	if (ports)
		pol_take(&claim.ports, &ports->list);
	if (l7)
		claim.l7 = *l7;
	refuse_denied(p, &claim.l7);
	if (pol_has_room(p, to->claims.n, loc))
		vec_push(&p->l->arena, &to->claims, claim);
	return to;
}

void pol_assert_end(struct pol *p, struct loc loc, struct ast_name title, struct ast_assert *a)
{
	a->loc = loc;
	a->title = title;
	pol_item(p, (struct ast_item){.kind = AST_ITEM_ASSERT, .loc = loc, .assertion = a});
}
