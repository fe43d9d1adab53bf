/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shapes: what a subject's tables, and its users, need of a program. A shape is a set of
 * features; its name is a hash of their names, so the same needs have the same program and the
 * same file name, however many features there come to be.
 */
#pragma once

#include <jansson.h>

#include "compiler/classes/classes.h"

struct buf;

/* X(ENUM, "name", "what a program with it does"). The order is part of the hash. A family
 * and direction with neither a table nor ALL is denied without a look. */
#define GEN_FEATURES(X)                                                                            \
	X(IN4, "in4", "judges IPv4 to the endpoint by a table")                                    \
	X(IN4_ALL, "in4all", "lets all IPv4 to the endpoint pass")                                 \
	X(EG4, "eg4", "judges IPv4 from the endpoint by a table")                                  \
	X(EG4_ALL, "eg4all", "lets all IPv4 from the endpoint pass")                               \
	X(IN6, "in6", "judges IPv6 to the endpoint by a table")                                    \
	X(IN6_ALL, "in6all", "lets all IPv6 to the endpoint pass")                                 \
	X(EG6, "eg6", "judges IPv6 from the endpoint by a table")                                  \
	X(EG6_ALL, "eg6all", "lets all IPv6 from the endpoint pass")                               \
	X(PEERS4, "peers4", "tells known IPv4 endpoints apart")                                    \
	X(CIDRS4, "cidrs4", "tells IPv4 prefixes apart")                                           \
	X(PEERS6, "peers6", "tells known IPv6 endpoints apart")                                    \
	X(CIDRS6, "cidrs6", "tells IPv6 prefixes apart")                                           \
	X(IN_ROWS, "inpeers", "the ingress verdict depends on the peer")                           \
	X(IN_COLS, "inports", "the ingress verdict depends on protocol and port")                  \
	X(EG_ROWS, "egpeers", "the egress verdict depends on the peer")                            \
	X(EG_COLS, "egports", "the egress verdict depends on protocol and port")                   \
	X(IN_REQUESTS, "inproxy", "leads connections to the endpoint to a proxy")                  \
	X(EG_REQUESTS, "egproxy", "leads connections from the endpoint to a proxy")                \
	X(UNCOUNTED, "uncounted", "does not count why packets pass or not")                        \
	X(RULES, "rules", "counts the packets of each rule")                                       \
	X(EVENTS, "events", "tells of what it drops")

enum gen_feature_bit {
#define X(id, name, text) GEN_BIT_##id,
	GEN_FEATURES(X)
#undef X
		GEN_N_FEATURES
};

_Static_assert((int)GEN_N_FEATURES <= 32, "a set of features is a uint32_t");

enum gen_feature {
#define X(id, name, text) GEN_##id = 1 << GEN_BIT_##id,
	GEN_FEATURES(X)
#undef X
};

/* What a program needs that suits every endpoint under every policy: all that tables can ask
 * for, but for requests, which few policies look at. */
enum {
	GEN_GENERAL = GEN_IN4 | GEN_EG4 | GEN_IN6 | GEN_EG6 | GEN_PEERS4 | GEN_CIDRS4 | GEN_PEERS6 |
		      GEN_CIDRS6 | GEN_IN_ROWS | GEN_IN_COLS | GEN_EG_ROWS | GEN_EG_COLS
};

enum gen_family { GEN_V4, GEN_V6, GEN_N_FAMILIES };
enum gen_kind { GEN_KIND_DENY, GEN_KIND_ALLOW, GEN_KIND_TABLE };

struct gen_shape {
	uint32_t features; /* set of enum gen_feature */
};
typedef VEC(struct gen_shape) gen_shape_list;

/* The shape of each subject, by its id; `wishes` are features that tables cannot tell: those from
 * UNCOUNTED on, and all of GEN_GENERAL where one program is to serve everybody. Memory comes from
 * `arena`. */
struct gen_shape *gen_shapes_of(const struct cls *cls, uint32_t wishes, struct arena *arena);

/* How a family is judged in a direction. */
enum gen_kind gen_shape_kind(struct gen_shape s, enum gen_family f, enum ir_dir d);
/* Are replies told from other packets? Only where a direction lets something pass that the
 * other could hold back. */
bool gen_shape_tracks(struct gen_shape s, enum gen_family f);
bool gen_shape_has_table(struct gen_shape s, enum ir_dir d);
bool gen_shape_has_any_table(struct gen_shape s);
/* Do its programs find out who decided, for those who want to know? */
bool gen_shape_decides(struct gen_shape s);
/* Do they note the cells of their verdicts, by which that is found out? */
bool gen_shape_notes(struct gen_shape s);
/* Does a direction of the family lead connections to a proxy? Or either direction? */
bool gen_shape_has_requests(struct gen_shape s, enum gen_family f, enum ir_dir d);
bool gen_shape_has_any_requests(struct gen_shape s);
/* Are ICMP errors in this direction told by the flow that they are about, and is there a stage for
 * it? */
bool gen_shape_has_related(struct gen_shape s, enum gen_family f, enum ir_dir d);
bool gen_shape_has_related_stage(struct gen_shape s, enum ir_dir d);
bool gen_shape_has_rows(struct gen_shape s, enum ir_dir d);
bool gen_shape_has_cols(struct gen_shape s, enum ir_dir d);
bool gen_shape_has_peers(struct gen_shape s, enum gen_family f);
bool gen_shape_has_cidrs(struct gen_shape s, enum gen_family f);

enum { GEN_SHAPE_NAME = 12 }; /* digits of a name */

/* Appends the features: "in4-eg4all-peers4-inpeers-inports"; "deny" where nothing passes. */
void gen_shape_features_text(struct gen_shape s, struct buf *out);
/* Appends the name: hexadecimal digits, the first of the SHA-256 of the features' text. */
void gen_shape_name(struct gen_shape s, struct buf *out);
/* Appends both, for messages: "f3b6c8e1d2a0 (in4-eg4all)". */
void gen_shape_title(struct gen_shape s, struct buf *out);
/* The names of the features, as a JSON array. */
json_t *gen_shape_features_value(struct gen_shape s);
const char *gen_feature_name(enum gen_feature_bit bit);
const char *gen_feature_text(enum gen_feature_bit bit);
/* GEN_N_FEATURES if there is none of this name. */
enum gen_feature_bit gen_feature_find(const char *name);
