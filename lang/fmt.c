/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Layout: lines, blocks, blank lines and comments. What stands within a line is written by
 * lang/fmt_text.c.
 *
 * A comment behind a line stays behind it, a comment on a line of its own stays before what
 * it stood before. Comments inside what becomes one line move in front of it.
 */
#include "lang/fmt.h"

#include <string.h>

#include "lang/fmt_text.h"

enum gap {
	GAP_NEVER,
	GAP_KEEP, /* at most one blank line, where the source has one */
	GAP_ALWAYS,
};

struct fmt {
	struct buf *out;
	const struct ast_file *file;
	size_t comment; /* the next one to write */
	unsigned indent;
	uint32_t line; /* of the source, where what was written last ended */
};

static bool is_before(uint32_t line, uint32_t col, uint32_t end_line, uint32_t end_col)
{
	return line != end_line ? line < end_line : col < end_col;
}

/* The end of a place as an empty place, to compare with. */
static struct loc end_of(struct loc loc)
{
	return (struct loc){loc.file, loc.end_line, loc.end_col, loc.end_line, loc.end_col};
}

/* The next comment if it begins before `limit`. */
static const struct ast_comment *comment_before(const struct fmt *f, struct loc limit)
{
	const struct ast_comment *c;

	if (f->comment == f->file->comments.n)
		return NULL;
	c = &f->file->comments.v[f->comment];
	return is_before(c->loc.line, c->loc.col, limit.line, limit.col) ? c : NULL;
}

static void blank(struct fmt *f, uint32_t line, enum gap gap)
{
	if (gap == GAP_ALWAYS || (gap == GAP_KEEP && line > f->line + 1))
		buf_putc(f->out, '\n');
}

static void indent(struct fmt *f)
{
	for (unsigned i = 0; i < f->indent; i++)
		buf_puts(f->out, "  ");
}

/* Writes the comments that begin before `limit`, each on a line of its own. Returns the gap
 * that is left for what follows them. */
static enum gap comments(struct fmt *f, struct loc limit, enum gap gap)
{
	for (const struct ast_comment *c; (c = comment_before(f, limit)); gap = GAP_KEEP) {
		blank(f, c->loc.line, gap);
		indent(f);
		buf_puts(f->out, c->text);
		buf_putc(f->out, '\n');
		f->line = c->loc.line;
		f->comment++;
	}
	return gap;
}

/* Ends a line, with the comment that stands behind it before `limit`. */
static void end_line(struct fmt *f, uint32_t line, struct loc limit)
{
	const struct ast_comment *c = comment_before(f, limit);

	f->line = line;
	if (c && !c->own_line && c->loc.line == line) {
		buf_printf(f->out, " %s", c->text);
		f->comment++;
	}
	buf_putc(f->out, '\n');
}

/* --- lines and blocks ---------------------------------------------------------------------- */

/* Begins a line for what stands at `loc` and has its text in one line. */
static void begin_line(struct fmt *f, struct loc loc, enum gap gap)
{
	gap = comments(f, end_of(loc), gap);
	blank(f, loc.line, gap);
	indent(f);
}

static void begin_block(struct fmt *f, struct loc loc, enum gap gap)
{
	gap = comments(f, loc, gap);
	blank(f, loc.line, gap);
	indent(f);
}

/* Behind the head of a block whose first entry stands at `first` (no place: it is empty).
 * False if the block is complete, as nothing stands in it. */
static bool open_block(struct fmt *f, struct loc loc, struct loc first)
{
	struct loc limit = first.line ? first : end_of(loc);
	const struct ast_comment *c = comment_before(f, limit);

	if (!first.line && !c) {
		buf_puts(f->out, " { }");
		return false;
	}
	buf_puts(f->out, " {");
	f->line = loc.line;
	if (c && !c->own_line) {
		buf_printf(f->out, " %s", c->text);
		f->line = c->loc.line;
		f->comment++;
	}
	buf_putc(f->out, '\n');
	f->indent++;
	return true;
}

static void close_block(struct fmt *f, struct loc loc, bool empty)
{
	comments(f, end_of(loc), empty ? GAP_NEVER : GAP_KEEP);
	f->indent--;
	indent(f);
	buf_putc(f->out, '}');
}

/* The places of a vector's entries: of the first, and where what follows entry i begins. */
#define FIRST(vec)         ((vec)->n ? (vec)->v[0].loc : LOC_NONE)
#define NEXT(vec, it, end) ((size_t)((it) - (vec)->v) + 1 < (vec)->n ? (it)[1].loc : end_of(end))
#define GAP(vec, it, gap)  ((it) == (vec)->v ? GAP_NEVER : (gap))

/* --- policies ------------------------------------------------------------------------------- */

/* Whatever may end in requests begins as a line or as a block. */
static void begin_either(struct fmt *f, const struct ast_l7 *l7, struct loc loc, enum gap gap)
{
	if (l7->kind == AST_L7_NONE)
		begin_line(f, loc, gap);
	else
		begin_block(f, loc, gap);
}

