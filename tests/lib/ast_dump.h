/* SPDX-License-Identifier: Apache-2.0 */
/* Everything in a syntax tree but the places, as text: equal texts, equal trees. */
#pragma once

#include "lang/ast.h"
#include "lang/base/buf.h"

void ast_dump(const struct ast_file *file, struct buf *out);
