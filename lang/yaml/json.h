/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON (RFC 8259) as nodes with places: every character, escapes of two halves, values behind each
 * other in one text. Refused beyond the grammar, as not everybody reads these alike: a key that is
 * given twice, half a character, a NUL.
 */
#pragma once

#include "lang/yaml/stream.h"

/* The source begins with an object or a list. Sets s->at to it. */
bool yaml_json_begins(struct yaml_stream *s);

/*
 * The value at s->at. 1: *out is it, and s->at stands behind it and its blanks; 0: there the source
 * ends or YAML begins, with `---`; -EINVAL: reported, and there is no way on. A value with what is
 * refused beyond the grammar is 1, with s->broken.
 */
int yaml_json_next(struct yaml_stream *s, struct yaml_node **out);
