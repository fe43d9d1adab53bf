/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The classifier: from the labels, address and named ports of an endpoint to its peer class and
 * its tables, for endpoints that no inventory knows as well. It holds the predicates of the
 * policies, the signature of every class and the recipe of every table, and nothing else of
 * them, so it stands alone on a node.
 */
#pragma once

#include "compiler/classes/keyset.h"
#include "compiler/classes/recipes.h"
#include "compiler/classes/signature.h"

/* What classes there are for endpoints that the inventory does not know. */
enum cls_foreseen {
	CLS_FORESEEN_NONE, /* but for those that are like one that it knows */
	CLS_FORESEEN_HERE, /* for every label set, where prefixes hold addresses as they do today */
	CLS_FORESEEN_ALL,  /* for every label set, at every address */
};

struct cls_classifier {
	const struct intern *strings; /* borrowed: keys, values and names are numbers of these */
	struct intern *own; /* the same, where one may add to them; NULL: they are an IR's */
	struct cls_traits traits;
	struct keyset signatures; /* their numbers are the classes */
	enum cls_foreseen foreseen;
	struct cls_recipes recipes;
};

enum cls_found {
	CLS_FOUND,
	CLS_NEW_LABELS, /* there is nothing for such labels */
	CLS_NEW_PLACE,  /* for such labels there is, but not in the prefixes that hold this address
			 */
	CLS_NEW_PORTS,  /* for such labels there is, but not for these numbers of named ports */
};

/*
 * The class of an endpoint at an address (family NET_NONE: at none). Keys, values and names of
 * `ep` have the numbers of the strings that the predicates have theirs of.
 */
enum cls_found cls_classify(const struct cls_classifier *c, const struct ir_endpoint *ep,
			    const struct net_addr *addr, uint32_t *cls);

/* The tables of an endpoint, by their index in the bundle. */
enum cls_found cls_classify_subject(const struct cls_classifier *c, const struct ir_endpoint *ep,
				    uint32_t tables[IR_N_DIRS]);

/* The endpoint with the numbers of c->own, which must be there, instead of those of `from`. Memory
 * comes from `arena`; names and addresses are borrowed. */
struct ir_endpoint *cls_classifier_adopt(struct cls_classifier *c, const struct intern *from,
					 const struct ir_endpoint *ep, struct arena *arena);
