/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A thin layer over the Z3 C API: one context and one incremental solver a run, terms that
 * live as long as the context, and an error handler that never ends the process. What the
 * terms mean is encoding.h's business. Private to verifier/.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <z3.h>

#include "lang/base/arena.h"

struct smt_emit;
struct work;

struct smt {
	struct arena *arena; /* borrowed; scratch lists */
	Z3_context ctx;
	Z3_solver solver;
	size_t questions;
	unsigned timeout_ms;   /* of a question */
	bool last;             /* a question has all that is left for all of them */
	struct work *work;     /* borrowed; when its time is up, every answer is SMT_UNKNOWN */
	struct smt_emit *emit; /* borrowed; writes every question down; NULL: nobody does */
	bool failed;           /* Z3 reported an error; every answer since is SMT_ERROR */
};

/* A growing list for vec_push(). */
struct terms {
	Z3_ast *v;
	size_t n, cap;
};

enum smt_answer { SMT_NO, SMT_YES, SMT_UNKNOWN, SMT_ERROR };

/* Like running out of memory, a solver that does not start ends the process. */
void smt_init(struct smt *s, struct arena *arena, unsigned timeout_ms);
void smt_fini(struct smt *s);

/* Terms. An empty conjunction is true, an empty disjunction false. */
Z3_ast smt_bool(struct smt *s, const char *name);
Z3_ast smt_bits(struct smt *s, const char *name, unsigned width);
Z3_ast smt_number(struct smt *s, unsigned width, uint64_t value);
Z3_ast smt_const(struct smt *s, bool value);
Z3_ast smt_not(struct smt *s, Z3_ast a);
Z3_ast smt_and(struct smt *s, const struct terms *t);
Z3_ast smt_or(struct smt *s, const struct terms *t);
Z3_ast smt_both(struct smt *s, Z3_ast a, Z3_ast b);
Z3_ast smt_either(struct smt *s, Z3_ast a, Z3_ast b);
Z3_ast smt_if(struct smt *s, Z3_ast cond, Z3_ast then, Z3_ast otherwise);
Z3_ast smt_implies(struct smt *s, Z3_ast a, Z3_ast b);
Z3_ast smt_eq(struct smt *s, Z3_ast a, Z3_ast b);
Z3_ast smt_in_range(struct smt *s, Z3_ast a, unsigned width, uint64_t lo, uint64_t hi);
/* Do the first `len` bits of `a` equal those of `bytes` (network order)? */
Z3_ast smt_has_prefix(struct smt *s, Z3_ast a, unsigned width, const uint8_t *bytes, unsigned len);

void smt_push(struct smt *s);
void smt_pop(struct smt *s, unsigned n);
void smt_assert(struct smt *s, Z3_ast a);

/* Is there a model of what is asserted, and of the assumptions (literals)? */
enum smt_answer smt_check(struct smt *s, const struct terms *assumptions);
/* After SMT_NO: a minimal set of the assumptions that is to blame. */
enum smt_answer smt_minimal_core(struct smt *s, const struct terms *assumptions,
				 struct terms *core);
/* After SMT_YES; NULL on an error. Freed by smt_model_free(), which takes NULL too. */
Z3_model smt_model(struct smt *s);
void smt_model_free(struct smt *s, Z3_model m);
/* The value in a model; false where the model leaves it open. At most 64 bits of a number;
 * addresses go byte by byte. */
bool smt_model_bool(struct smt *s, Z3_model m, Z3_ast a, bool *out);
bool smt_model_number(struct smt *s, Z3_model m, Z3_ast a, uint64_t *out);
void smt_model_bytes(struct smt *s, Z3_model m, Z3_ast a, unsigned n, uint8_t *out);
