/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The questions put to the solver as SMT-LIB 2 files, so that another solver can check them
 * again: one file a question, numbered, complete in itself, with the answer that it had in
 * (set-info :status ...). Private to verifier/.
 */
#pragma once

#include "verifier/smt/smt.h"

struct smt_emit {
	const char *dir;     /* exists, and was empty */
	const char *check;   /* that asks, for the file's name */
	const char *subject; /* what it asks about, for people; NULL: not said */
	size_t n;            /* files written */
	int err;             /* the first failure; nothing is written after it */
};

/* Makes the directory, or takes an empty one. Returns 0, -EEXIST if something is in it, or
 * another negative errno. */
int smt_emit_init(struct smt_emit *e, const char *dir);
/* What smt_check() was asked, and what it answered. */
void smt_emit_question(struct smt_emit *e, struct smt *s, const struct terms *assumptions,
		       enum smt_answer answer);
