/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/irb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/ir/peer.h"
#include "lang/base/buf.h"

/* The next field up to `sep`; NULL at the end. */
static char *next(char **rest, const char *sep)
{
	char *field = *rest ? strsep(rest, sep) : NULL;

	return field;
}

static char *copy(struct irb *b, const char *text)
{
	return *text ? arena_strdup(&b->arena, text) : NULL;
}

static struct loc next_line(struct irb *b)
{
	b->line++;
	return (struct loc){.line = b->line, .col = 1, .end_line = b->line, .end_col = 5};
}

void irb_init(struct irb *b)
{
	_cleanup_buf_ struct buf text = {0};

	*b = (struct irb){0};
	arena_init(&b->arena);
	sources_init(&b->sources, &b->arena);
	for (int i = 1; i <= 1000; i++)
		buf_printf(&text, "line %d of the policy\n", i);
	sources_add(&b->sources, "test.pol", buf_str(&text), text.n);
	diag_init(&b->diag, &b->arena, &b->sources);
	b->ir.arena = &b->arena;
	b->ir.node = ir_make_node(&b->arena);
	intern_init(&b->ir.strings, &b->arena);
	intern_add(&b->ir.strings, IR_NS_NAME_KEY);
	b->tier = irb_tier(b, "default", IR_DENY);
}

void irb_fini(struct irb *b)
{
	arena_fini(&b->arena);
}

struct ir_tier *irb_tier(struct irb *b, const char *name, enum ir_action end)
{
	struct ir_tier *t = arena_new(&b->arena, struct ir_tier);

	*t = (struct ir_tier){
		.id = (uint32_t)b->ir.tiers.n, .name = name, .end = end, .loc = next_line(b)};
	vec_push(&b->arena, &b->ir.tiers, t);
	return t;
}

struct ir_tier *irb_tier_before(struct irb *b, const char *name, enum ir_action end)
{
	struct ir_tier *t = irb_tier(b, name, end);

	for (size_t i = t->id; i > b->tier->id; i--) {
		b->ir.tiers.v[i] = b->ir.tiers.v[i - 1];
		b->ir.tiers.v[i]->id = (uint32_t)i;
	}
	t->id = b->tier->id - 1;
	b->ir.tiers.v[t->id] = t;
	return t;
}

/* --- selectors -------------------------------------------------------------------------------- */

static struct ir_req parse_req(struct irb *b, char *text)
{
	struct ir_req req = {.op = IR_EXISTS, .loc = {.line = b->line + 1, .col = 1}};
	char *values, *value;

	if (strncmp(text, "ns:", 3) == 0) {
		req.scope = IR_SCOPE_NAMESPACE;
		text += 3;
	}
	values = strchr(text, '=');
	if (values) {
		req.op = IR_IN;
		if (values > text && values[-1] == '!') {
			req.op = IR_NOT_IN;
			values[-1] = '\0';
		}
		*values++ = '\0';
		while ((value = next(&values, ";")))
			vec_push(&b->arena, &req.values, intern_add(&b->ir.strings, value));
	} else if (*text == '!') {
		req.op = IR_ABSENT;
		text++;
	}
	req.key = intern_add(&b->ir.strings, text);
	return req;
}

struct ir_selector irb_selector(struct irb *b, const char *text)
{
	struct ir_selector sel = {.none = strcmp(text, "none") == 0};
	char *rest = sel.none ? NULL : copy(b, text), *req;

	while ((req = next(&rest, ",")))
		vec_push(&b->arena, &sel.reqs, parse_req(b, req));
	return sel;
}

/* --- peers and ports -------------------------------------------------------------------------- */

static struct net_prefix parse_prefix(const char *text)
{
	struct net_prefix p;

	if (net_prefix_parse(text, &p) < 0)
		abort();
	return p;
}

static struct ir_cidr parse_cidr(struct irb *b, char *text)
{
	struct ir_cidr cidr = {0};
	char *in = next(&text, "-"), *p;

