/* SPDX-License-Identifier: Apache-2.0 */
/* What a bundle costs a node, for people and for scripts. */
#pragma once

#include <jansson.h>

#include "codegen/resources.h"
#include "runtime/node/kernel/measure.h"

struct buf;

/* `measured` is by shape of the bundle, which has the order of the report; NULL: nobody asked. */
void cli_resources_text(const struct gen_resources *r, const struct bundle *b,
			const struct rt_measure *measured, struct buf *out);
/* As gen_resources_value(), and what was measured: in each program "verified", in each shape
 * "loadNs", and beside the shapes "kernel", this one. */
json_t *cli_resources_json(const struct gen_resources *r, const struct bundle *b,
			   const struct rt_measure *measured);
