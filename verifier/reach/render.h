/* SPDX-License-Identifier: Apache-2.0 */
/* What the renderers of reach share. Private to verifier/reach/. */
#pragma once

#include "verifier/reach/reach.h"

/* Of the families, verdicts where they differ; of a flow that depends on addresses, which. */
#define REACH_CSV_HEAD "from,to,port,ingress,egress,verdict,ipv4,ipv6,condition\n"

/* A quoted JSON string. */
void reach_json_string(const char *s, struct buf *out);
/* `"in": [...], "except": [...]` */
void reach_json_prefixes(const struct region_prefixes *p, struct buf *out);
/* The members that come before the answers: what is not read, and the groups. */
void reach_json_head(const struct reach *r, struct buf *out);
/* Who stands together, a few names each, and an empty line. */
void reach_put_groups(const struct reach *r, struct buf *out);

/* A field of CSV (RFC 4180), quoted if need be. */
void reach_csv_field(const char *s, struct buf *out);
/* Inside a quoted string of Graphviz: text and no HTML, of what may be shown. */
void reach_dot_escaped(const char *s, struct buf *out);
/* The graph up to its edges: what is not read, and the ends, `n0` and so on by index. */
void reach_dot_head(const struct reach *r, struct buf *out);

const struct flow_end *reach_from(const struct reach *r, const struct reach_row *row);
const struct flow_end *reach_to(const struct reach *r, const struct reach_row *row);
const struct flow_port *reach_port(const struct reach *r, const struct reach_row *row);
/* How many flows a cell stands for: those of its groups, none from an endpoint to itself. */
size_t reach_cell_flows(const struct reach *r, const struct reach_row *cell);
/* Do the rows and the columns of the matrix name the same ends? */
bool reach_is_square(const struct reach *r);

/* One sign for an answer: `+` allowed, `=` to itself, `i`, `e`, `x` denied by ingress,
 * egress, both. */
char reach_sign(const struct reach_row *row);

void reach_render_table(const struct reach *r, struct outlet *out);
void reach_render_json(const struct reach *r, struct outlet *out);
void reach_render_csv(const struct reach *r, struct outlet *out);
void reach_render_dot(const struct reach *r, struct outlet *out);
void reach_render_html(const struct reach *r, struct outlet *out);
/* The JSON in that page; only the page reads it. */
void reach_render_data(const struct reach *r, struct buf *out);
