/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/check/engine/points.h"

#include <stdlib.h>
#include <string.h>

#include "compiler/ir/peer.h"
#include "compiler/ir/port.h"
#include "compiler/space/ports.h"
#include "lang/base/arena.h"

enum {
	MAX_VALUES = 12, /* of a list, so many are tried */
	MAX_PORTS = 512, /* with so many, no further name is tried */
	PLAIN_PORT = 80,
};

/* Addresses that hardly any policy speaks of (RFC 5737, RFC 2544, RFC 3849). */
static const char *const plain_addrs[] = {"203.0.113.7", "198.18.0.1", "2001:db8:ffff::7"};

/* Values that no policy mentions: witness_text() shows them as <other> and <another>. */
static uint32_t other_value(const struct ir *ir)
{
	return (uint32_t)ir->strings.strings.n;
}

/* --- ends ----------------------------------------------------------------------------------------
 */

static struct ir_label *find_label(struct ir_endpoint *ep, enum ir_scope scope, uint32_t key)
{
	vec_each (struct ir_label, l, &ep->labels)
		if (l->scope == scope && l->key == key)
			return l;
	return NULL;
}

static void add_label(struct points *p, struct ir_endpoint *ep, enum ir_scope scope, uint32_t key,
		      uint32_t value)
{
	struct ir_label *have = find_label(ep, scope, key);

	if (have)
		have->value = value;
	else
		vec_push(p->arena, &ep->labels, (struct ir_label){scope, key, value});
}

static int label_order(const void *a, const void *b)
{
	const struct ir_label *x = a, *y = b;

	if (x->scope != y->scope)
		return x->scope < y->scope ? -1 : 1;
	return x->key < y->key ? -1 : x->key > y->key;
}

/* The labels that the selector wants; `pick` chooses among the values of lists. What has a label of
 * its namespace is in one. */
static void give_labels(struct points *p, struct ir_endpoint *ep, const struct ir_selector *sel,
			size_t pick, uint32_t other)
{
	uint32_t ns = intern_find(&p->ir->strings, IR_NS_NAME_KEY);
	bool in_ns = p->ir->namespaced;

	vec_each (const struct ir_req, req, &sel->reqs) {
		in_ns |= req->scope == IR_SCOPE_NAMESPACE;
		if (req->op == IR_IN && req->values.n)
			add_label(p, ep, req->scope, req->key, req->values.v[pick % req->values.n]);
		else if (req->op == IR_EXISTS && !find_label(ep, req->scope, req->key))
			add_label(p, ep, req->scope, req->key, other);
	}
	if (in_ns && ns != INTERN_NONE && !find_label(ep, IR_SCOPE_NAMESPACE, ns))
		add_label(p, ep, IR_SCOPE_NAMESPACE, ns, other);
}

/* Two ends in one namespace have the same labels of it. */
static void join_namespaces(struct points *p, struct ir_endpoint *a, struct ir_endpoint *b)
{
	uint32_t ns = intern_find(&p->ir->strings, IR_NS_NAME_KEY);
	const struct ir_label *x, *y;

	if (ns == INTERN_NONE)
		return;
	x = find_label(a, IR_SCOPE_NAMESPACE, ns);
	y = find_label(b, IR_SCOPE_NAMESPACE, ns);
	if (!x || !y || x->value != y->value)
		return;
	for (size_t i = 0, n = a->labels.n; i < n; i++)
		if (a->labels.v[i].scope == IR_SCOPE_NAMESPACE)
			add_label(p, b, IR_SCOPE_NAMESPACE, a->labels.v[i].key,
				  a->labels.v[i].value);
	for (size_t i = 0, n = b->labels.n; i < n; i++)
		if (b->labels.v[i].scope == IR_SCOPE_NAMESPACE)
			add_label(p, a, IR_SCOPE_NAMESPACE, b->labels.v[i].key,
				  b->labels.v[i].value);
}

static void set_peer(struct points *p, struct witness *w, const struct net_addr *addr)
{
	struct ir_end subject = {.ep = &w->subject}, peer = {.addr = *addr};

	if (!w->peer.name)
		w->peer.name = "peer";
	if (w->peer.kind) {
		peer.ep = &w->peer;
		vec_push(p->arena, &w->peer.addrs, *addr);
	}
	w->flow = (struct ir_flow){.src = w->dir == IR_INGRESS ? peer : subject,
				   .dst = w->dir == IR_INGRESS ? subject : peer};
}

static void sort_labels(struct ir_endpoint *ep)
{
	if (ep->labels.n)
		qsort(ep->labels.v, ep->labels.n, sizeof(*ep->labels.v), label_order);
}

bool points_ends_match(const struct ir_rule *rule, const struct witness *point)
{
	const struct ir_end *end = point->dir == IR_INGRESS ? &point->flow.src : &point->flow.dst;

	if (!ir_policy_selects(rule->policy, &point->subject))
		return false;
	vec_each (const struct ir_peer, peer, &rule->peers)
		if (ir_peer_matches(peer, end))
			return true;
	return false;
}

