/* SPDX-License-Identifier: Apache-2.0 */
/* Objects that are neither policy nor endpoint, as far as lang/beside.h wants them. */
#pragma once

#include "lang/yaml/decode.h"

/* Any object but a policy. Nothing is reported: what is not as it should be is left out. */
void k8s_keep_beside(struct yaml_ctx *c, const struct yaml_node *object, const char *kind,
		     const char *api);
/* Keeps the name of an object that pods come of, and of each in a list, which is not read. */
void k8s_keep_unread(struct yaml_ctx *c, const struct yaml_node *object, const char *kind);
