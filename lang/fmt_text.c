/* SPDX-License-Identifier: Apache-2.0 */
#include "lang/fmt_text.h"

#include <string.h>

static void comma(struct buf *b, size_t i)
{
	if (i)
		buf_puts(b, ", ");
}

/* --- words ----------------------------------------------------------------------------------- */

static void put_string(struct buf *b, const char *s)
{
	buf_putc(b, '"');
	for (; *s; s++) {
		/* A backslash guards only what follows it; elsewhere it needs no guard. */
		if (*s == '"' || (*s == '\\' && (s[1] == '\\' || s[1] == '"' || !s[1])))
			buf_putc(b, '\\');
		buf_putc(b, *s);
	}
	buf_putc(b, '"');
}

static bool is_keyword(const char *s)
{
	static const char *const keywords[] = {
#define X(token, text, begins_item) text,
#include "lang/pol/keywords.def"
#undef X
	};

	for (size_t i = 0; i < sizeof(keywords) / sizeof(*keywords); i++)
		if (strcmp(keywords[i], s) == 0)
			return true;
	return false;
}

/* A name that would read as a keyword stands in quotes. */
static void put_name(struct buf *b, const struct ast_name *n)
{
	if (is_keyword(n->s))
		put_string(b, n->s);
	else
		buf_puts(b, n->s);
}

static void put_qualified(struct buf *b, const struct ast_name *ns, const struct ast_name *name)
{
	if (ns->s)
		buf_printf(b, "%s/%s", ns->s, name->s);
	else
		put_name(b, name);
}

static void put_value(struct buf *b, const struct ast_name *value)
{
	buf_puts(b, *value->s ? value->s : "\"\"");
}

static void put_values(struct buf *b, const struct ast_name *values, size_t n)
{
	buf_putc(b, '(');
	for (size_t i = 0; i < n; i++) {
		comma(b, i);
		put_value(b, &values[i]);
	}
	buf_putc(b, ')');
}

/* --- selectors and peers --------------------------------------------------------------------- */

static void put_req(struct buf *b, const struct ast_req *req)
{
	bool one = req->values.n == 1;

	if (req->op == AST_ABSENT)
		buf_putc(b, '!');
	buf_puts(b, req->key.s);
	if (req->op != AST_IN && req->op != AST_NOT_IN)
		return;
	if (one)
		buf_puts(b, req->op == AST_IN ? " = " : " != ");
	else
		buf_puts(b, req->op == AST_IN ? " in " : " not in ");
	if (one)
		put_value(b, &req->values.v[0]);
	else
		put_values(b, req->values.v, req->values.n);
}

static void put_braces(struct buf *b, const struct ast_labels *labels)
{
	buf_puts(b, "{ ");
	for (size_t i = 0; i < labels->reqs.n; i++) {
		comma(b, i);
		put_req(b, &labels->reqs.v[i]);
	}
	buf_puts(b, " }");
}

/* `everything` is the word for all endpoints: `all` behind `for`, else `endpoints`, as `all`
 * is more than the endpoints there. */
static void put_selector(struct buf *b, const struct ast_selector *s, const char *everything)
{
	if (s->ns_kind != AST_NS_ANY) {
		buf_puts(b, "namespace ");
		everything = "all";
	}
	if (s->ns_kind == AST_NS_LABELS)
		put_braces(b, &s->ns_labels);
	else if (s->ns_kind == AST_NS_NAMES && s->ns_names.n == 1)
		put_value(b, &s->ns_names.v[0]);
	else if (s->ns_kind == AST_NS_NAMES)
		put_values(b, s->ns_names.v, s->ns_names.n);
	if (s->ns_kind != AST_NS_ANY)
		buf_putc(b, ' ');
	if (s->labels.kind == AST_LABELS_REQS)
		put_braces(b, &s->labels);
	else
		buf_puts(b, s->labels.kind == AST_LABELS_ALL ? everything : "none");
}

static void put_prefixes(struct buf *b, const struct ast_prefix *prefixes, size_t n)
{
	char text[NET_PREFIX_STRLEN];

	if (n != 1)
		buf_puts(b, "{ ");
	for (size_t i = 0; i < n; i++) {
		comma(b, i);
		buf_puts(b, net_prefix_format(&prefixes[i].prefix, text));
	}
	if (n != 1)
		buf_puts(b, " }");
}

static void put_cidr(struct buf *b, const struct ast_cidr *c)
{
	buf_puts(b, "cidr ");
	put_prefixes(b, c->in.v, c->in.n);
	if (c->except.n) {
		buf_puts(b, " except ");
		put_prefixes(b, c->except.v, c->except.n);
	}
	if (c->match_endpoints)
		buf_puts(b, " including endpoints");
}

