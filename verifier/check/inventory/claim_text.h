/* SPDX-License-Identifier: Apache-2.0 */
/* Flows that break claims over an inventory, in words. Private to verifier/check/inventory/. */
#pragma once

#include "verifier/check/engine/checker.h"

struct ir_supposed;

/* As `polc why` takes them. */
const char *claim_flow_text(struct checker *c, const struct ir_flow *flow);

/* The labels, which nobody says, that its ends are supposed to have. */
void claim_note_supposed(struct checker *c, struct diag_item *item,
			 const struct ir_supposed *supposed, const struct ir_flow *flow);
