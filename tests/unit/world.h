/* SPDX-License-Identifier: Apache-2.0 */
/* A small world for tests of meaning: texts in, verdicts out, each asked of the reference
 * interpreter and of the compiled tables. */
#pragma once

#include "compiler/classes/classes.h"
#include "lang/lang.h"

struct world {
	struct lang lang;
	struct ir *ir;
	struct cls *cls;
};

/* Reads the texts (NULL: none) and resolves them; fails the test if there is an error. */
void world_init(struct world *w, const char *pol, const char *yaml);
/* The same for input that must be refused; returns the diagnostics as text (in the arena). */
const char *world_refused(struct world *w, const char *pol, const char *yaml);
void world_fini(struct world *w);

/* Ends and ports as in `polc reach`: "x/a", "cidr:192.0.2.1", "tcp/80", "tcp/http". */
void world_allows(struct world *w, const char *from, const char *to, const char *port);
void world_denies(struct world *w, const char *from, const char *to, const char *port);
/* Only one direction: "ingress" or "egress" decides. */
void world_allows_dir(struct world *w, enum ir_dir dir, const char *from, const char *to,
		      const char *port);
void world_denies_dir(struct world *w, enum ir_dir dir, const char *from, const char *to,
		      const char *port);
