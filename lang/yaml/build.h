/* SPDX-License-Identifier: Apache-2.0 */
/* How nodes are put together, from the events of YAML or the text of JSON. */
#pragma once

#include "lang/yaml/stream.h"

/* Reports in the current document, which is then refused as a whole at its end. */
#define YAML_REPORT(s, loc, code, ...)                                                             \
	((s)->broken = true, diag_error(&(s)->l->diag, (loc), (code), __VA_ARGS__))

/* Counts `weight` more nodes at `loc`. Past the limit the whole file is given up, as it is
 * after more errors than anybody is told: -EINVAL. */
int yaml_charge(struct yaml_stream *s, struct loc loc, uint32_t weight);
void yaml_add_weight(struct yaml_node *n, const struct yaml_node *child);

/* The index of an equal key, or the number of pairs, if the caller then adds the key. `keys`
 * belongs to the mapping and begins as {0}. */
size_t yaml_find_pair(struct yaml_stream *s, const struct yaml_node *n, struct intern *keys,
		      const char *key);
/* A key that is there already is reported. */
void yaml_add_pair(struct yaml_stream *s, struct yaml_node *n, struct intern *keys,
		   struct yaml_pair pair);
