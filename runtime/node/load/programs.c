/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/node/load/programs.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codegen/hook.h"
#include "runtime/codes.h"
#include "runtime/node/kernel/fail.h"
#include "runtime/node/kernel/refusal.h"

/* --- an object ------------------------------------------------------------------------- */

struct loading {
	struct rt_session *s;
	const struct bundle *bundle;
	const struct bundle_shape *shape;
	uint32_t number;
	char *verifier_log; /* RT_VERIFIER_LOG_SIZE */
};

static int bad_object(struct loading *l, const char *what)
{
	struct diag_item *item = diag_error(l->s->diag, LOC_NONE, RT_CODE_OBJECT,
					    "the object of shape %s %s: build the bundle with this "
					    "version of polc",
					    l->shape->title, what);

	rt_log_notes(l->s->diag, item);
	return -EINVAL;
}

static struct gen_shape shape_of(const struct loading *l)
{
	return (struct gen_shape){l->shape->features};
}

/* Exactly our programs, all for tc: nothing else of a bundle gets into the kernel. */
static int check_programs(struct loading *l, const struct bpf_object *obj)
{
	struct bpf_program *prog;
	size_t n = 0, needed = 0;

	bpf_object__for_each_program(prog, obj)
	{
		if (bpf_program__type(prog) != BPF_PROG_TYPE_SCHED_CLS)
			return bad_object(l, "has a program that is not for tc");
		n++;
	}
	for (enum polc_hook h = 0; h < POLC_N_EP_HOOKS; h++) {
		for (enum polc_stage i = 0; i < POLC_N_STAGES; i++) {
			const struct gen_stage_ops *stage = gen_stage(shape_of(l), h, i);

			if (stage && !bpf_object__find_program_by_name(obj, stage->program))
				return bad_object(l, "lacks a program that its shape needs");
			needed += stage != NULL;
		}
	}
	return n == needed ? 0 : bad_object(l, "has programs that its shape does not need");
}

/* Where the variable for the number is in the read-only data of `size` bytes. */
static int find_number(const struct bpf_object *obj, size_t size)
{
	const struct btf *btf = bpf_object__btf(obj);
	int sec = btf ? btf__find_by_name_kind(btf, ".rodata", BTF_KIND_DATASEC) : -1;
	const struct btf_type *type = sec < 0 ? NULL : btf__type_by_id(btf, (uint32_t)sec);
	const struct btf_var_secinfo *var = type ? btf_var_secinfos(type) : NULL;

	for (uint32_t i = 0; var && i < btf_vlen(type); i++, var++) {
		const struct btf_type *v = btf__type_by_id(btf, var->type);

		if (strcmp(btf__name_by_offset(btf, v->name_off), POLC_VAR_PROGRAM) == 0 &&
		    var->size == sizeof(uint32_t) && (size_t)var->offset + var->size <= size)
			return (int)var->offset;
	}
	return -ENOENT;
}

static int no_memory(const struct loading *l)
{
	return rt_fail(l->s->diag, -ENOMEM, RT_CODE_VERIFIER, "cannot load the program %s",
		       l->shape->title);
}

static int set_number(struct loading *l, struct bpf_object *obj)
{
	struct bpf_map *rodata = bpf_object__find_map_by_name(obj, ".rodata");
	size_t size = 0;
	const void *old = rodata ? bpf_map__initial_value(rodata, &size) : NULL;
	int offset = old ? find_number(obj, size) : -ENOENT, r;
	char *data;

	if (offset < 0)
		return bad_object(l, "has no place for its number (" POLC_VAR_PROGRAM ")");
	data = malloc(size);
	if (!data)
		return no_memory(l);
	memcpy(data, old, size);
	memcpy(data + offset, &l->number, sizeof(l->number));
	r = bpf_map__set_initial_value(rodata, data, size);
	free(data);
	return r ? bad_object(l, "does not let its number be set (" POLC_VAR_PROGRAM ")") : 0;
}

static int bind_maps(struct loading *l, struct bpf_object *obj)
{
	struct bpf_map *map;
	int r = 0;

	bpf_object__for_each_map(map, obj)
	{
		if (!r && !bpf_map__is_internal(map))
			r = rt_node_bind(l->s, map, l->shape->title);
	}
	return r;
}

static int refused(struct loading *l, int err)
{
	const struct rt_refusal refusal = {.shape = l->shape->title,
					   .compiler = l->bundle->compiler,
					   .log = l->verifier_log,
					   .err = err,
					   .whole = l->s->verbose};

	return rt_refused(&refusal, l->s->diag);
}

/* --- a pair ------------------------------------------------------------------------------ */

static struct rt_program *pair(const struct rt_session *s, uint32_t number)
{
	return &s->node.state->programs[number];
}

static void set_state(struct rt_program *p, enum rt_program_state state)
{
	__atomic_store_n(&p->state, state, __ATOMIC_SEQ_CST);
}

/* Whoever comes after a kill finds no pair that lacks a part: rt_programs_clean() ends it. */
static void let_go(struct rt_session *s, uint32_t number)
{
	set_state(pair(s, number), RT_PROGRAM_PARTIAL);
	for (enum polc_hook h = 0; h < POLC_N_EP_HOOKS; h++) {
		for (enum polc_stage i = 0; i < POLC_N_STAGES; i++) {
			uint32_t key = POLC_PROG_KEY(number, h, i);

			bpf_map_delete_elem(s->node.fd[RT_MAP_PROGS], &key);
		}
	}
	set_state(pair(s, number), RT_PROGRAM_FREE);
}

