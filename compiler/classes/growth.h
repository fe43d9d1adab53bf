/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How far tables can grow: cls_options.identities endpoints with whatever labels, each at an
 * address and with named ports like those of some endpoint of today. Private to classes/.
 */
#pragma once

#include "compiler/classes/internal.h"

/* Sets cls.max_classes. Everything of cls_build_peers() is there. */
void cls_growth_classes(struct cls_build_ctx *c);
/* How many kinds of peers these rules of a table can tell apart. */
uint32_t cls_growth_rows(struct cls_build_ctx *c, enum ir_dir dir, const struct ir_rule **rules,
			 size_t n);
