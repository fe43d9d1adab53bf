/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Recipes: what a verdict table of an endpoint is made from. The policies that select it and
 * concern the direction; for ingress also the numbers of its own ports that their rules name.
 * Endpoints with one recipe have one table. Where no table was made for a recipe yet, a node
 * cannot protect the endpoint.
 */
#pragma once

#include "compiler/classes/keyset.h"
#include "compiler/classes/signature.h"

/* What of a policy tells whom it selects, and what of those counts. */
struct cls_selection {
	VEC(struct ir_selector) subjects; /* any of */
	bool concerns[IR_N_DIRS];
	VEC(struct cls_name) ports; /* that ingress rules name, as often as they do */
};

struct cls_recipes {
	VEC(struct cls_selection) selections; /* of all policies, by tier and then by policy */
	struct keyset keys;
	VEC(uint32_t) tables; /* by number of the key */
};

/* Selections by their index, in order. */
struct cls_selected {
	VEC(uint32_t) list;
};

void cls_recipes_init(struct cls_recipes *r, const struct ir *ir, struct arena *arena);
/* Those that select the endpoint. Memory comes from `arena`. */
void cls_recipes_select(const struct cls_recipes *r, const struct ir_endpoint *ep,
			struct arena *arena, struct cls_selected *out);

/* What is compared: the direction, the selections that concern it, CLS_RECIPE_PORTS, and the
 * numbers of the ports, CLS_NO_PORT where the endpoint has none of the name. */
enum { CLS_RECIPE_PORTS = UINT32_MAX };

struct cls_recipe_key {
	VEC(uint32_t) words;
	size_t n_selections; /* words up to the ports */
};

void cls_recipe_key(const struct cls_recipes *r, enum ir_dir dir, const struct ir_endpoint *ep,
		    const struct cls_selected *by, struct arena *arena, struct cls_recipe_key *out);
