/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the class compiler share. */
#pragma once

#include "compiler/classes/atoms.h"
#include "compiler/classes/classes.h"
#include "compiler/classes/keyset.h"
#include "compiler/classes/recipes.h"
#include "compiler/classes/signature.h"

struct anywhere;
struct diag;

/* The first classes in order that have an atom, or that the like holds of: one more than
 * FEW_CLASSES if there are more. */
enum { FEW_CLASSES = 32 };

struct cls_having {
	VEC(uint32_t) classes;
};

struct cls_build_ctx {
	struct arena *arena;
	struct diag *diag;
	const struct ir *ir;
	struct cls_options opts;
	struct cls *cls;

	struct cls_traits traits;
	struct atoms atoms;                 /* of the traits */
	uint32_t **atoms_of_rule;           /* by rule id; ended by UINT32_MAX */
	uint32_t *first_of_atom;            /* by atom: room for rows.c */
	struct cls_having *classes_of_atom; /* by atom: for rows.c */
	struct cls_having borders;          /* between the node and others, from class 0 on */
	uint64_t *scratch;                  /* room for a signature */

	struct keyset classes;      /* signatures; their numbers are the classes */
	VEC(const uint64_t *) sigs; /* by class; into the keys of `classes` */
	enum cls_foreseen foreseen; /* which strangers have their classes */

	struct anywhere *anywhere; /* for anywhere.c */

	VEC(struct net_prefix) regions; /* all that atoms mention, and all addresses; in order */

	/* For growth.c: signatures of where the endpoints of today are, as if they had the labels
	 * for everything; and how many classes are of no endpoint. */
	struct keyset places;
	uint32_t n_outside;

	struct keyset tables; /* serialised tables */
	struct cls_recipes *recipes;
};

/* peers.c: atoms, classes, points and prefixes. 0, -E2BIG (reported) or -ETIME. */
int cls_build_peers(struct cls_build_ctx *c);
/* No time is left, or there are more classes than there can be. */
bool cls_is_over(const struct cls_build_ctx *c);
/* The class of the peers with this signature, a new one if need be. */
uint32_t cls_class_of_signature(struct cls_build_ctx *c, const uint64_t *sig);
/* Is it a class of the subject's own node, and does that make a difference? */
bool cls_is_node(const struct cls_build_ctx *c, uint32_t cls);
/* The number of a named port for peers of this class; CLS_NO_PORT if they have none. */
uint32_t cls_port_of_class(const struct cls_build_ctx *c, uint32_t cls, uint16_t proto,
			   uint32_t name);

/* What one table is made from: the policies that concern a subject in a direction, and the
 * endpoint whose named ports count (ingress). */
struct cls_recipe {
	enum ir_dir dir;
	const struct ir_endpoint *subject;
	const struct ir_policy **policies; /* by tier, then id */
	size_t n_policies;
};

/* rows.c: fills c->classes_of_atom and c->borders; all classes are there. */
void cls_find_classes_of_atoms(struct cls_build_ctx *c);

/* table.c: 0, -E2BIG (reported) or -ETIME. Equal tables are one. */
int cls_build_table(struct cls_build_ctx *c, const struct cls_recipe *recipe,
		    const struct cls_table **out);

/* subjects.c */
int cls_build_subjects(struct cls_build_ctx *c);
