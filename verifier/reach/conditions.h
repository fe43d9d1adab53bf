/* SPDX-License-Identifier: Apache-2.0 */
/* What rows depend on, each once for those that tables treat alike. Private to verifier/reach/. */
#pragma once

#include "verifier/reach/reach.h"

/* What was found so far. */
struct reach_conditions;

/* Memory comes from `arena`, and is bounded. */
struct reach_conditions *reach_conditions_new(struct arena *arena);

/* flow_addresses(). */
bool reach_find_condition(const struct reach *r, const struct flow_question *q, enum ir_dir dir,
			  unsigned families, unsigned outcomes, struct arena *arena,
			  struct region_prefixes *out);

/* A copy in the arena takes their place. */
void reach_keep_prefixes(struct arena *arena, struct region_prefixes *p);
