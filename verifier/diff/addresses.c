/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/diff/addresses.h"

#include <stdlib.h>
#include <string.h>

#include "compiler/ir.h"
#include "lang/base/buf.h"

static const struct net_addr zero4 = {.family = NET_V4}, zero6 = {.family = NET_V6};

static unsigned n_bytes(const struct net_addr *a)
{
	return net_family_bits((enum net_family)a->family) / 8;
}

/* Sets the bits from `len` on. */
static struct net_addr last_of(const struct net_prefix *p)
{
	struct net_addr last = p->addr;

	for (unsigned bit = p->len; bit < 8 * n_bytes(&last); bit++)
		last.bytes[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
	return last;
}

/* The address behind or before; false where the family ends. */
static bool step(struct net_addr *a, int by)
{
	uint8_t edge = by > 0 ? 0xff : 0;

	for (unsigned i = n_bytes(a); i-- > 0;) {
		bool carry = a->bytes[i] == edge;

		a->bytes[i] = (uint8_t)(a->bytes[i] + by);
		if (!carry)
			return true;
	}
	return false;
}

void diff_addresses_init(struct diff_addresses *a)
{
	*a = (struct diff_addresses){0};
}

void diff_addresses_cut(struct diff_addresses *a, const struct net_prefix *p, struct arena *arena)
{
	struct net_addr behind = last_of(p);

	vec_push(arena, &a->starts, p->addr);
	if (step(&behind, 1))
		vec_push(arena, &a->starts, behind);
}

void diff_addresses_cut_ir(struct diff_addresses *a, const struct ir *ir, struct arena *arena)
{
	vec_each (struct ir_rule *, rule, &ir->rules) {
		vec_each (const struct ir_peer, peer, &(*rule)->peers) {
			vec_each (const struct net_prefix, p, &peer->cidr.in)
				diff_addresses_cut(a, p, arena);
			vec_each (const struct net_prefix, p, &peer->cidr.except)
				diff_addresses_cut(a, p, arena);
		}
	}
}

static int addr_order(const void *a, const void *b)
{
	return net_addr_cmp(a, b);
}

void diff_addresses_seal(struct diff_addresses *a, struct arena *arena)
{
	size_t n = 0;

	vec_push(arena, &a->starts, zero4);
	vec_push(arena, &a->starts, zero6);
	qsort(a->starts.v, a->starts.n, sizeof(*a->starts.v), addr_order);
	for (size_t i = 0; i < a->starts.n; i++) {
		if (!n || !net_addr_eq(&a->starts.v[n - 1], &a->starts.v[i]))
			a->starts.v[n++] = a->starts.v[i];
	}
	a->starts.n = n;
	a->n4 = diff_address_piece(a, &zero6);
}

uint32_t diff_address_piece(const struct diff_addresses *a, const struct net_addr *addr)
{
	size_t lo = 0, hi = a->starts.n;

	while (hi - lo > 1) {
		size_t mid = lo + (hi - lo) / 2;

		if (net_addr_cmp(&a->starts.v[mid], addr) <= 0)
			lo = mid;
		else
			hi = mid;
	}
	return (uint32_t)lo;
}

struct region_span diff_address_span(const struct diff_addresses *a, const struct net_prefix *p)
{
	struct net_addr last = last_of(p);

	return (struct region_span){diff_address_piece(a, &p->addr), diff_address_piece(a, &last)};
}

struct net_addr diff_address_first(const struct diff_addresses *a, uint32_t piece)
{
	return a->starts.v[piece];
}

static struct net_addr last_of_piece(const struct diff_addresses *a, uint32_t piece)
{
	struct net_addr last;

	if (piece + 1 == a->n4 || piece + 1 == a->starts.n) {
		struct net_prefix all = {piece < a->n4 ? zero4 : zero6, 0};

		return last_of(&all);
	}
	last = a->starts.v[piece + 1];
	step(&last, -1);
	return last;
}

struct net_addr diff_address_plain(const struct diff_addresses *a, const struct region_set *set)
{
	/* RFC 5737, RFC 3849; RFC 1918. */
	static const struct net_addr plain[] = {
		{NET_V4, {203, 0, 113, 10}},
		{NET_V4, {198, 51, 100, 10}},
		{NET_V4, {10, 0, 0, 10}},
		{NET_V6, {0x20, 0x01, 0x0d, 0xb8, [15] = 10}},
	};
	struct net_addr addr, tenth;
	uint32_t piece = set->v[0].lo;

	for (size_t i = 0; i < sizeof(plain) / sizeof(*plain); i++) {
		if (region_set_has(set, diff_address_piece(a, &plain[i])))
			return plain[i];
	}
	addr = tenth = a->starts.v[piece];
	tenth.bytes[n_bytes(&addr) - 1] |= 10;
	return diff_address_piece(a, &tenth) == piece ? tenth : addr;
}

/* --- back to prefixes ------------------------------------------------------------------------ */

struct cover {
	struct arena *arena;
	VEC(struct net_prefix) list;
};

/* The largest prefix that begins at `lo` and ends at `hi` or before. */
static struct net_prefix largest(const struct net_addr *lo, const struct net_addr *hi)
{
	struct net_prefix best = {*lo, (uint8_t)(8 * n_bytes(lo))};

