/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the checks share: the open world, the state of every rule, asking and reporting. Private to
 * verifier/check/.
 */
#pragma once

#include "verifier/check/engine/index.h"
#include "verifier/check/options.h"
#include "verifier/flow/witness.h"
#include "verifier/smt/encoding.h"

struct by_label;
struct diag_item;
struct selecting;

/* What is known of a rule. A rule that matches nothing or never decides is not asked about
 * again, and a redundant one is no reason for another to be redundant. */
enum rule_state { RULE_LIVE, RULE_EMPTY, RULE_SHADOWED, RULE_REDUNDANT };

struct checker {
	const struct ir *ir;
	const struct check_options *options;
	struct diag *diag;
	struct arena *arena;
	struct arena *run;        /* of the whole run */
	struct smt smt;           /* see checker_smt() */
	struct encoding encoding; /* see checker_encoding() */
	bool started;             /* these two are */
	struct smt_emit *emit;    /* writes the questions down; NULL: nobody does */
	uint8_t *states;          /* enum rule_state, by rule id */
	bool *vain;               /* by policy id: it can select nothing, and that is told */
	struct rule_index index;
	struct by_label *by_label;         /* see checker_by_label() */
	const struct selecting *selecting; /* see checker_selecting() */
	bool shadows_known;                /* check_shadowed() has run */
	size_t *findings;                  /* by check: reported, at whatever level */
	bool unfinished[CHECK_N];          /* that is told */
	int err;                           /* -EIO after an internal error */
};

/* The checks of checks.def, a file each in open/ and inventory/. Most need what check_empty_rule()
 * tells of rules; check_pass_without_effect(), check_pass_opens() and check_redundant_policy() also
 * what check_shadowed() does, which the latter runs if nobody has. */
#define RUN(function, id, other) void function(struct checker *c);
#include "verifier/check/checks.def"
#undef RUN

/* The solver, and the world in its terms, from the first time on that somebody asks for them. */
struct smt *checker_smt(struct checker *c);
struct encoding *checker_encoding(struct checker *c);
/* The endpoints by their labels, and for each, by id, who selects it: made when first asked for. */
struct by_label *checker_by_label(struct checker *c);
const struct selecting *checker_selecting(struct checker *c);

/* NULL where the check is off. */
struct diag_item *checker_report(struct checker *c, enum check_id id, struct loc loc,
				 const char *fmt, ...) __attribute__((format(printf, 4, 5)));
/* `item` may be NULL. */
void checker_note(struct checker *c, struct diag_item *item, struct loc loc, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* Is there a flow of which the term holds? */
enum smt_answer checker_ask(struct checker *c, Z3_ast term);
/* A question of the check has no answer, which is `undecided`. One of an assertion is no proof: it
 * is as grave as one that fails, and nothing sets it aside. NULL where that is off. */
struct diag_item *checker_report_undecided(struct checker *c, enum check_id id, struct loc loc,
					   const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* Is the time for all checks up? Then that is told, once a check, where it begins to matter. */
bool checker_is_spent(struct checker *c, enum check_id id, struct loc loc);
/* Each rule that judges requests and is `wanted` (NULL: all are), while there is time for this
 * check. What a rule takes of memory goes with it. */
void checker_each_judging(struct checker *c, enum check_id id,
			  bool (*wanted)(const struct ir_rule *rule),
			  void (*check)(struct checker *c, const struct ir_rule *rule));
/* The solver gave no answer on this check for what stands at `loc`. */
void checker_undecided(struct checker *c, enum check_id id, struct loc loc, enum smt_answer answer);
/* What stands there was too much to ask: `fmt` goes on behind "check 'NAME' has no answer ". */
void checker_left_out(struct checker *c, enum check_id id, struct loc loc, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
void checker_unconfirmed(struct checker *c, enum check_id id, struct loc loc, const char *witness);

/* "the allow rule of NetworkPolicy shop/web (ingress)" */
const char *checker_rule_text(struct checker *c, const struct ir_rule *rule);

/* The first of these policies that isolates; NULL: none does. */
const struct ir_policy *checker_isolating(const struct selecting *by, enum ir_dir dir);

/* In every namespace, and with any labels. */
bool checker_is_every_endpoint(const struct ir *ir, const struct ir_selector *sel);

/* What the questions that follow are about, for whoever reads them; `b` may be NULL. */
void checker_about(struct checker *c, const struct ir_rule *a, const struct ir_rule *b);
