/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The transport header: ports, ICMP type and code, and what the header says about the flow.
 * Protocols other than TCP, UDP, SCTP and the two ICMPs have port 0.
 */
#pragma once

#include "packet.h"

/* The first bytes of every header that matters here. */
union polc_l4_header {
	__u32 words[5];
	__u8 bytes[20];
	struct {
		__u32 words[2];
	} start; /* all of it that UDP and ICMP have */
	struct {
		__be16 sport_be, dport_be;
	} ports;
	struct {
		__u8 type, code;
		__be16 sum_be, id_be, seq_be;
	} icmp;
};

enum {
	POLC_TCP_FIN = 0x01,
	POLC_TCP_SYN = 0x02,
	POLC_TCP_RST = 0x04,
	POLC_TCP_PSH = 0x08,
	POLC_TCP_ACK = 0x10,
};

/* ICMP types (RFC 792, RFC 4443). */
enum {
	POLC_ICMP_ECHO_REPLY = 0,
	POLC_ICMP_UNREACHABLE = 3,
	POLC_ICMP_ECHO = 8,
	POLC_ICMP_TIME_EXCEEDED = 11,
	POLC_ICMP_PARAMETER = 12,
	POLC_ICMP6_UNREACHABLE = 1,
	POLC_ICMP6_PARAMETER = 4,
	POLC_ICMP6_ECHO = 128,
	POLC_ICMP6_ECHO_REPLY = 129,
};

/* How much of a header must be there. Of a packet quoted in an ICMP error only the first 8
 * bytes are sure to be (RFC 792). */
POLC_INLINE __u32 polc_l4_size(__u8 proto, bool quoted)
{
	switch (proto) {
	case IPPROTO_TCP:
		return quoted ? 8 : 20;
	case IPPROTO_SCTP:
		return quoted ? 8 : 12;
	case IPPROTO_UDP:
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		return 8;
	default:
		return 0;
	}
}

POLC_INLINE __u8 polc_tcp_flags(const union polc_l4_header *h)
{
	__u8 bits = h->bytes[13], flags = 0;

	if ((bits & (POLC_TCP_SYN | POLC_TCP_ACK)) == POLC_TCP_SYN)
		flags |= POLC_L4_OPENS;
	if ((bits & (POLC_TCP_SYN | POLC_TCP_ACK)) == (POLC_TCP_SYN | POLC_TCP_ACK))
		flags |= POLC_L4_ACCEPTS;
	if (bits & POLC_TCP_FIN)
		flags |= POLC_L4_CLOSES;
	if (bits & POLC_TCP_RST)
		flags |= POLC_L4_RESETS;
	if (!(bits & (POLC_TCP_SYN | POLC_TCP_FIN | POLC_TCP_RST | POLC_TCP_PSH)))
		flags |= POLC_L4_QUIET;
	return flags;
}

POLC_INLINE __u8 polc_icmp_flags(__u8 type)
{
	switch (type) {
	case POLC_ICMP_ECHO:
		return POLC_L4_OPENS;
	case POLC_ICMP_ECHO_REPLY:
		return POLC_L4_ANSWERS;
	case POLC_ICMP_UNREACHABLE:
	case POLC_ICMP_TIME_EXCEEDED:
	case POLC_ICMP_PARAMETER:
		return POLC_L4_ALONE | POLC_L4_ERROR;
	default:
		return POLC_L4_ALONE;
	}
}

POLC_INLINE __u8 polc_icmp6_flags(__u8 type)
{
	if (type == POLC_ICMP6_ECHO)
		return POLC_L4_OPENS;
	if (type == POLC_ICMP6_ECHO_REPLY)
		return POLC_L4_ANSWERS;
	if (type >= POLC_ICMP6_UNREACHABLE && type <= POLC_ICMP6_PARAMETER)
		return POLC_L4_ALONE | POLC_L4_ERROR;
	return POLC_L4_ALONE;
}

POLC_INLINE void polc_l4_icmp(struct polc_l4 *l4, const union polc_l4_header *h, __u8 flags)
{
	l4->port = h->icmp.type << 8 | h->icmp.code;
	l4->flags = flags;
	if (!(flags & POLC_L4_ALONE))
		l4->sport_be = l4->dport_be = h->icmp.id_be;
}

/* Fills pkt->l4 from the header at pkt->at; pkt->l4.proto is known. */
POLC_INLINE int polc_l4_read(struct __sk_buff *skb, struct polc_pkt *pkt, bool quoted)
{
	union polc_l4_header h = {};
	struct polc_l4 *l4 = &pkt->l4;
	__u32 size = polc_l4_size(l4->proto, quoted);
	bool read = true;

	if (pkt->at + size > pkt->end)
		return pkt->frag == POLC_FRAG_FIRST ? POLC_DROP_TINY_FRAGMENT : POLC_DROP_TRUNCATED;
	if (size == sizeof(h))
		read = POLC_READ(skb, pkt->at, &h);
	else if (size)
		read = POLC_READ(skb, pkt->at, &h.start);
	if (!read)
		return POLC_DROP_TRUNCATED;
	switch (l4->proto) {
	case IPPROTO_ICMP:
		polc_l4_icmp(l4, &h, polc_icmp_flags(h.icmp.type));
		break;
	case IPPROTO_ICMPV6:
		polc_l4_icmp(l4, &h, polc_icmp6_flags(h.icmp.type));
		break;
	case IPPROTO_TCP:
		if (!quoted && (h.bytes[12] >> 4) < 5)
			return POLC_DROP_MALFORMED;
		l4->flags = quoted ? 0 : polc_tcp_flags(&h);
		/* fall through */
	case IPPROTO_UDP:
	case IPPROTO_SCTP:
		l4->sport_be = h.ports.sport_be;
		l4->dport_be = h.ports.dport_be;
		l4->port = bpf_ntohs(h.ports.dport_be);
		break;
	}
	return POLC_GO;
}

/* The policy port of the packet that opened the flow which this packet answers. */
POLC_INLINE __u16 polc_opener_port(const struct polc_l4 *l4)
{
	if (l4->proto == IPPROTO_ICMP)
		return POLC_ICMP_ECHO << 8;
	if (l4->proto == IPPROTO_ICMPV6)
		return POLC_ICMP6_ECHO << 8;
	return bpf_ntohs(l4->sport_be);
}
