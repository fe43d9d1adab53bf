/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* strchrnul() */
#include "lang/base/net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

unsigned net_family_bits(enum net_family f)
{
	return f == NET_V4 ? 32 : 128;
}

struct net_prefix net_prefix_of_addr(const struct net_addr *a)
{
	return (struct net_prefix){.addr = *a, .len = (uint8_t)net_family_bits(a->family)};
}

enum { MAPPED_LEN = 96 }; /* of ::ffff:0:0, before the IPv4 address */

static bool is_mapped(const struct net_addr *a)
{
	static const uint8_t mapped[MAPPED_LEN / 8] = {[10] = 0xff, [11] = 0xff};

	return a->family == NET_V6 && memcmp(a->bytes, mapped, sizeof(mapped)) == 0;
}

static int parse_any(const char *s, struct net_addr *out)
{
	*out = (struct net_addr){0};
	if (inet_pton(AF_INET, s, out->bytes) == 1) {
		out->family = NET_V4;
		return 0;
	}
	if (inet_pton(AF_INET6, s, out->bytes) == 1) {
		out->family = NET_V6;
		return 0;
	}
	*out = (struct net_addr){0};
	return -EINVAL;
}

int net_addr_parse(const char *s, struct net_addr *out)
{
	int err = parse_any(s, out);

	if (!err && is_mapped(out)) {
		*out = (struct net_addr){0};
		err = -EINVAL;
	}
	return err;
}

/* Clears the bits behind `len`; true if one of them was set. */
static bool clear_host_bits(struct net_addr *a, unsigned len)
{
	bool any = false;

	for (unsigned bit = len; bit < net_family_bits(a->family); bit++) {
		uint8_t mask = (uint8_t)(0x80u >> (bit % 8));

		any |= (a->bytes[bit / 8] & mask) != 0;
		a->bytes[bit / 8] &= (uint8_t)~mask;
	}
	return any;
}

static int parse_len(const char *s, unsigned max)
{
	unsigned len = 0;

	if (!*s || strlen(s) > 3 || (s[0] == '0' && s[1]))
		return -EINVAL;
	for (; *s; s++) {
		if (*s < '0' || *s > '9')
			return -EINVAL;
		len = len * 10 + (unsigned)(*s - '0');
	}
	return len <= max ? (int)len : -EINVAL;
}

int net_prefix_parse(const char *s, struct net_prefix *out)
{
	const char *slash = strchr(s, '/');
	char head[NET_ADDR_STRLEN];
	int len;

	*out = (struct net_prefix){0};
	if (!slash || (size_t)(slash - s) >= sizeof(head))
		return -EINVAL;
	memcpy(head, s, (size_t)(slash - s));
	head[slash - s] = '\0';
	if (net_addr_parse(head, &out->addr) < 0)
		return -EINVAL;
	len = parse_len(slash + 1, net_family_bits(out->addr.family));
	if (len < 0) {
		*out = (struct net_prefix){0};
		return -EINVAL;
	}
	out->len = (uint8_t)len;
	return clear_host_bits(&out->addr, out->len) ? -EDOM : 0;
}

/* Host bits may be all that makes an address a mapped one. */
bool net_is_mapped(const char *s, struct net_prefix *v4)
{
	const char *slash = strchrnul(s, '/');
	char head[NET_ADDR_STRLEN];
	struct net_addr a;
	int len;

	*v4 = (struct net_prefix){0};
	if ((size_t)(slash - s) >= sizeof(head))
		return false;
	memcpy(head, s, (size_t)(slash - s));
	head[slash - s] = '\0';
	if (parse_any(head, &a) < 0 || !is_mapped(&a))
		return false;
	len = *slash ? parse_len(slash + 1, net_family_bits(NET_V6)) : 128;
	if (len < MAPPED_LEN)
		return len >= 0;
	v4->addr.family = NET_V4;
	memcpy(v4->addr.bytes, a.bytes + MAPPED_LEN / 8, 4);
	v4->len = (uint8_t)(len - MAPPED_LEN);
	clear_host_bits(&v4->addr, v4->len);
	return true;
}

const char *net_mapped_hint(const char *s)
{
	struct net_prefix v4;

	return net_is_mapped(s, &v4) ? ": it is IPv4 in the form of IPv6, which programs do not "
				       "read alike; write it as IPv4"
				     : "";
}

