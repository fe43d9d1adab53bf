/* SPDX-License-Identifier: Apache-2.0 */
/* The path of a packet of one family in one direction, as generated C functions. */
#pragma once

#include "codegen/shape.h"

struct buf;

/* Appends `in4()` or its kin. */
void gen_emit_path(struct gen_shape s, enum gen_family f, enum ir_dir d, struct buf *out);

/* Appends `in4_related()` or its kin, for that stage. */
void gen_emit_related(struct gen_shape s, enum gen_family f, enum ir_dir d, struct buf *out);

/* "in" and "eg", 4 and 6: the parts of generated names. */
const char *gen_dir_prefix(enum ir_dir d);
const char *gen_dir_macro(enum ir_dir d); /* "POLC_INGRESS" */
int gen_family_digit(enum gen_family f);
/* Must a class be looked up to judge this family in this direction? */
bool gen_path_needs_class(struct gen_shape s, enum gen_family f, enum ir_dir d);
