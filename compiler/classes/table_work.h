/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A verdict table while it is made, and who decides its cells. Decider numbers: a rule by its
 * place in the order of decision, after the rules a tier that ends it, after the tiers nobody, and
 * after nobody the sets of rules that look at requests, as they come up.
 */
#pragma once

#include "compiler/classes/internal.h"

/* One tier's part of a table: a run of rules in order of decision. */
struct tier_part {
	const struct ir_tier *tier;
	size_t end; /* into table_work.rules; begins where the one before ends */
	enum ir_action otherwise;
	enum ir_action otherwise_node; /* for the subject's own node */
};

/* One distinct kind of peer: the rules that match it and its named ports. */
struct raw_row {
	const uint64_t *mask;  /* bit: rule, by its place in table_work.rules */
	const uint32_t *ports; /* egress: by named port of table_work.names */
	bool node;             /* the subject's own node, where that makes a difference */
};

struct raw_span {
	enum cls_proto proto;
	uint16_t lo, hi;
};

struct table_work {
	struct cls_build_ctx *c;
	const struct cls_recipe *recipe;
	struct arena *scratch;             /* for runs, until the table is kept */
	VEC(const struct ir_rule *) rules; /* in order of decision (ir/order.h) */
	VEC(struct tier_part) tiers;
	VEC(struct cls_name) names; /* named ports of the rules */
	size_t mask_words;
	VEC(struct raw_row) rows;
	struct cls_runs runs; /* of all classes, on these rows */
	VEC(struct raw_span) spans;
	uint32_t first_span[CLS_N_PROTOS + 1]; /* by protocol */
	uint8_t *cells;                        /* rows.n * spans.n */
	uint16_t *decided;                     /* who decides each cell; NULL: nobody asks */
	struct keyset asked; /* sets of rules, as their places in order; uint32_t each */
};

/* rows.c: fills w->rows and w->runs; rules, tiers and names are there. Only a part if the
 * time for the work is up. */
void cls_build_rows(struct table_work *w);

/* The classes from here on are on this row; those before it were told. */
void cls_add_run(struct arena *arena, uint32_t first, uint32_t row, struct cls_runs *runs);

size_t cls_decider_nobody(const struct table_work *w);
enum ir_outcome cls_decider_outcome(const struct table_work *w, size_t decider);
/* The set behind a decider after nobody. */
const struct keyset_key *cls_decider_asked(const struct table_work *w, size_t decider);
/* Fills w->cells and w->decided; all else of `w` is there. Only a part if the time for the
 * work is up. */
void cls_build_cells(struct table_work *w);
