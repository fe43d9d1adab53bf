/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The IPv6 addresses of a bank that no range knows: its entries in polc_peers6 and
 * polc_cidrs6, which hold both banks. Entries of an older policy are left there when its bank
 * goes out of force, and replaced when it is written again.
 */
#pragma once

#include "codegen/bundle.h"
#include "runtime/node/state/session.h"

/* What a bank wants to have in one of the maps. */
struct rt_addrs {
	uint8_t *keys; /* n keys */
	uint32_t *classes;
	size_t n;
};

enum { RT_ADDRS_PEERS, RT_ADDRS_CIDRS };

/* IPv6 peers, except those in `skip` (by index). */
void rt_addrs_of_peers(struct rt_addrs *out, uint32_t bank, const struct bundle_peer *peers,
		       size_t n, const bool *skip, struct arena *arena);
/* IPv6 prefixes, except the one of all addresses, which is a default class. */
void rt_addrs_of_cidrs(struct rt_addrs *out, uint32_t bank, const struct bundle *b,
		       struct arena *arena);
/* More than a bank may have? Reports it then, -ENOSPC. */
int rt_addrs_check(struct rt_session *s, const struct rt_addrs *a, int which);

/* Makes these the entries of the bank, which must not be in force. Returns 0 or a negative
 * errno after reporting. */
int rt_addrs_write(struct rt_session *s, int which, uint32_t bank, struct rt_addrs *a);
