/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Merge keys: `<<: *base` gives an object the fields of another one that it does not have itself,
 * `<<: [*a, *b]` those of several, of which the first one counts.
 *
 * The libraries of the field agree on that, but for a field that stands before `<<` and that the
 * merge has, too: kubectl (gopkg.in/yaml.v2) takes them in the order of the text, so that the merge
 * counts; the others, kustomize's among them, take the field. Such a text is refused.
 */
#pragma once

#include "lang/yaml/stream.h"

struct yaml_merge {
	const struct yaml_node *from; /* an object or a list of them; NULL: nothing is merged */
	struct loc loc;               /* of the key */
	size_t before;                /* fields that stand before it */
};

/* A plain `<<`. */
bool yaml_is_merge_key(const struct yaml_node *key);
/* Remembers what `key: value` merges into `n`; `alias`: the value is one. Reports what cannot be
 * merged. */
void yaml_merge_note(struct yaml_stream *s, const struct yaml_node *n, struct yaml_merge *m,
		     const struct yaml_node *key, const struct yaml_node *value, bool alias);
/* Adds the fields, when `n` has all of its own. They share their values with the anchor's object
 * and cost nothing more: its alias has been counted in full. */
void yaml_merge(struct yaml_stream *s, struct yaml_node *n, struct intern *keys,
		const struct yaml_merge *m);
