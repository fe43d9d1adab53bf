/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/cli/resources.h"

#include <string.h>

#include "codegen/hook.h"
#include "lang/base/buf.h"
#include "runtime/node/kernel/tried.h"

static const char *const ways[POLC_N_EP_HOOKS] = {
	[POLC_HOOK_EP_IN] = "to", [POLC_HOOK_EP_OUT] = "from"};

static const struct rt_measure *find_measure(const char *shape, const struct bundle *b,
					     const struct rt_measure *measured)
{
	vec_each (struct bundle_shape *, s, &b->shapes) {
		if (measured && strcmp((*s)->name, shape) == 0)
			return &measured[(*s)->id];
	}
	return NULL;
}

/* --- text ------------------------------------------------------------------------------------ */

/* "to", "to, related": a program is named by the way of its packets. */
static void put_program(const struct gen_shape_use *use, enum polc_hook hook, enum polc_stage stage,
			const struct rt_measure *m, struct buf *out)
{
	const struct gen_program_use *p = &use->object.programs[hook][stage];
	const struct gen_stage_ops *ops = gen_stage(use->shape, hook, stage);

	if (!ops)
		return;
	buf_printf(out, "  %4s%s%-9s %5u instructions of %d, %3u bytes of stack of %d", ways[hook],
		   ops->name ? ", " : "  ", ops->name ? ops->name : "", p->insns, GEN_MAX_INSNS,
		   p->stack, GEN_MAX_STACK);
	if (m)
		buf_printf(out, ", verified in %u steps", m->verified[hook][stage]);
	buf_puts(out, "\n");
}

static void put_shape(const struct gen_shape_use *use, const struct rt_measure *m, struct buf *out)
{
	buf_puts(out, "shape ");
	gen_shape_title(use->shape, out);
	buf_printf(out, ", of %u endpoint%s, object of %zu bytes\n", use->endpoints,
		   use->endpoints == 1 ? "" : "s", use->object_size);
	for (enum polc_hook h = 0; h < POLC_N_EP_HOOKS; h++) {
		for (enum polc_stage i = 0; i < POLC_N_STAGES; i++)
			put_program(use, h, i, m, out);
	}
	if (m)
		buf_printf(out, "  loaded and verified in %.1f ms\n", (double)m->load_ns / 1e6);
}

static void put_node(const struct gen_resources *r, struct buf *out)
{
	buf_printf(out, "a node of %-3u endpoints       today    at most         of\n",
		   r->endpoints);
	for (enum gen_need_id id = 0; id < GEN_N_NEEDS; id++)
		buf_printf(out, "  %-20s %10llu %10llu %10llu\n", gen_need_name(id),
			   (unsigned long long)r->needs[id].now,
			   (unsigned long long)r->needs[id].worst,
			   (unsigned long long)gen_need_limit(id));
	buf_printf(out, "  %-20s %10llu %10llu\n", "bytes of tables",
		   (unsigned long long)gen_need_bytes(r, false),
		   (unsigned long long)gen_need_bytes(r, true));
}

void cli_resources_text(const struct gen_resources *r, const struct bundle *b,
			const struct rt_measure *measured, struct buf *out)
{
	char kernel[RT_KERNEL_SIZE];

	vec_each (const struct gen_shape_use, use, &r->shapes)
		put_shape(use, find_measure(use->name, b, measured), out);
	if (measured)
		buf_printf(out, "measured on %s\n", rt_kernel_name(kernel));
	put_node(r, out);
	if (r->identities)
		buf_printf(out, "at most: with %u identities; any %u endpoints fit on a node\n",
			   r->identities, r->fits);
	else
		buf_printf(out, "with the identities of today, any %u endpoints fit on a node\n",
			   r->fits);
}

/* --- JSON ------------------------------------------------------------------------------------ */

static void add_verified(json_t *program, uint32_t verified)
{
	json_object_set_new(program, "verified", json_integer(verified));
}

static void add_measure(json_t *shape, struct gen_shape features, const struct rt_measure *m)
{
	for (enum polc_hook h = 0; h < POLC_N_EP_HOOKS; h++) {
		json_t *hook = json_object_get(shape, ir_dir_name(gen_hook(h)->dir));
		json_t *stages = json_object_get(hook, "stages");

		add_verified(hook, m->verified[h][POLC_STAGE_MAIN]);
		for (enum polc_stage i = POLC_STAGE_MAIN + 1; i < POLC_N_STAGES; i++) {
			const struct gen_stage_ops *stage = gen_stage(features, h, i);

			if (stage)
				add_verified(json_object_get(stages, stage->name),
					     m->verified[h][i]);
		}
	}
	json_object_set_new(shape, "loadNs", json_integer((json_int_t)m->load_ns));
}

json_t *cli_resources_json(const struct gen_resources *r, const struct bundle *b,
			   const struct rt_measure *measured)
{
	json_t *value = gen_resources_value(r), *shapes = json_object_get(value, "shapes");
	char kernel[RT_KERNEL_SIZE];

	for (size_t i = 0; i < r->shapes.n; i++) {
		const struct rt_measure *m = find_measure(r->shapes.v[i].name, b, measured);

		if (m)
			add_measure(json_array_get(shapes, i), r->shapes.v[i].shape, m);
	}
	if (measured)
		json_object_set_new(value, "kernel", json_string(rt_kernel_name(kernel)));
	return value;
}
