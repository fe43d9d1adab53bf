/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "compiler/l7/dfa.h"

/* By set of expressions: a text that matches these and no others, as short as can be and of plain
 * characters where that serves; NULL where it would have a NUL in it. The array and the texts are
 * the arena's. */
const char *const *dfa_examples(struct arena *arena, const struct dfa *dfa);