static void put_peer(struct buf *b, const struct ast_peer *peer, const char *everything)
{
	static const char *const entities[] = {[AST_ENTITY_ALL] = "all",
					       [AST_ENTITY_CLUSTER] = "cluster",
					       [AST_ENTITY_HOST] = "host",
					       [AST_ENTITY_WORLD] = "world",
					       [AST_ENTITY_NONE] = "none"};

	switch (peer->kind) {
	case AST_PEER_REF:
		buf_puts(b, peer->name.s);
		break;
	case AST_PEER_SELECTOR:
		put_selector(b, peer->selector, everything);
		break;
	case AST_PEER_CIDR:
		put_cidr(b, peer->cidr);
		break;
	case AST_PEER_ENTITY:
		buf_puts(b, entities[peer->entity]);
		break;
	case AST_PEER_FQDN:
		buf_puts(b, "fqdn ");
		put_string(b, peer->name.s);
		break;
	}
}

static void put_peers(struct buf *b, const struct ast_peer *peers, size_t n, const char *everything)
{
	for (size_t i = 0; i < n; i++) {
		comma(b, i);
		put_peer(b, &peers[i], everything);
	}
}

/* --- ports ---------------------------------------------------------------------------------- */

static const char *const protocols[] = {
	[AST_PROTO_ANY] = "any",   [AST_PROTO_TCP] = "tcp",   [AST_PROTO_UDP] = "udp",
	[AST_PROTO_SCTP] = "sctp", [AST_PROTO_ICMP] = "icmp", [AST_PROTO_ICMP6] = "icmp6",
};

static void put_range(struct buf *b, const struct ast_port *port)
{
	bool icmp = port->proto == AST_PROTO_ICMP || port->proto == AST_PROTO_ICMP6;

	buf_printf(b, "%s/%u", protocols[port->proto], icmp ? port->lo >> 8 : port->lo);
	if (icmp && port->lo == port->hi)
		buf_printf(b, "/%u", port->lo & 0xffu);
	else if (!icmp && port->lo != port->hi)
		buf_printf(b, "-%u", port->hi);
}

static void put_port(struct buf *b, const struct ast_port *port)
{
	switch (port->kind) {
	case AST_PORT_REF:
		buf_puts(b, port->name.s);
		break;
	case AST_PORT_ANY:
		buf_puts(b, protocols[port->proto]);
		break;
	case AST_PORT_RANGE:
		put_range(b, port);
		break;
	case AST_PORT_NAMED:
		buf_printf(b, "%s/%s", protocols[port->proto], port->name.s);
		break;
	case AST_PORT_NONE:
		buf_puts(b, "none");
		break;
	}
}

static void put_ports(struct buf *b, const struct ast_port *ports, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		comma(b, i);
		put_port(b, &ports[i]);
	}
}

/* --- rules ------------------------------------------------------------------------------------ */

static void put_l7_kind(struct buf *b, enum ast_l7_kind kind)
{
	static const char *const kinds[] = {[AST_L7_NONE] = "",
					    [AST_L7_HTTP] = " http",
					    [AST_L7_GRPC] = " grpc",
					    [AST_L7_KAFKA] = " kafka"};

	buf_puts(b, kinds[kind]);
}

void fmt_rule(struct buf *b, const struct ast_rule *rule, enum ast_dir dir)
{
	static const char *const actions[] = {
		[AST_ALLOW] = "allow", [AST_DENY] = "deny", [AST_PASS] = "pass"};
	buf_printf(b, "%s %s ", actions[rule->action], dir == AST_INGRESS ? "from" : "to");
	put_peers(b, rule->peers.v, rule->peers.n, "endpoints");
	if (rule->ports.n) {
		buf_puts(b, " on ");
		put_ports(b, rule->ports.v, rule->ports.n);
	}
	if (rule->log)
		buf_puts(b, " log");
	put_l7_kind(b, rule->l7.kind);
}

static void put_cond(struct buf *b, const struct ast_l7_cond *cond)
{
	buf_puts(b, cond->what.s);
	if (cond->name.s) {
		buf_putc(b, ' ');
		put_string(b, cond->name.s);
	}
	if (cond->op == AST_MATCH_REGEX)
		buf_puts(b, " =~");
	else if (cond->name.s)
		buf_puts(b, " =");
	buf_putc(b, ' ');
	put_string(b, cond->value.s);
}

