/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Endpoints whose addresses are supposed: hundreds may be at each of thousands. Predicates that ask
 * for labels look at the one, those that ask for an address at the other, so each is looked at
 * once, and classes are made of what labels and addresses tell apart.
 */
#pragma once

#include "compiler/classes/internal.h"

void cls_anywhere_init(struct cls_build_ctx *c);
/* Fills c->cls->placed of the endpoint. */
void cls_place_anywhere(struct cls_build_ctx *c, const struct ir_endpoint *ep);
