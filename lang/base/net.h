/* SPDX-License-Identifier: Apache-2.0 */
/*
 * IP addresses and prefixes: the one representation used everywhere in user space.
 *
 * An address is tagged with its family and its bytes are in network order, so that prefix
 * arithmetic reads the same for both families. IPv4 uses the first four bytes; the rest
 * are zero, so two equal addresses are equal as memory.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum net_family { NET_NONE = 0, NET_V4 = 4, NET_V6 = 6 };

struct net_addr {
	uint8_t family;    /* enum net_family */
	uint8_t bytes[16]; /* network order */
};

struct net_prefix {
	struct net_addr addr; /* host bits are zero */
	uint8_t len;          /* 0..32 or 0..128 */
};

enum { NET_ADDR_STRLEN = 48, NET_PREFIX_STRLEN = 52 };

/* The parsers take the whole string. -EINVAL: not an address or prefix, or one of ::ffff:0:0/96, an
 * IPv4 address in the form of IPv6: it is IPv4 to some programs, and to others IPv6, which no
 * packet has; -EDOM: host bits are set (the prefix is still filled in, with them cleared, for a
 * fix). */
int net_addr_parse(const char *s, struct net_addr *out);
int net_prefix_parse(const char *s, struct net_prefix *out);
/* Is that why an address, or a prefix, was refused? Fills in what it is as IPv4; family NET_NONE if
 * the prefix holds more than that. */
bool net_is_mapped(const char *s, struct net_prefix *v4);
/* "", or what to say of it behind a message that it is none. */
const char *net_mapped_hint(const char *s);

/* Writes into a caller's buffer and returns it. */
const char *net_addr_format(const struct net_addr *a, char out[static NET_ADDR_STRLEN]);
const char *net_prefix_format(const struct net_prefix *p, char out[static NET_PREFIX_STRLEN]);

unsigned net_family_bits(enum net_family f); /* 32 or 128 */
bool net_addr_eq(const struct net_addr *a, const struct net_addr *b);
int net_addr_cmp(const struct net_addr *a, const struct net_addr *b);
/* The prefix that holds this address alone. */
struct net_prefix net_prefix_of_addr(const struct net_addr *a);
bool net_prefix_has_addr(const struct net_prefix *p, const struct net_addr *a);
/* Is every address of `inner` in `outer`? True for equal prefixes. */
bool net_prefix_has_prefix(const struct net_prefix *outer, const struct net_prefix *inner);
/* The address with every host bit set. */
struct net_addr net_prefix_last(const struct net_prefix *p);
/* To the address behind, or before; false, and `a` is at the other edge, where the family ends. */
bool net_addr_next(struct net_addr *a);
bool net_addr_prev(struct net_addr *a);
/* Where clusters have their addresses: RFC 1918, RFC 6598, RFC 4193. */
/* What no interface has as its own (RFC 6890): "this network", loopback, multicast, reserved, and
 * what lies before the unicast of IPv6. */
enum { NET_N_NOBODY = 5 };
extern const struct net_prefix net_nobody[NET_N_NOBODY];
/* The first address from this one on that an interface may have; false: there is none. */
bool net_addr_skip_nobody(struct net_addr *a);

enum { NET_N_PRIVATE = 5 };
extern const struct net_prefix net_private[NET_N_PRIVATE];
bool net_addr_is_private(const struct net_addr *a);
/* By family, address, then length: a parent sorts directly before its children. */
int net_prefix_cmp(const struct net_prefix *a, const struct net_prefix *b);