const char *net_addr_format(const struct net_addr *a, char out[static NET_ADDR_STRLEN])
{
	int af = a->family == NET_V4 ? AF_INET : AF_INET6;

	if (a->family == NET_NONE || !inet_ntop(af, a->bytes, out, NET_ADDR_STRLEN))
		snprintf(out, NET_ADDR_STRLEN, "none");
	return out;
}

const char *net_prefix_format(const struct net_prefix *p, char out[static NET_PREFIX_STRLEN])
{
	char addr[NET_ADDR_STRLEN];

	snprintf(out, NET_PREFIX_STRLEN, "%.46s/%u", net_addr_format(&p->addr, addr), p->len);
	return out;
}

bool net_addr_eq(const struct net_addr *a, const struct net_addr *b)
{
	return net_addr_cmp(a, b) == 0;
}

int net_addr_cmp(const struct net_addr *a, const struct net_addr *b)
{
	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

bool net_prefix_has_addr(const struct net_prefix *p, const struct net_addr *a)
{
	unsigned whole = p->len / 8, rest = p->len % 8;
	uint8_t mask = (uint8_t)(0xff00u >> rest);

	if (p->addr.family != a->family)
		return false;
	if (memcmp(p->addr.bytes, a->bytes, whole) != 0)
		return false;
	return rest == 0 || ((p->addr.bytes[whole] ^ a->bytes[whole]) & mask) == 0;
}

bool net_prefix_has_prefix(const struct net_prefix *outer, const struct net_prefix *inner)
{
	return outer->len <= inner->len && net_prefix_has_addr(outer, &inner->addr);
}

struct net_addr net_prefix_last(const struct net_prefix *p)
{
	struct net_addr last = p->addr;

	unsigned i = p->len / 8, n = net_family_bits(last.family) / 8;

	if (i < n)
		last.bytes[i++] |= (uint8_t)(0xffu >> p->len % 8);
	if (i < n)
		memset(last.bytes + i, 0xff, n - i);
	return last;
}

static bool step(struct net_addr *a, uint8_t by, uint8_t edge)
{
	for (unsigned i = net_family_bits(a->family) / 8; i-- > 0;) {
		bool carry = a->bytes[i] == edge;

		a->bytes[i] = (uint8_t)(a->bytes[i] + by);
		if (!carry)
			return true;
	}
	return false;
}

bool net_addr_next(struct net_addr *a)
{
	return step(a, 1, 0xff);
}

bool net_addr_prev(struct net_addr *a)
{
	return step(a, 0xff, 0);
}

int net_prefix_cmp(const struct net_prefix *a, const struct net_prefix *b)
{
	int r = net_addr_cmp(&a->addr, &b->addr);

	return r ? r : (int)a->len - (int)b->len;
}

const struct net_prefix net_private[NET_N_PRIVATE] = {
	{.addr = {NET_V4, {10}}, .len = 8},        {.addr = {NET_V4, {172, 16}}, .len = 12},
	{.addr = {NET_V4, {192, 168}}, .len = 16}, {.addr = {NET_V4, {100, 64}}, .len = 10},
	{.addr = {NET_V6, {0xfc}}, .len = 7},
};

const struct net_prefix net_nobody[NET_N_NOBODY] = {
	{.addr = {NET_V4, {0}}, .len = 8},    {.addr = {NET_V4, {127}}, .len = 8},
	{.addr = {NET_V4, {224}}, .len = 3},  {.addr = {NET_V6, {0}}, .len = 3},
	{.addr = {NET_V6, {0xff}}, .len = 8},
};

bool net_addr_skip_nobody(struct net_addr *a)
{
	for (size_t i = 0; i < NET_N_NOBODY; i++) {
		if (!net_prefix_has_addr(&net_nobody[i], a))
			continue;
		*a = net_prefix_last(&net_nobody[i]);
		return net_addr_next(a); /* no two of them meet */
	}
	return true;
}

bool net_addr_is_private(const struct net_addr *a)
{
	for (size_t i = 0; i < NET_N_PRIVATE; i++)
		if (net_prefix_has_addr(&net_private[i], a))
			return true;
	return false;
}