/* The end of what stands at `loc`. */
static void put_requests(struct fmt *f, const struct ast_l7 *l7, struct loc loc, struct loc limit)
{
	if (l7->kind != AST_L7_NONE && open_block(f, loc, FIRST(&l7->rules))) {
		vec_each (const struct ast_l7_rule, r, &l7->rules) {
			begin_line(f, r->loc, GAP(&l7->rules, r, GAP_KEEP));
			fmt_l7_rule(f->out, r, l7->kind);
			end_line(f, r->loc.end_line, NEXT(&l7->rules, r, loc));
		}
		close_block(f, loc, !l7->rules.n);
	}
	end_line(f, loc.end_line, limit);
}

static void put_rule(struct fmt *f, const struct ast_rule *rule, enum ast_dir dir, enum gap gap,
		     struct loc limit)
{
	begin_either(f, &rule->l7, rule->loc, gap);
	fmt_rule(f->out, rule, dir);
	put_requests(f, &rule->l7, rule->loc, limit);
}

static void put_section(struct fmt *f, const struct ast_section *s, enum gap gap, struct loc limit)
{
	begin_block(f, s->loc, gap);
	buf_puts(f->out, s->dir == AST_INGRESS ? "ingress" : "egress");
	if (open_block(f, s->loc, FIRST(&s->rules))) {
		vec_each (const struct ast_rule, rule, &s->rules)
			put_rule(f, rule, s->dir, GAP(&s->rules, rule, GAP_KEEP),
				 NEXT(&s->rules, rule, s->loc));
		close_block(f, s->loc, !s->rules.n);
	}
	end_line(f, s->loc.end_line, limit);
}

static void put_policy(struct fmt *f, const struct ast_policy *policy, enum gap gap,
		       struct loc limit)
{
	begin_block(f, policy->loc, gap);
	fmt_policy_head(f->out, policy);
	if (open_block(f, policy->loc, FIRST(&policy->sections))) {
		vec_each (const struct ast_section, s, &policy->sections)
			put_section(f, s, GAP_NEVER, NEXT(&policy->sections, s, policy->loc));
		close_block(f, policy->loc, !policy->sections.n);
	}
	end_line(f, policy->loc.end_line, limit);
}

static void put_tier(struct fmt *f, const struct ast_tier *tier, enum gap gap, struct loc limit)
{
	size_t n = tier->policies.n;

	begin_block(f, tier->loc, gap);
	fmt_tier_head(f->out, tier);
	if (open_block(f, tier->loc, n ? tier->policies.v[0]->loc : LOC_NONE)) {
		for (size_t i = 0; i < n; i++)
			put_policy(f, tier->policies.v[i], i ? GAP_ALWAYS : GAP_NEVER,
				   i + 1 < n ? tier->policies.v[i + 1]->loc : end_of(tier->loc));
		close_block(f, tier->loc, !n);
	}
	end_line(f, tier->loc.end_line, limit);
}

/* --- inventory, services, assertions ---------------------------------------------------------- */

#define SPAN(vec) loc_join((vec)->v[0].loc, (vec)->v[(vec)->n - 1].loc)

static void put_endpoint(struct fmt *f, const struct ast_endpoint *e)
{
	struct loc end = end_of(e->loc), ports = e->ports.n ? e->ports.v[0].loc : end;
	struct loc addresses = e->addresses.n ? e->addresses.v[0].loc : ports;

	if (e->labels.n) {
		begin_line(f, SPAN(&e->labels), GAP_NEVER);
		fmt_labels(f->out, e->labels.v, e->labels.n);
		end_line(f, SPAN(&e->labels).end_line, addresses);
	}
	if (e->addresses.n) {
		begin_line(f, SPAN(&e->addresses), GAP_NEVER);
		fmt_addresses(f->out, e->addresses.v, e->addresses.n);
		end_line(f, SPAN(&e->addresses).end_line, ports);
	}
	vec_each (const struct ast_endpoint_port, port, &e->ports) {
		begin_line(f, port->loc, GAP_NEVER);
		fmt_endpoint_port(f->out, port);
		end_line(f, port->loc.end_line, NEXT(&e->ports, port, e->loc));
	}
	if (e->host_network) {
		indent(f);
		buf_puts(f->out, "host");
		end_line(f, e->host_loc.end_line, end);
	}
}