	while ((p = next(&in, ";")))
		vec_push(&b->arena, &cidr.in, parse_prefix(p));
	while ((p = next(&text, ";")))
		vec_push(&b->arena, &cidr.except, parse_prefix(p));
	ir_cidr_seal(&cidr, &b->arena);
	return cidr;
}

static struct ir_peer parse_peer(struct irb *b, char *text)
{
	static const char *const entities[] = {[IR_ENTITY_ALL] = "all",
					       [IR_ENTITY_CLUSTER] = "cluster",
					       [IR_ENTITY_HOST] = "host",
					       [IR_ENTITY_WORLD] = "world",
					       [IR_ENTITY_NONE] = "none"};
	struct ir_peer peer = {.kind = IR_PEER_ENTITY};

	if (strncmp(text, "sel:", 4) == 0) {
		peer.kind = IR_PEER_SELECTOR;
		peer.selector = irb_selector(b, text + 4);
		return peer;
	}
	if (strncmp(text, "cidr:", 5) == 0 || strncmp(text, "pods:", 5) == 0) {
		peer.kind = IR_PEER_CIDR;
		peer.cidr = parse_cidr(b, text + 5);
		peer.cidr.match_endpoints = *text == 'p';
		return peer;
	}
	for (int i = IR_ENTITY_ALL; i <= IR_ENTITY_NONE; i++) {
		if (strcmp(text, entities[i]) == 0) {
			peer.entity = (enum ir_entity)i;
			return peer;
		}
	}
	abort();
}

static void parse_range(char *text, struct ir_port *out)
{
	bool icmp = out->proto == IR_PROTO_ICMP || out->proto == IR_PROTO_ICMP6;
	char *end;

	out->lo = (uint16_t)strtoul(text, &end, 10);
	out->hi = out->lo;
	if (icmp) {
		out->lo = (uint16_t)(out->lo << 8);
		out->hi = out->lo | 0xff;
		if (*end == '/')
			out->lo = out->hi = (uint16_t)(out->lo | strtoul(end + 1, NULL, 10));
	} else if (*end == '-') {
		out->hi = (uint16_t)strtoul(end + 1, NULL, 10);
	}
}

static struct ir_port parse_port(struct irb *b, char *text)
{
	struct ir_port port = {.kind = IR_PORT_ANY, .proto = IR_PROTO_ANY};
	char *number = strchr(text, '/');

	if (strcmp(text, "none") == 0) {
		port.kind = IR_PORT_NONE;
		return port;
	}
	if (number)
		*number++ = '\0';
	if (strcmp(text, "any") != 0)
		port.proto = (uint16_t)ir_proto_parse(text);
	if (number && *number >= '0' && *number <= '9') {
		port.kind = IR_PORT_RANGE;
		parse_range(number, &port);
	} else if (number) {
		port.kind = IR_PORT_NAMED;
		port.name = intern_add(&b->ir.strings, number);
	}
	return port;
}

/* --- policies and endpoints ------------------------------------------------------------------- */

struct ir_policy *irb_policy(struct irb *b, struct ir_tier *tier, const char *name,
			     const char *subject)
{
	struct ir_policy *p = arena_new(&b->arena, struct ir_policy);

	*p = (struct ir_policy){.id = (uint32_t)b->ir.policies.n,
				.name = arena_strdup(&b->arena, name),
				.kind = "policy",
				.tier = tier};
	vec_push(&b->arena, &p->subjects, irb_selector(b, subject));
	p->loc = next_line(b);
	vec_push(&b->arena, &b->ir.policies, p);
	vec_push(&b->arena, &tier->policies, p);
	return p;
}

struct ir_rule *irb_rule(struct irb *b, struct ir_policy *policy, enum ir_dir dir,
			 enum ir_action action, uint32_t rank, const char *peers, const char *ports)
{
	struct ir_rule *r = arena_new(&b->arena, struct ir_rule);
	char *rest = copy(b, peers), *field;

