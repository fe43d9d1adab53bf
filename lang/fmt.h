/* SPDX-License-Identifier: Apache-2.0 */
/* The one canonical form of .pol. */
#pragma once

#include "lang/ast.h"
#include "lang/base/buf.h"

/* Writes a file that parsed without an error. Formatting the result again gives the same
 * bytes, and parsing it gives the same tree. Comments keep their place. */
void lang_fmt(const struct ast_file *file, struct buf *out);
