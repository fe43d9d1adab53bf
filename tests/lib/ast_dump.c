/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/ast_dump.h"

static void put_name(struct buf *b, const char *what, const struct ast_name *n)
{
	if (n->s)
		buf_printf(b, " %s=<%s>", what, n->s);
}

static void put_labels(struct buf *b, const struct ast_labels *labels)
{
	buf_printf(b, " labels%d(", labels->kind);
	vec_each (const struct ast_req, req, &labels->reqs) {
		buf_printf(b, " op%d", req->op);
		put_name(b, "key", &req->key);
		vec_each (const struct ast_name, value, &req->values)
			put_name(b, "value", value);
	}
	buf_puts(b, ")");
}

static void put_prefix(struct buf *b, const char *what, const struct ast_prefix *p)
{
	char text[NET_PREFIX_STRLEN];

	buf_printf(b, " %s %s", what, net_prefix_format(&p->prefix, text));
}

static void put_peer(struct buf *b, const struct ast_peer *peer)
{
	buf_printf(b, " peer%d(", peer->kind);
	put_name(b, "name", &peer->name);
	if (peer->kind == AST_PEER_ENTITY)
		buf_printf(b, " entity%d", peer->entity);
	if (peer->selector) {
		buf_printf(b, " ns%d", peer->selector->ns_kind);
		vec_each (const struct ast_name, name, &peer->selector->ns_names)
			put_name(b, "ns", name);
		put_labels(b, &peer->selector->ns_labels);
		put_labels(b, &peer->selector->labels);
	}
	if (peer->cidr) {
		buf_printf(b, " including%d", peer->cidr->match_endpoints);
		vec_each (const struct ast_prefix, p, &peer->cidr->in)
			put_prefix(b, "in", p);
		vec_each (const struct ast_prefix, p, &peer->cidr->except)
			put_prefix(b, "except", p);
	}
	buf_puts(b, ")");
}

static void put_port(struct buf *b, const struct ast_port *port)
{
	buf_printf(b, " port(%d %d %u-%u", port->kind, port->proto, port->lo, port->hi);
	put_name(b, "name", &port->name);
	buf_puts(b, ")");
}

static void put_l7(struct buf *b, const struct ast_l7 *l7)
{
	buf_printf(b, " l7-%d(", l7->kind);
	vec_each (const struct ast_l7_rule, rule, &l7->rules) {
		buf_printf(b, " deny%d", rule->deny);
		put_name(b, "verb", &rule->verb);
		put_name(b, "object", &rule->object);
		vec_each (const struct ast_l7_cond, cond, &rule->conds) {
			buf_printf(b, " op%d", cond->op);
			put_name(b, "what", &cond->what);
			put_name(b, "name", &cond->name);
			put_name(b, "value", &cond->value);
		}
	}
	buf_puts(b, ")");
}

static void put_policy(struct buf *b, const struct ast_policy *policy)
{
	buf_printf(b, "policy origin%d rank%d:%u", policy->origin, policy->has_rank, policy->rank);
	put_name(b, "ns", &policy->ns);
	put_name(b, "name", &policy->name);
	put_name(b, "tier", &policy->tier);
	vec_each (const struct ast_peer, subject, &policy->subjects)
		put_peer(b, subject);
	buf_putc(b, '\n');
	vec_each (const struct ast_section, s, &policy->sections) {
		buf_printf(b, " section%d\n", s->dir);
		vec_each (const struct ast_rule, rule, &s->rules) {
			buf_printf(b, "  rule%d log%d", rule->action, rule->log);
			vec_each (const struct ast_peer, peer, &rule->peers)
				put_peer(b, peer);
			vec_each (const struct ast_port, port, &rule->ports)
				put_port(b, port);
			put_l7(b, &rule->l7);
			buf_putc(b, '\n');
		}
	}
}

static void put_address(struct buf *b, const struct ast_address *a)
{
	char text[NET_ADDR_STRLEN];

	buf_printf(b, " address %s", net_addr_format(&a->addr, text));
}

static void put_label(struct buf *b, const struct ast_label *label)
{
	put_name(b, "key", &label->key);
	put_name(b, "value", &label->value);
}

static void put_endpoint(struct buf *b, const struct ast_endpoint *e)
{
	buf_printf(b, "host%d", e->host_network);
	put_name(b, "ns", &e->ns);
	put_name(b, "name", &e->name);
	vec_each (const struct ast_label, label, &e->labels)
		put_label(b, label);
	vec_each (const struct ast_address, a, &e->addresses)
		put_address(b, a);
	vec_each (const struct ast_endpoint_port, port, &e->ports) {
		buf_printf(b, " port %d/%u", port->proto, port->port);
		put_name(b, "name", &port->name);
	}
}

static void put_service(struct buf *b, const struct ast_service *s)
{
	put_name(b, "ns", &s->ns);
	put_name(b, "name", &s->name);
	put_name(b, "algorithm", &s->algorithm);
	vec_each (const struct ast_address, a, &s->addresses)
		put_address(b, a);
	vec_each (const struct ast_service_port, port, &s->ports) {
		put_port(b, &port->front);
		put_peer(b, &port->backends);
		put_port(b, &port->target);
	}
}

static void put_assert(struct buf *b, const struct ast_assert *a)
{
	put_name(b, "title", &a->title);
	vec_each (const struct ast_claim, claim, &a->claims) {
		buf_printf(b, " claim%d", claim->kind);
		put_peer(b, &claim->from);
		put_peer(b, &claim->to);
		vec_each (const struct ast_port, port, &claim->ports)
			put_port(b, port);
		if (claim->l7.kind != AST_L7_NONE)
			put_l7(b, &claim->l7);
	}
}

static void put_let(struct buf *b, const struct ast_let *let)
{
	buf_printf(b, "kind%d", let->kind);
	put_name(b, "name", &let->name);
	if (let->kind == AST_LET_PEER)
		put_peer(b, &let->peer);
	vec_each (const struct ast_port, port, &let->ports)
		put_port(b, port);
}

static void put_tier(struct buf *b, const struct ast_tier *tier)
{
	buf_printf(b, "place%d end%d", tier->place, tier->end);
	put_name(b, "name", &tier->name);
	put_name(b, "anchor", &tier->anchor);
	buf_putc(b, '\n');
	for (size_t i = 0; i < tier->policies.n; i++)
		put_policy(b, tier->policies.v[i]);
}

static void put_item(struct buf *b, const struct ast_item *item)
{
	buf_printf(b, "item%d ", item->kind);
	switch (item->kind) {
	case AST_ITEM_IMPORT:
		put_name(b, "path", &item->import->path);
		break;
	case AST_ITEM_LET:
		put_let(b, item->let);
		break;
	case AST_ITEM_POLICY:
		put_policy(b, item->policy);
		break;
	case AST_ITEM_TIER:
		put_tier(b, item->tier);
		break;
	case AST_ITEM_ENDPOINT:
		put_endpoint(b, item->endpoint);
		break;
	case AST_ITEM_NAMESPACE:
		put_name(b, "name", &item->ns->name);
		vec_each (const struct ast_label, label, &item->ns->labels)
			put_label(b, label);
		break;
	case AST_ITEM_SERVICE:
		put_service(b, item->service);
		break;
	case AST_ITEM_ASSERT:
		put_assert(b, item->assertion);
		break;
	}
	buf_putc(b, '\n');
}

void ast_dump(const struct ast_file *file, struct buf *out)
{
	vec_each (const struct ast_item, item, &file->items)
		put_item(out, item);
	vec_each (const struct ast_comment, comment, &file->comments)
		buf_printf(out, "comment <%s>\n", comment->text);
}
