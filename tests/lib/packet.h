/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Packets for tests, from a description to bytes: Ethernet, VLAN tags, IPv4 with options,
 * IPv6 with extension headers, fragments, TCP, UDP, SCTP, ICMP and its errors. Lengths and
 * checksums are right; what shall be wrong is made wrong afterwards, on purpose.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lang/base/net.h"

enum { PACKET_MAX = 16384, PACKET_MAX_EXTS = 12 };

struct packet {
	uint8_t data[PACKET_MAX];
	size_t len;
	size_t ip; /* offset of the IP header */
	size_t l4; /* offset of the transport header, or of the data of a later fragment */
	uint8_t proto;
};

enum { PACKET_FIN = 1, PACKET_SYN = 2, PACKET_RST = 4, PACKET_PSH = 8, PACKET_ACK = 16 };

struct packet_spec {
	struct net_addr src, dst; /* both of the family that the packet shall have */
	uint8_t proto;
	uint16_t sport, dport; /* TCP, UDP, SCTP */
	uint8_t tcp_flags;     /* 0: SYN */
	uint8_t type, code;    /* ICMP, ICMPv6 */
	uint16_t id;           /* of an echo */
	size_t payload;        /* bytes behind the transport header */
	/* ICMP errors quote this packet, from its IP header on and at most `payload` bytes of
	 * it if that is not 0. Borrowed. */
	const struct packet *quote;

	unsigned vlans;      /* 0, 1, or 2 (802.1ad outside 802.1Q) */
	uint8_t hops;        /* TTL or hop limit; 0: 64 */
	unsigned ip_options; /* IPv4: bytes of options, a multiple of 4 up to 40 */

	/* IPv6: the chain, as next header values. IPPROTO_FRAGMENT stands where `fragment`
	 * shall; without one in the chain it comes last. */
	uint8_t exts[PACKET_MAX_EXTS];
	unsigned n_exts;
	uint8_t segments_left; /* of routing headers */

	bool fragment;        /* a fragment; IPv6: with offset 0 and nothing more, an atomic one */
	bool more;            /* more fragments follow */
	uint16_t frag_offset; /* in units of 8 bytes; beyond 0 there is no transport header */
	uint32_t frag_id;     /* IPv4: its low 16 bits */
};

void packet_build(struct packet *p, const struct packet_spec *spec);

/* The bytes from `from` to `to` behind the IP header of a packet that is no fragment, as a fragment
 * of it. `from` is a multiple of 8; more follows where `to` is before the end. */
void packet_fragment(struct packet *p, const struct packet *whole, size_t from, size_t to,
		     uint32_t id);

/* An Ethernet frame of another kind (ARP, ...) with `n` bytes of zeros behind its header. */
void packet_build_raw(struct packet *p, uint16_t ethertype, size_t n);

/* The packet ends after `len` bytes, whatever its headers say. */
void packet_cut(struct packet *p, size_t len);

/* Ways to break a packet: X(ENUM, "name"). */
#define PACKET_HARMS(X)                                                                            \
	X(VERSION, "the version nibble is of no IP version")                                       \
	X(HEADER_SHORT, "IPv4: the header length is under 5 words")                                \
	X(HEADER_LONG, "IPv4: the header is longer than the packet says it is")                    \
	X(LENGTH_LONG, "the IP length is beyond the end of the packet")                            \
	X(LENGTH_SHORT, "the IP length ends inside the transport header")                          \
	X(TCP_HEADER_SHORT, "TCP: the data offset is under 5 words")

enum packet_harm {
#define X(id, text) PACKET_HARM_##id,
	PACKET_HARMS(X)
#undef X
		PACKET_N_HARMS
};

/* False, and nothing changed, where the harm does not apply to this packet. */
bool packet_do_harm(struct packet *p, enum packet_harm harm);
const char *packet_harm_name(enum packet_harm harm);

/* The ones' complement sum of RFC 1071, folded, not inverted: 0xffff over data that holds a
 * right checksum. */
uint16_t packet_sum(const void *data, size_t n, uint32_t start);
/* CRC32c (RFC 9260, appendix A), as SCTP stores it, in host order. */
uint32_t packet_crc32c(const void *data, size_t n);
/* The sum over pseudo header and transport part of a packet that is no fragment. */
uint16_t packet_l4_sum(const struct packet *p);

/* In hexadecimal, for messages; the caller frees. */
char *packet_hex(const struct packet *p);
