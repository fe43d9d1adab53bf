/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The C program of a shape: short, formatted, and meant to be read. It declares the maps that
 * the shape needs and strings the steps of the datapath (bpf/) together; rules are not in it,
 * they are data.
 */
#pragma once

#include "codegen/shape.h"

struct buf;
struct sources;

/* Appends the program. It depends on the shape alone. */
void gen_emit_program(struct gen_shape shape, struct buf *out);

/* Appends a comment that says which endpoints, policies and rules use the shape, then the
 * program, behind a #line so that the comment does not change the object. */
void gen_emit(struct gen_shape shape, const struct cls *cls, const struct sources *sources,
	      struct buf *out);
