/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A policy as the others keep it: peers as numbered identities, and for each identity the rule
 * that decides a port. Made from the IR by the reference interpreter's own predicates, with
 * nothing of the compiler, for the ingress of one endpoint over TCP, UDP and IPv4.
 *
 * Deny and order are in the precedence: a span says which rule is the first of this identity's
 * that matches, and whoever asks for an identity and for everybody takes the lower precedence.
 */
#pragma once

#include "compiler/eval.h"

struct flat_span {
	uint16_t proto, lo, hi;
	uint32_t precedence;
	bool allow;
};

struct flat_spans {
	VEC(struct flat_span) spans; /* sorted by protocol and port, disjoint */
};

/* Which addresses have an identity: those of a pod, or those of a prefix and no longer one. */
struct flat_source {
	struct net_prefix prefix;
	uint32_t identity; /* index into flat.identities */
};

struct flat {
	struct arena *arena;
	VEC(const struct ir_rule *) rules; /* in the order in which they decide: by precedence */
	VEC(struct flat_source) sources;   /* 0.0.0.0/0 is always there, unless it is covered */
	VEC(struct flat_spans) identities; /* by the rules that name some peers */
	struct flat_spans everybody;       /* by the rules that mean everybody */
};

/* -ENOENT: no such endpoint; -ENOTSUP: more than one tier, or `pass`, which spans cannot say. */
int flat_build(const struct ir *ir, const char *endpoint, struct arena *arena, struct flat *out);

/* Where an identity's own rules decide before those for everybody; neighbours that do the same
 * are joined. What is left is decided by flat_everybody(). */
void flat_own(const struct flat *flat, uint32_t identity, struct arena *arena,
	      struct flat_spans *out);
/* Everybody's spans, joined in the same way. */
void flat_everybody(const struct flat *flat, struct arena *arena, struct flat_spans *out);

/* Is this a rule for everybody? Does it name this end? */
bool flat_is_for_everybody(const struct ir_rule *rule);
bool flat_names(const struct ir_rule *rule, const struct ir_end *end);
