/* SPDX-License-Identifier: Apache-2.0 */
/* What passes between two ends, on all ports. Private to verifier/reach/. */
#pragma once

#include "verifier/reach/connections/connections.h"

/* Ports that rules tell apart, whatever the ends: for the interpreter. */
void connection_cut_rules(const struct ir *ir, struct space_ports *out);
/* The same for a pair, as their tables have them. */
void connection_cut_tables(const struct cls *cls, const struct flow_end *from,
			   const struct flow_end *to, struct space_ports *out);

/* Adds the parts to `out`. */
void connection_find_parts(struct connections *c, const struct flow_end *from,
			   const struct flow_end *to, const struct space_ports *ports,
			   struct connection_parts *out);
