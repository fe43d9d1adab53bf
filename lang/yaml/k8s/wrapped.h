/* SPDX-License-Identifier: Apache-2.0 */
/* Policies inside of objects of other kinds: a template, a work order, a rule that makes them. A
 * cluster gets them as they stand there, or nearly so. */
#pragma once

#include "lang/yaml/decode.h"

/* Counts the policies in an object of a kind that nobody reads, or in a list of such objects;
 * `kind` and `api` are of the object and fit to be shown. False: there are none, or they do not
 * count. */
bool k8s_count_wrapped(struct yaml_ctx *c, const struct yaml_node *object, const char *kind,
		       const char *api);
