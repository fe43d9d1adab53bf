/* SPDX-License-Identifier: Apache-2.0 */
/* An IR as JSON and back: is it the same? */
#pragma once

#include "compiler/ir.h"
#include "lang/lang.h"
#include "tests/lib/random.h"

/* Writes the IR, reads it and writes what was read: the bytes must be the same. Asks the
 * interpreter about random flows, in both: the verdicts must be. Returns NULL, or what differs, in
 * the arena of `lang`. */
const char *ir_round_trip(struct lang *lang, const struct ir *ir, struct random *r);
