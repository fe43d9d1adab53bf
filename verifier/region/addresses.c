/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/region/addresses.h"

#include "lang/base/buf.h"

struct region_span region_address_span(const struct space_addresses *a, const struct net_prefix *p)
{
	struct net_addr last = net_prefix_last(p);

	return (struct region_span){space_piece_of(a, &p->addr), space_piece_of(a, &last)};
}

struct net_addr region_address_plain(const struct space_addresses *a, const struct region_set *set)
{
	/* RFC 5737, RFC 3849; RFC 1918. */
	static const struct net_addr plain[] = {
		{NET_V4, {203, 0, 113, 10}},
		{NET_V4, {198, 51, 100, 10}},
		{NET_V4, {10, 0, 0, 10}},
		{NET_V6, {0x20, 0x01, 0x0d, 0xb8, [15] = 10}},
	};
	struct net_addr addr, last;

	for (size_t i = 0; i < sizeof(plain) / sizeof(*plain); i++) {
		if (region_set_has(set, space_piece_of(a, &plain[i])))
			return plain[i];
	}
	for (size_t i = 0; i < set->n; i++) {
		for (uint32_t piece = set->v[i].lo; piece <= set->v[i].hi; piece++) {
			last = space_piece_last(a, piece);
			if (space_plain_address(&a->starts.v[piece], &last, &addr))
				return addr;
		}
	}
	last = space_piece_last(a, set->v[0].lo);
	space_plain_address(&a->starts.v[set->v[0].lo], &last, &addr);
	return addr;
}

/* --- back to prefixes ------------------------------------------------------------------------ */

struct cover {
	struct arena *arena;
	VEC(struct net_prefix) list;
};

static bool bit_of(const struct net_addr *a, unsigned i)
{
	return a->bytes[i / 8] >> (7 - i % 8) & 1;
}

/* How many of the last bits are this. */
static unsigned last_bits(const struct net_addr *a, bool bit)
{
	unsigned bits = net_family_bits(a->family), n = 0;

	while (n < bits && bit_of(a, bits - 1 - n) == bit)
		n++;
	return n;
}

/* How many of the first bits are the same. */
static unsigned common_bits(const struct net_addr *a, const struct net_addr *b)
{
	unsigned bits = net_family_bits(a->family), n = 0;

	while (n < bits && a->bytes[n / 8] == b->bytes[n / 8])
		n += 8;
	while (n < bits && bit_of(a, n) == bit_of(b, n))
		n++;
	return n;
}

/* The largest prefix that begins at `lo` and ends at `hi` or before: with the bit in which they
 * differ it ends before. */
static struct net_prefix largest(const struct net_addr *lo, const struct net_addr *hi)
{
	unsigned bits = net_family_bits(lo->family), common = common_bits(lo, hi);
	unsigned free = last_bits(lo, false);

	if (common == bits || (free >= bits - common && last_bits(hi, true) >= bits - common))
		return (struct net_prefix){*lo, (uint8_t)common};
	if (bits - free < common + 1)
		free = bits - common - 1;
	return (struct net_prefix){*lo, (uint8_t)(bits - free)};
}

static void cover_range(struct cover *c, struct net_addr lo, const struct net_addr *hi)
{
	for (;;) {
		struct net_prefix p = largest(&lo, hi);
		struct net_addr last = net_prefix_last(&p);

		vec_push(c->arena, &c->list, p);
		if (net_addr_eq(&last, hi))
			return;
		lo = last;
		net_addr_next(&lo);
	}
}

/* The pieces lo..hi, which may reach from one family into the other. */
static void cover_pieces(const struct space_addresses *a, uint32_t lo, uint32_t hi, struct cover *c)
{
	struct net_addr end;

	if (lo < a->n4 && hi >= a->n4) {
		cover_pieces(a, lo, a->n4 - 1, c);
		lo = a->n4;
	}
	end = space_piece_last(a, hi);
	cover_range(c, a->starts.v[lo], &end);
}

static void cover_set(const struct space_addresses *a, const struct region_set *set,
		      struct cover *out)
{
	for (size_t i = 0; i < set->n; i++)
		cover_pieces(a, set->v[i].lo, set->v[i].hi, out);
}

void region_address_cover(const struct space_addresses *a, struct arena *arena,
			  const struct region_set *set, struct region_prefixes *out)
{
	struct cover c = {.arena = arena};

	cover_set(a, set, &c);
	vec_each (struct net_prefix, p, &c.list)
		vec_push(arena, &out->in, *p);
}

/* The smallest prefix around all of the set, which is of one family. */
static struct net_prefix around(const struct space_addresses *a, const struct region_set *set)
{
	struct net_addr lo = a->starts.v[set->v[0].lo];
	struct net_addr hi = space_piece_last(a, set->v[set->n - 1].hi);
	struct net_prefix p = net_prefix_of_addr(&lo);

	while (!net_prefix_has_addr(&p, &hi)) {
		p.len--;
		p.addr.bytes[p.len / 8] &= (uint8_t) ~(0x80 >> p.len % 8);
	}
	return p;
}

static void family_prefixes(const struct space_addresses *a, struct region_space *s,
			    const struct region_set *set, struct region_prefixes *out)
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
		struct region_span span = region_address_span(a, &p);
		struct net_addr last = space_piece_last(a, span.hi), end = net_prefix_last(&p);

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

void region_address_prefixes(const struct space_addresses *a, struct region_space *s,
			     const struct region_set *set, struct region_prefixes *out)
{
	uint32_t last = (uint32_t)a->starts.n - 1;

	family_prefixes(a, s, region_set_and(s, set, region_set_of(s, 0, a->n4 - 1)), out);
	family_prefixes(a, s, region_set_and(s, set, region_set_of(s, a->n4, last)), out);
}

void region_address_put(const struct space_addresses *a, struct region_space *s,
			const struct region_set *set, struct buf *out)
{
	struct region_prefixes p = {0};
	char text[NET_PREFIX_STRLEN];

	region_address_prefixes(a, s, set, &p);
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

void region_put_prefixes(const struct region_prefixes *p, struct buf *out)
{
	char text[NET_PREFIX_STRLEN];

	vec_each (const struct net_prefix, in, &p->in)
		buf_printf(out, "%s%s", in == p->in.v ? "" : ", ", net_prefix_format(in, text));
	vec_each (const struct net_prefix, e, &p->except)
		buf_printf(out, "%s%s", e == p->except.v ? " except " : ", ",
			   net_prefix_format(e, text));
}
