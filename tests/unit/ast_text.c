/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/ast_text.h"

#include <errno.h>
#include <string.h>

#include "tests/unit/unit.h"

/* --- selectors ----------------------------------------------------------------------- */

static void put_values(struct buf *b, const struct ast_req *r)
{
	if (r->op == AST_IN && r->values.n == 1) {
		buf_printf(b, "=%s", r->values.v[0].s);
		return;
	}
	buf_puts(b, r->op == AST_IN ? " in" : " notin");
	for (size_t i = 0; i < r->values.n; i++)
		buf_printf(b, "%c%s", i ? ',' : ' ', r->values.v[i].s);
}

static void put_labels(struct buf *b, const struct ast_labels *l)
{
	for (size_t i = 0; i < l->reqs.n; i++) {
		const struct ast_req *r = &l->reqs.v[i];

		buf_printf(b, "%s%s%s", i ? "; " : "", r->op == AST_ABSENT ? "!" : "", r->key.s);
		if (r->op == AST_IN || r->op == AST_NOT_IN)
			put_values(b, r);
	}
}

static void put_selector(struct buf *b, const struct ast_selector *s)
{
	if (s->ns_kind == AST_NS_ANY)
		buf_puts(b, "*");
	vec_each (const struct ast_name, n, &s->ns_names)
		buf_puts(b, n->s);
	if (s->ns_kind == AST_NS_LABELS) {
		buf_puts(b, "(");
		put_labels(b, &s->ns_labels);
		buf_puts(b, ")");
	}
	buf_puts(b, "{");
	put_labels(b, &s->labels);
	buf_puts(b, "}");
}

/* --- rules --------------------------------------------------------------------------- */

static void put_cidr(struct buf *b, const struct ast_cidr *c)
{
	char text[NET_PREFIX_STRLEN];

	buf_puts(b, c->match_endpoints ? "&" : "");
	vec_each (const struct ast_prefix, p, &c->in)
		buf_puts(b, net_prefix_format(&p->prefix, text));
	vec_each (const struct ast_prefix, p, &c->except)
		buf_printf(b, "-%s", net_prefix_format(&p->prefix, text));
}

static void put_peer(struct buf *b, const struct ast_peer *p)
{
	static const char *const entities[] = {"all", "cluster", "host", "world", "none"};

	if (p->kind == AST_PEER_SELECTOR)
		put_selector(b, p->selector);
	else if (p->kind == AST_PEER_CIDR)
		put_cidr(b, p->cidr);
	else
		buf_puts(b, entities[p->entity]);
}

static const char *proto_name(enum ast_proto p)
{
	static const char *const names[] = {"any", "tcp", "udp", "sctp", "icmp", "icmp6"};

	return names[p];
}

static void put_port(struct buf *b, const struct ast_port *p)
{
	buf_puts(b, proto_name(p->proto));
	if (p->kind == AST_PORT_NAMED)
		buf_printf(b, "/%s", p->name.s);
	if (p->kind == AST_PORT_RANGE)
		buf_printf(b, "/%u", p->lo);
	if (p->kind == AST_PORT_RANGE && p->hi != p->lo)
		buf_printf(b, "-%u", p->hi);
}

static void put_rule(struct buf *b, const struct ast_rule *r)
{
	buf_puts(b, " [");
	for (size_t i = 0; i < r->peers.n; i++) {
		buf_puts(b, i ? " | " : "");
		put_peer(b, &r->peers.v[i]);
	}
	for (size_t i = 0; i < r->ports.n; i++) {
		buf_puts(b, i ? " " : " : ");
		put_port(b, &r->ports.v[i]);
	}
	buf_puts(b, "]");
}

/* --- items --------------------------------------------------------------------------- */

static void put_policy(struct buf *b, const struct ast_policy *p)
{
	buf_printf(b, "policy %s/%s for ", p->ns.s, p->name.s);
	vec_each (const struct ast_peer, s, &p->subjects)
		put_peer(b, s);
	vec_each (const struct ast_section, s, &p->sections) {
		buf_puts(b, s->dir == AST_INGRESS ? "; ingress" : "; egress");
		vec_each (const struct ast_rule, r, &s->rules)
			put_rule(b, r);
	}
}

