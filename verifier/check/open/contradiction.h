/* SPDX-License-Identifier: Apache-2.0 */
/* Selectors that nothing can meet. Private to verifier/check/. */
#pragma once

#include "verifier/check/engine/checker.h"

struct buf;

/* Can any endpoint meet the selector? SMT_NO of one that is `none`, too. */
enum smt_answer contradiction_ask(struct checker *c, const struct ir_selector *sel,
				  enum smt_end end);

/* "app in (web, db)" */
void contradiction_put_req(const struct ir *ir, const struct ir_req *req, struct buf *out);

/* Reports `what` as a contradiction of this selector, with the requirements. */
void contradiction_report(struct checker *c, const struct ir_selector *sel, enum smt_end end,
			  struct loc loc, const char *what);