void fmt_l7_rule(struct buf *b, const struct ast_l7_rule *rule, enum ast_l7_kind kind)
{
	bool kafka = kind == AST_L7_KAFKA;

	if (rule->deny)
		buf_puts(b, "deny ");
	buf_printf(b, "%s %s", rule->verb.s, kafka ? "topic " : "");
	put_string(b, rule->object.s);
	for (size_t i = 0; i < rule->conds.n; i++) {
		buf_puts(b, kafka ? " " : i ? " and " : " where ");
		put_cond(b, &rule->conds.v[i]);
	}
}

void fmt_policy_head(struct buf *b, const struct ast_policy *policy)
{
	buf_puts(b, "policy ");
	put_name(b, &policy->name);
	if (policy->has_rank)
		buf_printf(b, " rank %u", policy->rank);
	buf_puts(b, " for ");
	put_peers(b, policy->subjects.v, policy->subjects.n, "all");
}

void fmt_tier_head(struct buf *b, const struct ast_tier *tier)
{
	static const char *const ends[] = {
		[AST_END_DEFAULT] = "", [AST_END_DENY] = " end deny", [AST_END_PASS] = " end pass"};

	buf_puts(b, "tier ");
	put_name(b, &tier->name);
	buf_puts(b, tier->place == AST_TIER_BEFORE ? " before " : " after ");
	put_name(b, &tier->anchor);
	buf_puts(b, ends[tier->end]);
}

/* --- other lines -------------------------------------------------------------------------------
 */

static void put_let(struct buf *b, const struct ast_let *let)
{
	buf_printf(b, "let %s = ", let->name.s);
	if (let->kind == AST_LET_PEER) {
		put_peer(b, &let->peer, "endpoints");
		return;
	}
	buf_puts(b, let->ports.n == 1 ? "ports " : "ports { ");
	put_ports(b, let->ports.v, let->ports.n);
	buf_puts(b, let->ports.n == 1 ? "" : " }");
}

void fmt_item_head(struct buf *b, const struct ast_item *item)
{
	switch (item->kind) {
	case AST_ITEM_IMPORT:
		buf_puts(b, "import ");
		put_string(b, item->import->path.s);
		break;
	case AST_ITEM_LET:
		put_let(b, item->let);
		break;
	case AST_ITEM_ENDPOINT:
		buf_puts(b, "endpoint ");
		put_qualified(b, &item->endpoint->ns, &item->endpoint->name);
		break;
	case AST_ITEM_NAMESPACE:
		buf_printf(b, "namespace %s", item->ns->name.s);
		break;
	case AST_ITEM_SERVICE:
		buf_puts(b, "service ");
		put_qualified(b, &item->service->ns, &item->service->name);
		break;
	case AST_ITEM_ASSERT:
		buf_puts(b, "assert ");
		put_string(b, item->assertion->title.s);
		break;
	case AST_ITEM_POLICY:
	case AST_ITEM_TIER:
		break;
	}
}

void fmt_labels(struct buf *b, const struct ast_label *labels, size_t n)
{
	buf_puts(b, "labels { ");
	for (size_t i = 0; i < n; i++) {
		comma(b, i);
		buf_printf(b, "%s = ", labels[i].key.s);
		put_value(b, &labels[i].value);
	}
	buf_puts(b, " }");
}

void fmt_addresses(struct buf *b, const struct ast_address *addresses, size_t n)
{
	char text[NET_ADDR_STRLEN];

	buf_puts(b, "address ");
	for (size_t i = 0; i < n; i++) {
		comma(b, i);
		buf_puts(b, net_addr_format(&addresses[i].addr, text));
	}
}

void fmt_endpoint_port(struct buf *b, const struct ast_endpoint_port *port)
{
	buf_puts(b, "port ");
	if (port->name.s)
		buf_printf(b, "%s = ", port->name.s);
	buf_printf(b, "%s/%u", protocols[port->proto], port->port);
}

void fmt_service_port(struct buf *b, const struct ast_service_port *port)
{
	put_port(b, &port->front);
	buf_puts(b, " -> ");
	put_peer(b, &port->backends, "endpoints");
	buf_puts(b, " on ");
	put_port(b, &port->target);
}

void fmt_claim(struct buf *b, const struct ast_claim *claim)
{
	static const char *const kinds[] = {[AST_CLAIM_NEVER] = "never",
					    [AST_CLAIM_ALWAYS] = "always",
					    [AST_CLAIM_ONLY] = "only"};

	buf_printf(b, "%s ", kinds[claim->kind]);
	put_peer(b, &claim->from, "endpoints");
	buf_puts(b, " -> ");
	put_peer(b, &claim->to, "endpoints");
	if (claim->ports.n) {
		buf_puts(b, " on ");
		put_ports(b, claim->ports.v, claim->ports.n);
	}
	put_l7_kind(b, claim->l7.kind);
}