	*r = (struct ir_rule){.id = (uint32_t)b->ir.rules.n,
			      .policy = policy,
			      .dir = dir,
			      .action = action,
			      .rank = rank};
	while ((field = next(&rest, "|")))
		vec_push(&b->arena, &r->peers, parse_peer(b, field));
	rest = copy(b, ports);
	while ((field = next(&rest, "|")))
		vec_push(&b->arena, &r->ports, parse_port(b, field));
	r->loc = next_line(b);
	policy->governs[dir] = true;
	vec_push(&b->arena, &policy->rules[dir], r);
	vec_push(&b->arena, &b->ir.rules, r);
	return r;
}

static const char *draw(struct random *r, struct irb_texts texts)
{
	return texts.v[random_below(r, (uint32_t)texts.n)];
}

void irb_draw_policies(struct irb *b, struct random *r, struct irb_texts subjects,
		       struct irb_texts peers, struct irb_texts ports)
{
	unsigned n = 1 + random_below(r, 4);

	for (unsigned i = 0; i < n; i++) {
		struct ir_policy *p;
		char name[16];

		snprintf(name, sizeof(name), "p%u", i);
		p = irb_policy(b, b->tier, name, draw(r, subjects));
		p->spares_node = random_chance(r, 50);
		for (unsigned k = random_below(r, 5); k; k--)
			irb_rule(b, p, random_below(r, 2) ? IR_INGRESS : IR_EGRESS,
				 random_chance(r, 70) ? IR_ALLOW : IR_DENY, random_below(r, 2),
				 draw(r, peers), draw(r, ports));
	}
}

static int cmp_labels(const void *a, const void *b)
{
	const struct ir_label *p = a, *q = b;

	if (p->scope != q->scope)
		return p->scope < q->scope ? -1 : 1;
	return (p->key > q->key) - (p->key < q->key);
}

struct ir_endpoint *irb_endpoint(struct irb *b, const char *name, const char *labels,
				 const char *addrs, const char *ports)
{
	struct ir_endpoint *ep = arena_new(&b->arena, struct ir_endpoint);
	struct ir_selector sel = irb_selector(b, labels);
	char *rest = copy(b, addrs), *field;

	*ep = (struct ir_endpoint){.id = (uint32_t)b->ir.endpoints.n,
				   .name = arena_strdup(&b->arena, name),
				   .kind = "endpoint",
				   .loc = next_line(b)};
	vec_each (const struct ir_req, req, &sel.reqs)
		vec_push(&b->arena, &ep->labels,
			 (struct ir_label){
				 .scope = req->scope, .key = req->key, .value = req->values.v[0]});
	if (ep->labels.n)
		qsort(ep->labels.v, ep->labels.n, sizeof(*ep->labels.v), cmp_labels);
	while ((field = next(&rest, ","))) {
		struct net_addr addr;

		if (net_addr_parse(field, &addr) < 0)
			abort();
		vec_push(&b->arena, &ep->addrs, addr);
	}
	rest = copy(b, ports);
	while ((field = next(&rest, ","))) {
		char *port_name = strsep(&field, "=");
		struct ir_port port = parse_port(b, field);

		vec_push(&b->arena, &ep->ports,
			 (struct ir_named_port){.name = intern_add(&b->ir.strings, port_name),
						.proto = port.proto,
						.port = port.lo});
	}
	vec_push(&b->arena, &b->ir.endpoints, ep);
	return ep;
}

struct ir_claim *irb_claim(struct irb *b, enum ir_claim_kind kind, const char *from, const char *to,
			   const char *ports)
{
	struct ir_assert *a = arena_new(&b->arena, struct ir_assert);
	struct ir_claim claim = {.kind = kind, .assertion = a};
	char *rest = copy(b, ports), *field;

	claim.from = parse_peer(b, arena_strdup(&b->arena, from));
	claim.to = parse_peer(b, arena_strdup(&b->arena, to));
	while ((field = next(&rest, "|")))
		vec_push(&b->arena, &claim.ports, parse_port(b, field));
	claim.loc = next_line(b);
	*a = (struct ir_assert){.title = "what must hold", .loc = claim.loc};
	vec_push(&b->arena, &a->claims, claim);
	vec_push(&b->arena, &b->ir.asserts, a);
	return &a->claims.v[0];
}
