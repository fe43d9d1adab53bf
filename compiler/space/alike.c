/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/space/alike.h"

void alike_init(struct alike *a, struct arena *arena)
{
	*a = (struct alike){0};
	keyset_init(&a->known, arena);
}

void alike_tell(struct alike *a, uint32_t word)
{
	vec_push(a->known.arena, &a->told, word);
}

void alike_tell_labels(struct alike *a, const struct ir_endpoint *ep)
{
	alike_tell(a, (uint32_t)ep->labels.n);
	vec_each (const struct ir_label, label, &ep->labels) {
		alike_tell(a, label->scope);
		alike_tell(a, label->key);
		alike_tell(a, label->value);
	}
	alike_tell(a, (uint32_t)ep->ports.n);
	vec_each (const struct ir_named_port, port, &ep->ports) {
		alike_tell(a, port->name);
		alike_tell(a, (uint32_t)port->proto << 16 | port->port);
	}
}

uint32_t alike_add(struct alike *a, const struct ir_end *end)
{
	uint32_t id = keyset_add(&a->known, a->told.v, a->told.n * sizeof(*a->told.v));
	struct alike_group *group;

	a->told.n = 0;
	if (id == a->groups.n)
		vec_push(a->known.arena, &a->groups, (struct alike_group){0});
	group = &a->groups.v[id];
	if (group->n == 0 || (group->n == 1 && group->ends[0].ep != end->ep))
		group->ends[group->n++] = *end;
	return id;
}