static void put_service(struct fmt *f, const struct ast_service *s)
{
	struct loc end = s->algorithm.s ? s->algorithm.loc : end_of(s->loc);
	struct loc ports = s->ports.n ? s->ports.v[0].loc : end;

	if (s->addresses.n) {
		begin_line(f, SPAN(&s->addresses), GAP_NEVER);
		fmt_addresses(f->out, s->addresses.v, s->addresses.n);
		end_line(f, SPAN(&s->addresses).end_line, ports);
	}
	vec_each (const struct ast_service_port, port, &s->ports) {
		begin_line(f, port->loc, GAP_NEVER);
		fmt_service_port(f->out, port);
		end_line(f, port->loc.end_line, NEXT(&s->ports, port, s->loc));
	}
	if (s->algorithm.s) {
		begin_line(f, s->algorithm.loc, GAP_NEVER);
		buf_puts(f->out, s->algorithm.s);
		end_line(f, s->algorithm.loc.end_line, end_of(s->loc));
	}
}

static void put_claims(struct fmt *f, const struct ast_assert *a)
{
	vec_each (const struct ast_claim, claim, &a->claims) {
		begin_either(f, &claim->l7, claim->loc, GAP(&a->claims, claim, GAP_KEEP));
		fmt_claim(f->out, claim);
		put_requests(f, &claim->l7, claim->loc, NEXT(&a->claims, claim, a->loc));
	}
}

static void put_namespace(struct fmt *f, const struct ast_namespace *ns)
{
	begin_line(f, SPAN(&ns->labels), GAP_NEVER);
	fmt_labels(f->out, ns->labels.v, ns->labels.n);
	end_line(f, SPAN(&ns->labels).end_line, end_of(ns->loc));
}

/* --- items ---------------------------------------------------------------------------------------
 */

/* Where the first entry of the item's block begins; no place if there is none. */
static struct loc first_entry(const struct ast_item *item)
{
	struct loc at[3] = {LOC_NONE, LOC_NONE, LOC_NONE}, first = LOC_NONE;

	if (item->kind == AST_ITEM_ENDPOINT) {
		at[0] = FIRST(&item->endpoint->labels);
		at[1] = FIRST(&item->endpoint->addresses);
		at[2] = FIRST(&item->endpoint->ports);
		first = item->endpoint->host_loc;
	} else if (item->kind == AST_ITEM_SERVICE) {
		at[0] = FIRST(&item->service->addresses);
		at[1] = FIRST(&item->service->ports);
		at[2] = item->service->algorithm.loc;
	} else if (item->kind == AST_ITEM_NAMESPACE) {
		at[0] = FIRST(&item->ns->labels);
	} else {
		at[0] = FIRST(&item->assertion->claims);
	}
	for (size_t i = 0; i < 3; i++)
		if (at[i].line &&
		    (!first.line || is_before(at[i].line, at[i].col, first.line, first.col)))
			first = at[i];
	return first;
}

static void put_entries(struct fmt *f, const struct ast_item *item)
{
	if (item->kind == AST_ITEM_ENDPOINT)
		put_endpoint(f, item->endpoint);
	else if (item->kind == AST_ITEM_SERVICE)
		put_service(f, item->service);
	else if (item->kind == AST_ITEM_NAMESPACE && item->ns->labels.n)
		put_namespace(f, item->ns);
	else if (item->kind == AST_ITEM_ASSERT)
		put_claims(f, item->assertion);
}

static void put_plain_block(struct fmt *f, const struct ast_item *item, enum gap gap,
			    struct loc limit)
{
	struct loc first = first_entry(item);

	begin_block(f, item->loc, gap);
	fmt_item_head(f->out, item);
	if (open_block(f, item->loc, first)) {
		put_entries(f, item);
		close_block(f, item->loc, !first.line);
	}
	end_line(f, item->loc.end_line, limit);
}

static void put_item(struct fmt *f, const struct ast_item *item, enum gap gap, struct loc limit)
{
	switch (item->kind) {
	case AST_ITEM_IMPORT:
	case AST_ITEM_LET:
		begin_line(f, item->loc, gap);
		fmt_item_head(f->out, item);
		end_line(f, item->loc.end_line, limit);
		break;
	case AST_ITEM_POLICY:
		put_policy(f, item->policy, gap, limit);
		break;
	case AST_ITEM_TIER:
		put_tier(f, item->tier, gap, limit);
		break;
	default:
		put_plain_block(f, item, gap, limit);
	}
}

/* One-line statements of a kind may stand together; a block stands alone. */
static enum gap item_gap(const struct ast_item *first, const struct ast_item *item)
{
	if (item == first)
		return GAP_NEVER;
	if (item->kind == item[-1].kind &&
	    (item->kind == AST_ITEM_IMPORT || item->kind == AST_ITEM_LET))
		return GAP_KEEP;
	return GAP_ALWAYS;
}

void lang_fmt(const struct ast_file *file, struct buf *out)
{
	static const struct loc end = {0, UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX};
	struct fmt f = {.out = out, .file = file};
	const struct ast_item *first = file->items.v;

	vec_each (const struct ast_item, item, &file->items) {
		bool last = (size_t)(item - first) + 1 == file->items.n;

		put_item(&f, item, item_gap(first, item), last ? end : item[1].loc);
	}
	comments(&f, end, file->items.n ? GAP_KEEP : GAP_NEVER);
}