/* The next point: a subject of the selector, and a peer that the caller fills in. */
static struct witness *begin(struct points *p, const struct ir_rule *rule,
			     const struct ir_selector *subject)
{
	struct witness *w = &p->v[p->n];

	*w = (struct witness){.dir = rule->dir};
	w->subject = (struct ir_endpoint){.name = "subject", .kind = "endpoint"};
	give_labels(p, &w->subject, subject, 0, other_value(p->ir));
	return w;
}

/* Keeps the point if it is one: requirements may exclude what was given for others. */
static void end(struct points *p, const struct ir_rule *rule, struct witness *w,
		const struct net_addr *addr)
{
	sort_labels(&w->subject);
	sort_labels(&w->peer);
	set_peer(p, w, addr);
	if (points_ends_match(rule, w))
		p->n++;
}

static struct net_addr plain_addr(size_t i)
{
	struct net_addr addr;

	net_addr_parse(plain_addrs[i], &addr);
	return addr;
}

/* --- peers ---------------------------------------------------------------------------------------
 */

static void add_managed(struct points *p, const struct ir_rule *rule,
			const struct ir_selector *subject, const struct ir_selector *sel)
{
	struct net_addr addr = plain_addr(1);
	size_t n = 1;

	vec_each (const struct ir_req, req, &sel->reqs)
		if (req->op == IR_IN && req->values.n > n)
			n = req->values.n;
	for (size_t i = 0; i < n && i < MAX_VALUES && p->n < POINTS_MAX; i++) {
		struct witness *w = begin(p, rule, subject);

		w->peer.kind = "endpoint";
		give_labels(p, &w->peer, sel, i, other_value(p->ir) + 1);
		join_namespaces(p, &w->subject, &w->peer);
		end(p, rule, w, &addr);
	}
}

static void add_address(struct points *p, const struct ir_rule *rule,
			const struct ir_selector *subject, const struct net_addr *addr,
			const char *kind)
{
	const struct ir_selector any = {0};
	struct witness *w;

	if (p->n == POINTS_MAX)
		return;
	w = begin(p, rule, subject);
	w->peer.kind = kind;
	w->peer.host = kind && strcmp(kind, "host") == 0;
	if (kind && !w->peer.host)
		give_labels(p, &w->peer, &any, 0, other_value(p->ir) + 1);
	end(p, rule, w, addr);
}

static void add_addresses(struct points *p, const struct ir_rule *rule,
			  const struct ir_selector *subject, const struct ir_cidr *addresses)
{
	vec_each (const struct net_prefix, in, &addresses->in) {
		struct net_addr last = net_prefix_last(in);

		add_address(p, rule, subject, &last, NULL);
		add_address(p, rule, subject, &in->addr, NULL);
	}
}

static void add_sorts(struct points *p, const struct ir_rule *rule,
		      const struct ir_selector *subject, unsigned sorts)
{
	for (size_t i = 0; i < sizeof(plain_addrs) / sizeof(*plain_addrs); i++) {
		struct net_addr addr = plain_addr(i);

		if (sorts & IR_SORT_OUTSIDE)
			add_address(p, rule, subject, &addr, NULL);
		if (sorts & IR_SORT_ENDPOINT)
			add_address(p, rule, subject, &addr, "endpoint");
		/* Whoever takes the outside as well has points enough. */
		if (sorts & IR_SORT_HOST && !(sorts & IR_SORT_OUTSIDE))
			add_address(p, rule, subject, &addr, "host");
	}
}

void points_of_rule(struct points *p, const struct ir *ir, const struct ir_rule *rule,
		    struct arena *arena)
{
	p->ir = ir;
	p->arena = arena;
	p->n = 0;
	vec_each (const struct ir_selector, subject, &rule->policy->subjects) {
		vec_each (const struct ir_peer, peer, &rule->peers) {
			struct ir_aspects a = ir_peer_aspects(peer);

			if (a.labels)
				add_managed(p, rule, subject, a.labels);
			else if (a.addresses)
				add_addresses(p, rule, subject, a.addresses);
			else
				add_sorts(p, rule, subject, a.sorts);
		}
	}
}

/* --- ports ---------------------------------------------------------------------------------------
 */

static bool exists(uint16_t proto, enum net_family family)
{
	return proto != (family == NET_V4 ? IR_PROTO_ICMP6 : IR_PROTO_ICMP);
}

static uint32_t last_port(uint16_t proto)
{
	return proto == SPACE_OTHER_PROTO ? 0 : SPACE_N_PORTS - 1;
}

/* Ports lo..hi of a protocol that an entry of a rule means; false: none. */
static bool span_of(const struct ir_port *port, uint16_t proto, uint32_t *lo, uint32_t *hi)
{
	struct ir_port_aspects a = ir_port_aspects(port);
	uint32_t last = last_port(proto);

	*lo = a.lo;
	*hi = a.hi < last ? a.hi : last;
	return ir_port_takes(&a, proto) && a.name == INTERN_NONE && *lo <= *hi;
}