/* Puts a program where tail calls find it. */
static int keep_program(struct loading *l, const struct bpf_object *obj, enum polc_hook hook,
			enum polc_stage stage, uint32_t *id)
{
	const struct gen_stage_ops *ops = gen_stage(shape_of(l), hook, stage);
	uint32_t key = POLC_PROG_KEY(l->number, hook, stage);
	int progs = l->s->node.fd[RT_MAP_PROGS], fd, r;

	if (!ops)
		return 0;
	fd = bpf_program__fd(bpf_object__find_program_by_name(obj, ops->program));
	r = bpf_map_update_elem(progs, &key, &fd, BPF_ANY);
	return r ? r : bpf_map_lookup_elem(progs, &key, id);
}

/* Stages first: a hook's program is not to be found without them. */
static int keep_hook(struct loading *l, const struct bpf_object *obj, enum polc_hook hook,
		     uint32_t *id)
{
	int r = 0;

	for (enum polc_stage i = POLC_N_STAGES; i-- > POLC_STAGE_MAIN && !r;)
		r = keep_program(l, obj, hook, i, id);
	return r;
}

static int keep(struct loading *l, const struct bpf_object *obj)
{
	struct rt_program *p = pair(l->s, l->number);
	int r = 0;

	snprintf(p->hash, sizeof(p->hash), "%s", l->shape->object_hash);
	set_state(p, RT_PROGRAM_PARTIAL);
	for (enum polc_hook h = 0; h < POLC_N_EP_HOOKS && !r; h++)
		r = keep_hook(l, obj, h, &p->ids[h]);
	if (r) {
		let_go(l->s, l->number);
		return rt_fail(l->s->diag, r, RT_CODE_MAP, "cannot keep a loaded program");
	}
	set_state(p, RT_PROGRAM_READY);
	return 0;
}

static int load_object(struct loading *l, struct bpf_object *obj)
{
	int r = check_programs(l, obj);

	if (!r)
		r = set_number(l, obj);
	if (!r)
		r = bind_maps(l, obj);
	if (r)
		return r;
	l->verifier_log[0] = '\0';
	rt_log_clear();
	r = bpf_object__load(obj);
	return r ? refused(l, r) : keep(l, obj);
}

static int load_shape(struct loading *l)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = "polc",
		    .kernel_log_buf = l->verifier_log, .kernel_log_size = RT_VERIFIER_LOG_SIZE);
	struct bpf_object *obj;
	int r;

	rt_log_clear();
	obj = bpf_object__open_mem(l->shape->object, l->shape->object_size, &opts);
	if (!obj)
		return bad_object(l, "is no BPF object that libbpf can read");
	r = load_object(l, obj);
	bpf_object__close(obj);
	return r;
}

/* --- numbers ----------------------------------------------------------------------------- */

static uint32_t find_pair(const struct rt_session *s, const struct bundle_shape *shape)
{
	for (uint32_t i = 1; i < POLC_PROGRAMS; i++)
		if (pair(s, i)->state == RT_PROGRAM_READY &&
		    strcmp(pair(s, i)->hash, shape->object_hash) == 0)
			return i;
	return 0;
}

static uint32_t free_number(const struct rt_session *s)
{
	for (uint32_t i = 1; i < POLC_PROGRAMS; i++)
		if (pair(s, i)->state == RT_PROGRAM_FREE)
			return i;
	return 0;
}

static int need(struct rt_session *s, const struct bundle *b, const struct bundle_shape *shape,
		uint32_t *number)
{
	struct loading l = {.s = s, .bundle = b, .shape = shape};
	int r;

	*number = find_pair(s, shape);
	if (*number)
		return 0;
	l.number = free_number(s);
	if (!l.number) {
		diag_error(s->diag, LOC_NONE, RT_CODE_CAPACITY,
			   "this node holds %d different programs at most, those of the old and "
			   "of the new policy together: load on fewer kinds of endpoints",
			   POLC_PROGRAMS - 1);
		return -ENOSPC;
	}
	l.verifier_log = malloc(RT_VERIFIER_LOG_SIZE);
	if (!l.verifier_log)
		return no_memory(&l);
	r = load_shape(&l);
	free(l.verifier_log);
	*number = l.number;
	return r;
}

int rt_programs_need(struct rt_session *s, const struct bundle *b,
		     const struct bundle_shape *const *shapes, uint32_t *numbers)
{
	int r = 0;

	for (size_t i = 0; i < b->shapes.n && !r; i++) {
		numbers[i] = 0;
		if (shapes[i])
			r = need(s, b, shapes[i], &numbers[i]);
	}
	return r;
}

int rt_program_open(struct rt_session *s, uint32_t number, enum polc_hook hook)
{
	return bpf_prog_get_fd_by_id(pair(s, number)->ids[hook]);
}

uint32_t rt_program_of_id(const struct rt_session *s, uint32_t id, enum polc_hook hook,
			  uint32_t likely)
{
	if (likely < POLC_PROGRAMS && id && pair(s, likely)->state == RT_PROGRAM_READY &&
	    pair(s, likely)->ids[hook] == id)
		return likely;
	for (uint32_t i = 1; i < POLC_PROGRAMS && id; i++)
		if (pair(s, i)->state == RT_PROGRAM_READY && pair(s, i)->ids[hook] == id)
			return i;
	return 0;
}

void rt_programs_clean(struct rt_session *s)
{
	for (uint32_t i = 1; i < POLC_PROGRAMS; i++)
		if (pair(s, i)->state == RT_PROGRAM_PARTIAL)
			let_go(s, i);
}

void rt_programs_drop(struct rt_session *s, const bool used[static POLC_PROGRAMS])
{
	for (uint32_t i = 1; i < POLC_PROGRAMS; i++)
		if (pair(s, i)->state != RT_PROGRAM_FREE && !used[i])
			let_go(s, i);
}
