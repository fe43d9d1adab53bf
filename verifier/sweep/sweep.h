/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The checks behind check.h, one file each, and what they share: the open world, the state
 * of every rule, reporting. Private to verifier/.
 */
#pragma once

#include "verifier/check.h"
#include "verifier/smt/witness.h"
#include "verifier/smt/world.h"
#include "verifier/sweep/index.h"

struct diag_item;
struct selecting;

/* What is known of a rule. A rule that matches nothing or never decides is not asked about
 * again, and a redundant one is no reason for another to be redundant. */
enum rule_state { RULE_LIVE, RULE_EMPTY, RULE_SHADOWED, RULE_REDUNDANT };

struct sweep {
	const struct ir *ir;
	const struct check_options *options;
	struct diag *diag;
	struct arena *arena;
	struct smt smt;
	struct world world;
	uint8_t *states; /* enum rule_state, by rule id */
	bool *vain;      /* by policy id: it can select nothing, and that is told */
	struct sweep_index index;
	bool shadows_known; /* sweep_shadows() has run */
	struct check_result *result;
	int err; /* -EIO after an internal error */
};

/* The checks. `shadow` must come after `empty`, whose verdicts it needs. */
void sweep_empty(struct sweep *s);
void sweep_conflicts(struct sweep *s);
void sweep_open_orders(struct sweep *s);
void sweep_shadows(struct sweep *s);
void sweep_passes(struct sweep *s); /* after `shadow`, too */
void sweep_named_ports(struct sweep *s);
void sweep_dns(struct sweep *s);
void sweep_default_deny(struct sweep *s);
void sweep_one_sided(struct sweep *s);
void sweep_broad(struct sweep *s);
void sweep_cidr_pods(struct sweep *s);
void sweep_portability(struct sweep *s);
void sweep_unknown_namespaces(struct sweep *s);
void sweep_unmatched(struct sweep *s);
/* Runs sweep_shadows(), if nobody has, as it needs the states. */
void sweep_spare_policies(struct sweep *s);
void sweep_asserts(struct sweep *s);

/* NULL where the check is off. */
struct diag_item *sweep_report(struct sweep *s, enum check_id id, struct loc loc, const char *fmt,
			       ...) __attribute__((format(printf, 4, 5)));
/* `item` may be NULL. */
void sweep_note(struct sweep *s, struct diag_item *item, struct loc loc, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* Is there a flow of which the term holds? */
enum smt_answer sweep_ask(struct sweep *s, Z3_ast term);
/* The solver gave no answer on this check for what stands at `loc`. */
void sweep_undecided(struct sweep *s, enum check_id id, struct loc loc, enum smt_answer answer);
void sweep_unconfirmed(struct sweep *s, enum check_id id, struct loc loc, const char *witness);

/* "the allow rule of NetworkPolicy shop/web (ingress)" */
const char *sweep_rule_text(struct sweep *s, const struct ir_rule *rule);

/* The first of these policies that isolates; NULL: none does. */
const struct ir_policy *sweep_isolating(const struct selecting *by, enum ir_dir dir);

/* In every namespace, and with any labels. */
bool sweep_is_every_endpoint(const struct ir *ir, const struct ir_selector *sel);

/* What the questions that follow are about, for whoever reads them; `b` may be NULL. */
void sweep_about(struct sweep *s, const struct ir_rule *a, const struct ir_rule *b);

/* overlap.c: cheap and on the safe side; false means that no flow can match both. */
bool overlap_subjects(const struct ir_policy *a, const struct ir_policy *b);
bool overlap_rules(const struct ir_rule *a, const struct ir_rule *b);
/* contains.c: true is a proof that every flow of `inner` is one of `outer`, with its subject. */
bool overlap_selects_all(const struct ir_policy *outer, const struct ir_policy *inner);
bool overlap_contains(const struct ir_rule *outer, const struct ir_rule *inner);