static void put_label_list(struct buf *b, const struct ast_label *labels, size_t n)
{
	buf_puts(b, " {");
	for (size_t i = 0; i < n; i++)
		buf_printf(b, "%s%s=%s", i ? "; " : "", labels[i].key.s, labels[i].value.s);
	buf_puts(b, "}");
}

static void put_endpoint(struct buf *b, const struct ast_endpoint *e)
{
	char text[NET_ADDR_STRLEN];

	buf_printf(b, "%s %s/%s", e->kind, e->ns.s, e->name.s);
	put_label_list(b, e->labels.v, e->labels.n);
	vec_each (const struct ast_address, a, &e->addresses)
		buf_printf(b, " %s", net_addr_format(&a->addr, text));
	vec_each (const struct ast_endpoint_port, p, &e->ports)
		buf_printf(b, " %s%s%s/%u", p->name.s ? p->name.s : "", p->name.s ? "=" : "",
			   proto_name(p->proto), p->port);
	buf_puts(b, e->host_network ? " host" : "");
	if (e->node)
		buf_printf(b, " on %s", e->node);
}

static void put_item(struct buf *b, const struct ast_item *item)
{
	if (item->kind == AST_ITEM_POLICY)
		put_policy(b, item->policy);
	if (item->kind == AST_ITEM_ENDPOINT)
		put_endpoint(b, item->endpoint);
	if (item->kind == AST_ITEM_NAMESPACE) {
		buf_printf(b, "namespace %s", item->ns->name.s);
		put_label_list(b, item->ns->labels.v, item->ns->labels.n);
	}
}

/* Imports and what only .pol has are left out. */
static bool has_text(const struct ast_item *item)
{
	return item->kind == AST_ITEM_POLICY || item->kind == AST_ITEM_ENDPOINT ||
	       item->kind == AST_ITEM_NAMESPACE;
}

void ast_text(struct buf *out, const struct lang *l)
{
	vec_each (struct ast_file *, f, &l->files) {
		vec_each (const struct ast_item, item, &(*f)->items) {
			if (!has_text(item))
				continue;
			buf_puts(out, out->n ? "\n" : "");
			put_item(out, item);
		}
	}
}

/* --- assertions ------------------------------------------------------------------------ */

static void fail_with(const struct lang *l, const char *why, const char *file, int line)
{
	_cleanup_buf_ struct buf b = {0};

	diag_render_text(&l->diag, &(struct diag_style){0}, &b);
	print_error("%s; the diagnostics:\n%s\n", why, buf_str(&b));
	_fail(file, line);
}

int read_whole(struct lang *l, const char *input, size_t n, enum lang_role role)
{
	int r = lang_read_text(l, "t.yaml", input, n, LANG_YAML, role);

	l->list_skipped = true;
	return lang_finish(l) < 0 ? -EINVAL : r;
}

void assert_reads_at(enum lang_role role, const char *input, const char *text, const char *file,
		     int line)
{
	_cleanup_buf_ struct buf b = {0};
	struct lang l;

	lang_init(&l);
	if (read_whole(&l, input, strlen(input), role) < 0)
		fail_with(&l, "the input was refused", file, line);
	ast_text(&b, &l);
	if (strcmp(buf_str(&b), text) != 0)
		print_error("read:     %s\nexpected: %s\n", buf_str(&b), text);
	if (strcmp(buf_str(&b), text) != 0)
		_fail(file, line);
	lang_fini(&l);
}

static bool says(const struct lang *l, enum diag_severity severity, const char *code,
		 const char *words)
{
	for (size_t i = 0; i < l->diag.items.n; i++) {
		const struct diag_item *item = l->diag.items.v[i];

		if (item->severity == severity && strcmp(item->code, code) == 0 &&
		    strstr(item->text, words) && item->loc.line > 0)
			return true;
	}
	return false;
}

void assert_says_at(const char *input, enum diag_severity severity, const char *code,
		    const char *words, const char *file, int line)
{
	struct lang l;
	int r;

	lang_init(&l);
	r = read_whole(&l, input, strlen(input), LANG_INPUT);
	if ((r < 0) != (severity == DIAG_ERROR) || (l.diag.errors > 0) != (r < 0))
		fail_with(&l, r < 0 ? "the input was refused" : "the input was accepted", file,
			  line);
	if (!says(&l, severity, code, words))
		fail_with(&l, words, file, line);
	lang_fini(&l);
}
