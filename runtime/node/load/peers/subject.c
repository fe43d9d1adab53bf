/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/node/load/peers/subject.h"

#include <errno.h>

#include "codegen/shape.h"
#include "runtime/codes.h"
#include "runtime/node/state/registry.h"

static int no_table(struct rt_session *s, const char *name, enum cls_found why)
{
	struct diag_item *item = diag_error(
		s->diag, LOC_NONE, RT_CODE_NO_TABLE,
		why == CLS_NEW_PORTS
			? "the bundle has no table for endpoint '%s': no endpoint of the "
			  "inventory has the numbers of its named ports"
			: "the bundle has no table for endpoint '%s': its policies select "
			  "no endpoint of the inventory in the same way",
		name);

	diag_note(s->diag, item, LOC_NONE,
		  "build the bundle again, with this endpoint in the inventory");
	return -EINVAL;
}

static int no_program(struct rt_session *s, const char *name)
{
	struct diag_item *item = diag_error(
		s->diag, LOC_NONE, RT_CODE_NO_TABLE,
		"the bundle has the tables of endpoint '%s', and no program for both", name);

	diag_note(s->diag, item, LOC_NONE,
		  "build the bundle again, with this endpoint in the inventory, or with --general");
	return -EINVAL;
}

/* The shape of those who have these tables: what a program must do follows from both. Failing that,
 * the one program that suits everybody. */
static const struct bundle_shape *shape_of(const struct bundle *b, const uint32_t tables[IR_N_DIRS])
{
	vec_each (const struct bundle_endpoint, ep, &b->endpoints)
		if (ep->tables[IR_INGRESS]->id == tables[IR_INGRESS] &&
		    ep->tables[IR_EGRESS]->id == tables[IR_EGRESS])
			return ep->shape;
	vec_each (struct bundle_shape *, shape, &b->shapes)
		if (((*shape)->features & GEN_GENERAL) == GEN_GENERAL)
			return *shape;
	return NULL;
}

static int as_told(struct rt_session *s, const struct bundle *bundle, const struct rt_peer *told,
		   struct bundle_endpoint *out)
{
	const struct ir_endpoint *ep =
		cls_classifier_adopt(bundle->classifier, &told->ir->strings, told->ep, &s->arena);
	uint32_t tables[IR_N_DIRS];
	enum cls_found found = cls_classify_subject(bundle->classifier, ep, tables);

	if (found != CLS_FOUND)
		return no_table(s, ep->name, found);
	*out = (struct bundle_endpoint){.name = ep->name, .shape = shape_of(bundle, tables)};
	if (!out->shape)
		return no_program(s, ep->name);
	out->addrs.v = ep->addrs.v;
	out->addrs.n = ep->addrs.n;
	for (int dir = 0; dir < IR_N_DIRS; dir++)
		out->tables[dir] = bundle->tables.v[tables[dir]];
	return 0;
}

int rt_subject_find(struct rt_session *s, const struct bundle *bundle, const char *name,
		    const struct bundle_endpoint **out)
{
	struct bundle_endpoint *made;
	struct rt_peer told = {0};
	int r = rt_registry_find(s, name, &s->arena, &told);

	*out = bundle_find_endpoint(bundle, name);
	if (r || !told.ep || !bundle->classifier)
		return r;
	made = arena_new(&s->arena, struct bundle_endpoint);
	r = as_told(s, bundle, &told, made);
	*out = r ? NULL : made;
	return r;
}
