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

/* Appends a comment that says what the shape can do, and which endpoints, policies and rules use
 * it; `shapes` is the answer of gen_shapes_of(). */
void gen_emit_provenance(struct gen_shape shape, const struct gen_shape *shapes,
			 const struct cls *cls, const struct sources *sources, struct buf *out);

/* Appends the program. It depends on the shape alone, and begins with a #line, so that the
 * comment before it does not change the object. */
void gen_emit_program(struct gen_shape shape, struct buf *out);
