/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/packet.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- bytes ---------------------------------------------------------------------------- */

static uint8_t *grow(struct packet *p, size_t n)
{
	uint8_t *at = p->data + p->len;

	if (n > sizeof(p->data) - p->len)
		abort(); /* a test asked for more than PACKET_MAX */
	memset(at, 0, n);
	p->len += n;
	return at;
}

static void put16(uint8_t *at, uint16_t v)
{
	at[0] = v >> 8;
	at[1] = v & 0xff;
}

static void put32(uint8_t *at, uint32_t v)
{
	put16(at, v >> 16);
	put16(at + 2, v & 0xffff);
}

static uint16_t get16(const uint8_t *at)
{
	return at[0] << 8 | at[1];
}

uint16_t packet_sum(const void *data, size_t n, uint32_t start)
{
	const uint8_t *b = data;
	uint32_t sum = start;

	for (size_t i = 0; i < n; i++)
		sum += i % 2 ? b[i] : b[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

uint32_t packet_crc32c(const void *data, size_t n)
{
	const uint8_t *b = data;
	uint32_t crc = ~0u;

	for (size_t i = 0; i < n; i++) {
		crc ^= b[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78 : 0);
	}
	return ~crc;
}

/* --- Ethernet ------------------------------------------------------------------------- */

static void add_ethernet(struct packet *p, uint16_t type, unsigned vlans)
{
	static const uint8_t dst[6] = {2, 0, 0, 0, 0, 1}, src[6] = {2, 0, 0, 0, 0, 2};
	uint8_t *eth = grow(p, ETH_HLEN);

	memcpy(eth, dst, 6);
	memcpy(eth + 6, src, 6);
	for (; vlans; vlans--) {
		put16(p->data + p->len - 2, vlans == 2 ? ETH_P_8021AD : ETH_P_8021Q);
		put16(grow(p, 4), 100 + vlans);
	}
	put16(p->data + p->len - 2, type);
}

void packet_build_raw(struct packet *p, uint16_t ethertype, size_t n)
{
	p->len = 0;
	add_ethernet(p, ethertype, 0);
	p->ip = p->l4 = p->len;
	grow(p, n);
}

/* --- IP ------------------------------------------------------------------------------- */

static bool is_v6(const struct packet *p)
{
	return p->data[p->ip] >> 4 == 6;
}

static void add_ipv4(struct packet *p, const struct packet_spec *s)
{
	enum { NOP = 1, MORE = 0x2000 };
	uint8_t *ip = grow(p, 20);

	ip[0] = 0x40 | (5 + s->ip_options / 4);
	put16(ip + 4, s->frag_id & 0xffff);
	if (s->fragment)
		put16(ip + 6, (s->more ? MORE : 0) | s->frag_offset);
	ip[8] = s->hops ? s->hops : 64;
	ip[9] = s->proto;
	memcpy(ip + 12, s->src.bytes, 4);
	memcpy(ip + 16, s->dst.bytes, 4);
	memset(grow(p, s->ip_options), NOP, s->ip_options);
}

/* The next header value of the chain after its first `i` members. */
static uint8_t next_header(const struct packet_spec *s, const uint8_t *chain, unsigned n,
			   unsigned i)
{
	return i < n ? chain[i] : s->proto;
}

static void add_extension(struct packet *p, const struct packet_spec *s, uint8_t kind, uint8_t next)
{
	enum { PAD1 = 0, PADN = 1, AH_WORDS = 6 };
	uint8_t *ext = grow(p, kind == IPPROTO_AH        ? AH_WORDS * 4
			       : kind == IPPROTO_DSTOPTS ? 16
							 : 8);

	ext[0] = next;
	switch (kind) {
	case IPPROTO_AH: /* RFC 4302: words minus two */
		ext[1] = AH_WORDS - 2;
		break;
	case IPPROTO_DSTOPTS: /* two units of 8: one beyond the first */
		ext[1] = 1;
		ext[2] = PADN;
		ext[3] = 12;
		break;
	case IPPROTO_HOPOPTS:
		ext[2] = PADN;
		ext[3] = 4;
		break;
	case IPPROTO_ROUTING: /* type 4 (RFC 8754) with an empty segment list */
		ext[2] = 4;
		ext[3] = s->segments_left;
		break;
	case IPPROTO_FRAGMENT:
		put16(ext + 2, s->frag_offset << 3 | s->more);
		put32(ext + 4, s->frag_id);
		break;
	}
}

static void add_ipv6(struct packet *p, const struct packet_spec *s)
{
	uint8_t chain[PACKET_MAX_EXTS + 1], *ip = grow(p, 40);
	unsigned n = s->n_exts;

	memcpy(chain, s->exts, n);
	if (s->fragment && !memchr(chain, IPPROTO_FRAGMENT, n))
		chain[n++] = IPPROTO_FRAGMENT;
	ip[0] = 0x60;
	ip[6] = next_header(s, chain, n, 0);
	ip[7] = s->hops ? s->hops : 64;
	memcpy(ip + 8, s->src.bytes, 16);
	memcpy(ip + 24, s->dst.bytes, 16);
	for (unsigned i = 0; i < n; i++)
		add_extension(p, s, chain[i], next_header(s, chain, n, i + 1));
}

static void close_ip(struct packet *p)
{
	uint8_t *ip = p->data + p->ip;

	if (is_v6(p)) {
		put16(ip + 4, p->len - p->ip - 40);
		return;
	}
	put16(ip + 2, p->len - p->ip);
	put16(ip + 10, 0);
	put16(ip + 10, ~packet_sum(ip, (ip[0] & 15) * 4, 0));
}

/* --- transport ------------------------------------------------------------------------ */

static bool is_icmp(uint8_t proto)
{
	return proto == IPPROTO_ICMP || proto == IPPROTO_ICMPV6;
}

static void add_transport(struct packet *p, const struct packet_spec *s)
{
	static const uint8_t sizes[256] = {
		[IPPROTO_TCP] = 20, [IPPROTO_UDP] = 8,    [IPPROTO_SCTP] = 12,
		[IPPROTO_ICMP] = 8, [IPPROTO_ICMPV6] = 8, [IPPROTO_GRE] = 4};
	uint8_t *h = grow(p, sizes[s->proto]);

	if (is_icmp(s->proto)) {
		h[0] = s->type;
		h[1] = s->code;
		put16(h + 4, s->id);
	} else if (sizes[s->proto] >= 8) {
		put16(h, s->sport);
		put16(h + 2, s->dport);
	}
	if (s->proto == IPPROTO_TCP) {
		h[12] = 5 << 4;
		h[13] = s->tcp_flags ? s->tcp_flags : PACKET_SYN;
	}
}

static void add_payload(struct packet *p, const struct packet_spec *s)
{
	size_t n = s->payload;

	if (s->quote) {
		size_t whole = s->quote->len - s->quote->ip;

		n = n && n < whole ? n : whole;
		memcpy(grow(p, n), s->quote->data + s->quote->ip, n);
		return;
	}
	for (size_t i = 0; i < n; i++)
		*grow(p, 1) = i & 0xff;
}

uint16_t packet_l4_sum(const struct packet *p)
{
	const uint8_t *ip = p->data + p->ip;
	size_t n = p->len - p->l4;
	uint32_t sum = n;

	if (p->proto != IPPROTO_ICMP) {
		sum = packet_sum(is_v6(p) ? ip + 8 : ip + 12, is_v6(p) ? 32 : 8, sum);
		sum += p->proto;
	} else {
		sum = 0; /* ICMP for IPv4 has no pseudo header */
	}
	return packet_sum(p->data + p->l4, n, sum);
}

static void close_transport(struct packet *p, const struct packet_spec *s)
{
	uint8_t *h = p->data + p->l4;
	uint32_t crc;

	switch (s->proto) {
	case IPPROTO_TCP:
		put16(h + 16, ~packet_l4_sum(p));
		break;
	case IPPROTO_UDP:
		put16(h + 4, p->len - p->l4);
		put16(h + 6, ~packet_l4_sum(p));
		break;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		put16(h + 2, ~packet_l4_sum(p));
		break;
	case IPPROTO_SCTP: /* the CRC goes with its low byte first */
		crc = packet_crc32c(h, p->len - p->l4);
		for (int i = 0; i < 4; i++)
			h[8 + i] = crc >> 8 * i;
		break;
	}
}

void packet_build(struct packet *p, const struct packet_spec *s)
{
	bool v6 = s->src.family == NET_V6;

	p->len = 0;
	p->proto = s->proto;
	add_ethernet(p, v6 ? ETH_P_IPV6 : ETH_P_IP, s->vlans);
	p->ip = p->len;
	if (v6)
		add_ipv6(p, s);
	else
		add_ipv4(p, s);
	p->l4 = p->len;
	if (!s->frag_offset)
		add_transport(p, s);
	add_payload(p, s);
	close_ip(p);
	if (!s->frag_offset)
		close_transport(p, s);
}

void packet_fragment(struct packet *p, const struct packet *whole, size_t from, size_t to,
		     uint32_t id)
{
	enum { MORE4 = 0x2000, MORE6 = 1 };
	uint8_t *ip = p->data + whole->ip, *ext;
	bool more = whole->l4 + to < whole->len;

	*p = *whole;
	p->len = whole->l4;
	if (is_v6(whole)) {
		ext = grow(p, 8);
		ext[0] = whole->proto;
		put16(ext + 2, from | (more ? MORE6 : 0));
		put32(ext + 4, id);
		ip[6] = IPPROTO_FRAGMENT;
	} else {
		put16(ip + 4, id & 0xffff);
		put16(ip + 6, from / 8 | (more ? MORE4 : 0));
	}
	p->l4 = p->len;
	memcpy(grow(p, to - from), whole->data + whole->l4 + from, to - from);
	close_ip(p);
}

/* --- breaking --------------------------------------------------------------------------- */

void packet_cut(struct packet *p, size_t len)
{
	if (len < p->len)
		p->len = len;
}

/* The IP header says that the packet, header included, has `whole` bytes. */
static void set_ip_length(struct packet *p, size_t whole)
{
	if (is_v6(p))
		put16(p->data + p->ip + 4, whole - 40);
	else
		put16(p->data + p->ip + 2, whole);
}

bool packet_do_harm(struct packet *p, enum packet_harm harm)
{
	uint8_t *ip = p->data + p->ip;

	switch (harm) {
	case PACKET_HARM_VERSION:
		ip[0] = (ip[0] & 15) | 0x50;
		return true;
	case PACKET_HARM_HEADER_SHORT:
		if (!is_v6(p))
			ip[0] = 0x44;
		return !is_v6(p);
	case PACKET_HARM_HEADER_LONG:
		if (is_v6(p) || get16(ip + 2) >= 60)
			return false;
		ip[0] = 0x4f;
		return true;
	case PACKET_HARM_LENGTH_LONG:
		set_ip_length(p, p->len - p->ip + 1);
		return true;
	case PACKET_HARM_LENGTH_SHORT:
		if (p->l4 == p->len)
			return false;
		set_ip_length(p, p->l4 - p->ip + 3);
		return true;
	case PACKET_HARM_TCP_HEADER_SHORT:
		if (p->proto != IPPROTO_TCP || p->len < p->l4 + 20)
			return false;
		p->data[p->l4 + 12] = 4 << 4;
		return true;
	case PACKET_N_HARMS:
		break;
	}
	return false;
}

const char *packet_harm_name(enum packet_harm harm)
{
	static const char *const names[] = {
#define X(id, text) text,
		PACKET_HARMS(X)
#undef X
	};

	return names[harm];
}

char *packet_hex(const struct packet *p)
{
	char *out = malloc(p->len * 2 + 1);

	if (!out)
		abort();
	out[0] = '\0';
	for (size_t i = 0; i < p->len; i++)
		snprintf(out + 2 * i, 3, "%02x", p->data[i]);
	return out;
}