static bool wants_80(const struct ir_rule *rule)
{
	bool wants = rule->ports.n == 0;

	vec_each (const struct ir_port, port, &rule->ports) {
		uint32_t lo, hi;

		wants |= span_of(port, IR_PROTO_TCP, &lo, &hi) && lo <= PLAIN_PORT &&
			 PLAIN_PORT <= hi;
	}
	return wants;
}

struct cutting {
	struct arena *arena;
	struct point_ports *out;
	struct space_ports others;
	uint16_t proto;
	uint32_t name;
};

static void add_port(struct cutting *c, uint32_t port)
{
	vec_push(c->arena, &c->out->list, (struct point_port){c->proto, (uint16_t)port, c->name});
}

/* lo, and where an interval of another rule begins or has ended after it. */
static void cut(struct cutting *c, uint32_t lo, uint32_t hi)
{
	add_port(c, lo);
	vec_each (const struct space_cut, other, &c->others.cuts)
		if (other->proto == c->proto && lo < other->at && other->at <= hi)
			add_port(c, other->at);
}

static int by_port(const void *a, const void *b)
{
	const struct point_port *x = a, *y = b;

	if (x->name != y->name)
		return x->name == INTERN_NONE   ? -1
		       : y->name == INTERN_NONE ? 1
		       : x->name < y->name      ? -1
						: 1;
	if (x->proto != y->proto)
		return x->proto == IR_PROTO_TCP   ? -1
		       : y->proto == IR_PROTO_TCP ? 1
		       : x->proto < y->proto      ? -1
						  : 1;
	return x->port < y->port ? -1 : x->port > y->port;
}

static void drop_doubles(struct point_ports *ports, size_t from)
{
	size_t n = from;

	if (ports->list.n > from)
		qsort(ports->list.v + from, ports->list.n - from, sizeof(*ports->list.v), by_port);
	for (size_t i = from; i < ports->list.n; i++)
		if (n == from || by_port(&ports->list.v[n - 1], &ports->list.v[i]))
			ports->list.v[n++] = ports->list.v[i];
	ports->list.n = n;
}

/* Who says what names stand for; NULL: whoever is outside, and a node, has no names. */
static const struct ir_endpoint *names_of(const struct witness *point)
{
	if (point->dir == IR_INGRESS)
		return &point->subject;
	return point->peer.kind && !point->peer.host ? &point->peer : NULL;
}

/* A name may stand for any number but 0: for the plain one, and behind each cut. */
static void add_names(struct cutting *c, const struct ir_rule *rule, const struct witness *point)
{
	if (!names_of(point))
		return;
	vec_each (const struct ir_port, port, &rule->ports) {
		c->name = ir_port_name(port);
		c->proto = port->proto;
		if (c->name == INTERN_NONE)
			continue;
		if (c->out->list.n >= MAX_PORTS)
			return;
		add_port(c, PLAIN_PORT);
		vec_each (const struct space_cut, other, &c->others.cuts)
			if (other->proto == c->proto && other->at <= last_port(c->proto))
				add_port(c, other->at ? other->at : 1);
	}
}

void points_ports(const struct ir_rule *rule, const struct rule_list *others,
		  const struct witness *point, struct arena *arena, struct point_ports *out)
{
	const struct ir_end *peer = point->dir == IR_INGRESS ? &point->flow.src : &point->flow.dst;
	struct cutting c = {
		.arena = arena, .out = out, .others = {.arena = arena}, .name = INTERN_NONE};
	bool plain = wants_80(rule);

	out->list.n = 0;
	if (plain)
		vec_push(arena, &out->list,
			 (struct point_port){IR_PROTO_TCP, PLAIN_PORT, INTERN_NONE});
	vec_each (const struct ir_rule *, other, others)
		space_cut_rule(&c.others, *other);
	for (size_t i = 0; i < SPACE_N_PROTOS; i++) {
		uint32_t lo, hi;

		c.proto = space_protos[i];
		if (!exists(c.proto, peer->addr.family))
			continue;
		if (!rule->ports.n)
			cut(&c, 0, last_port(c.proto));
		vec_each (const struct ir_port, port, &rule->ports)
			if (span_of(port, c.proto, &lo, &hi))
				cut(&c, lo, hi);
	}
	add_names(&c, rule, point);
	drop_doubles(out, plain);
}

void points_set_port(struct points *p, struct witness *point, const struct point_port *port)
{
	struct ir_endpoint *dst = point->dir == IR_INGRESS ? &point->subject : &point->peer;

	point->flow.proto = port->proto;
	point->flow.port = port->port;
	dst->ports.n = 0;
	if (port->name != INTERN_NONE)
		vec_push(p->arena, &dst->ports,
			 (struct ir_named_port){port->name, port->proto, port->port});
}
