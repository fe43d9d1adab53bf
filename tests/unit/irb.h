/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An IR by hand, in a line a rule, for tests that want no parser in the way.
 *
 *   selector  "" (all), "none", or requirements joined by ',': "a=x;y" (in), "a!=x" (not in),
 *             "a" (exists), "!a" (absent); "ns:a=x" and "ns:!a" ask the namespace
 *   peers     joined by '|': "sel:SELECTOR", "cidr:IN;IN-EXCEPT;EXCEPT", "pods:..." (a cidr that
 *             matches endpoints), "all", "cluster", "host", "world", "none"
 *   ports     joined by '|': "tcp/80", "tcp/80-90", "tcp/http", "icmp/8", "icmp/3/4", "udp",
 *             "any", "none"; "": every port
 *
 * Every policy, rule, claim and endpoint stands on a line of its own of the source "test.pol".
 */
#pragma once

#include "compiler/ir.h"
#include "lang/base/diag.h"
#include "tests/lib/random.h"

struct irb {
	struct arena arena;
	struct sources sources;
	struct diag diag;
	struct ir ir;
	struct ir_tier *tier; /* `default`, which ends in deny */
	uint32_t line;
};

void irb_init(struct irb *b);
void irb_fini(struct irb *b);

/* Tiers stand in the order of their making; `default` is the first. */
struct ir_tier *irb_tier(struct irb *b, const char *name, enum ir_action end);
/* Puts it before `default`. */
struct ir_tier *irb_tier_before(struct irb *b, const char *name, enum ir_action end);
/* Governs a direction from its first rule on, or by hand. */
struct ir_policy *irb_policy(struct irb *b, struct ir_tier *tier, const char *name,
			     const char *subject);
struct ir_rule *irb_rule(struct irb *b, struct ir_policy *policy, enum ir_dir dir,
			 enum ir_action action, uint32_t rank, const char *peers,
			 const char *ports);

struct irb_texts {
	const char *const *v;
	size_t n;
};
#define IRB_TEXTS(array) ((struct irb_texts){(array), sizeof(array) / sizeof(*(array))})

/* Up to four policies in `default` of up to four rules each, drawn from these; half of them spare
 * the node. */
void irb_draw_policies(struct irb *b, struct random *r, struct irb_texts subjects,
		       struct irb_texts peers, struct irb_texts ports);

/* `labels` as "a=x,ns:b=y", `addrs` as "10.0.0.1,::1", `ports` as "http=tcp/80,...". In order
 * of their names. */
struct ir_endpoint *irb_endpoint(struct irb *b, const char *name, const char *labels,
				 const char *addrs, const char *ports);

/* Of an assertion of its own; its line is that of the claim. */
struct ir_claim *irb_claim(struct irb *b, enum ir_claim_kind kind, const char *from, const char *to,
			   const char *ports);

struct ir_selector irb_selector(struct irb *b, const char *text);
