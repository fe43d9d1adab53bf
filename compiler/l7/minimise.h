/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "compiler/l7/dfa.h"

/* The smallest automaton that accepts the same: states that no text tells apart are one, and so are
 * classes of bytes that lead to the same everywhere. States are numbered in the order in which they
 * are met from the start on, behind the dead one. */
const struct dfa *dfa_minimise(struct arena *arena, const struct dfa *dfa);
