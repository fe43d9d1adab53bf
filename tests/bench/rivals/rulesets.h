/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A flat policy as rules of the firewalls that Linux has, to be read by nft, ipset and
 * iptables-restore: what may be forwarded, and nothing else.
 */
#pragma once

#include "lang/base/buf.h"
#include "tests/bench/rivals/flat.h"

/* An expert's: address -> mark in a hash of pods or an interval tree of networks, then
 * (mark, port) -> verdict in a hash, ranges in an interval set, for each protocol, and what is
 * meant for everybody in interval sets of its own. */
void ruleset_nft_sets(const struct flat *flat, struct buf *out);
/* Another expert's: address -> jump to the chain of its kind, which looks up the port. */
void ruleset_nft_chains(const struct flat *flat, bool tracking, struct buf *out);
/* A rule for each rule. */
void ruleset_nft_linear(const struct flat *flat, const struct ir *ir, struct buf *out);
/* A rule for each rule, its pods in a set; the sets apart. */
void ruleset_iptables(const struct flat *flat, const struct ir *ir, struct buf *rules,
		      struct buf *sets);