	while (best.len > 0) {
		struct net_prefix wider = {*lo, (uint8_t)(best.len - 1)};
		unsigned bit = wider.len;
		struct net_addr last = last_of(&wider);

		if (lo->bytes[bit / 8] & (0x80 >> bit % 8) || net_addr_cmp(&last, hi) > 0)
			break;
		best = wider;
	}
	return best;
}

static void cover_range(struct cover *c, struct net_addr lo, const struct net_addr *hi)
{
	for (;;) {
		struct net_prefix p = largest(&lo, hi);
		struct net_addr last = last_of(&p);

		vec_push(c->arena, &c->list, p);
		if (net_addr_eq(&last, hi))
			return;
		lo = last;
		step(&lo, 1);
	}
}

/* The pieces lo..hi, which may reach from one family into the other. */
static void cover_pieces(const struct diff_addresses *a, uint32_t lo, uint32_t hi, struct cover *c)
{
	struct net_addr end;

	if (lo < a->n4 && hi >= a->n4) {
		cover_pieces(a, lo, a->n4 - 1, c);
		lo = a->n4;
	}
	end = last_of_piece(a, hi);
	cover_range(c, a->starts.v[lo], &end);
}

static void cover_set(const struct diff_addresses *a, const struct region_set *set,
		      struct cover *out)
{
	for (size_t i = 0; i < set->n; i++)
		cover_pieces(a, set->v[i].lo, set->v[i].hi, out);
}

void diff_address_cover(const struct diff_addresses *a, struct arena *arena,
			const struct region_set *set, struct diff_prefixes *out)
{
	struct cover c = {.arena = arena};

	cover_set(a, set, &c);
	vec_each (struct net_prefix, p, &c.list)
		vec_push(arena, &out->in, *p);
}

/* The smallest prefix around all of the set, which is of one family. */
static struct net_prefix around(const struct diff_addresses *a, const struct region_set *set)
{
	struct net_addr lo = a->starts.v[set->v[0].lo];
	struct net_addr hi = last_of_piece(a, set->v[set->n - 1].hi);
	struct net_prefix p = {lo, (uint8_t)(8 * n_bytes(&lo))};

	while (!net_prefix_has_addr(&p, &hi)) {
		p.len--;
		p.addr.bytes[p.len / 8] &= (uint8_t) ~(0x80 >> p.len % 8);
	}
	return p;
}

static void family_prefixes(const struct diff_addresses *a, struct region_space *s,
			    const struct region_set *set, struct diff_prefixes *out)
{
	struct cover plain = {.arena = s->arena}, outside = {.arena = s->arena};
	struct net_prefix p;

	if (!set->n)
		return;
	p = around(a, set);
	cover_set(a, set, &plain);
	/* The prefix may reach into pieces that nobody cut at its ends: then there is no
	 * shorter way to say it. */
	if (plain.list.n > 2) {
		struct region_span span = diff_address_span(a, &p);
		struct net_addr last = last_of_piece(a, span.hi), end = last_of(&p);

		if (net_addr_eq(&a->starts.v[span.lo], &p.addr) && net_addr_eq(&last, &end))
			cover_set(a, region_set_minus(s, region_set_of(s, span.lo, span.hi), set),
				  &outside);
	}
	if (outside.list.n && outside.list.n + 1 < plain.list.n) {
		vec_push(s->arena, &out->in, p);
		vec_each (struct net_prefix, e, &outside.list)
			vec_push(s->arena, &out->except, *e);
		return;
	}
	vec_each (struct net_prefix, e, &plain.list)
		vec_push(s->arena, &out->in, *e);
}

void diff_address_prefixes(const struct diff_addresses *a, struct region_space *s,
			   const struct region_set *set, struct diff_prefixes *out)
{
	uint32_t last = (uint32_t)a->starts.n - 1;

	family_prefixes(a, s, region_set_and(s, set, region_set_of(s, 0, a->n4 - 1)), out);
	family_prefixes(a, s, region_set_and(s, set, region_set_of(s, a->n4, last)), out);
}

void diff_address_put(const struct diff_addresses *a, struct region_space *s,
		      const struct region_set *set, struct buf *out)
{
	struct diff_prefixes p = {0};
	char text[NET_PREFIX_STRLEN];

	diff_address_prefixes(a, s, set, &p);
	buf_puts(out, "cidr {");
	vec_each (const struct net_prefix, in, &p.in)
		buf_printf(out, "%s %s", in == p.in.v ? "" : ",", net_prefix_format(in, text));
	buf_puts(out, " }");
	if (!p.except.n)
		return;
	buf_puts(out, " except {");
	vec_each (const struct net_prefix, e, &p.except)
		buf_printf(out, "%s %s", e == p.except.v ? "" : ",", net_prefix_format(e, text));
	buf_puts(out, " }");
}
