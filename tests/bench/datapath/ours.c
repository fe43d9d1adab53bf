/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "tests/bench/datapath/ours.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "codegen/clang.h"
#include "codegen/emit.h"
#include "runtime/node/kernel/tc.h"
#include "runtime/node/state/session.h"
#include "tests/bench/measure.h"

/* The environment is shared by many loads; this is the part of it that the runtime owns. */
#define PIN_DIR "/polc"

struct pin_dir {
	char path[PATH_MAX];
};

static struct pin_dir pin_dir(const struct enforce_env *env)
{
	struct pin_dir p;

	snprintf(p.path, sizeof(p.path), "%s" PIN_DIR, env->pins);
	return p;
}

/* --- building ----------------------------------------------------------------------------- */

static int write_and_read(struct ours *o, const struct enforce_env *env,
			  const struct bundle_options *wishes)
{
	struct bundle_options opts = *wishes;
	int r;

	opts.bpf_dir = getenv("POLC_BPF_DIR");
	opts.cache_dir = env->cache;
	r = bundle_write(o->e.cls, &o->e.lang.sources, env->bundle, &opts, &o->e.lang.diag);

	return r ? r : bundle_read(env->bundle, &o->e.lang.diag, &o->bundle);
}

bool ours_build(struct ours *o, struct enforce_env *env, const char *pol)
{
	return ours_build_with(o, env, pol, &(struct bundle_options){0});
}

bool ours_build_with(struct ours *o, struct enforce_env *env, const char *pol,
		     const struct bundle_options *wishes)
{
	double start = measure_now();
	int r;

	*o = (struct ours){0};
	r = (wishes->rules || wishes->events ? enforced_compile_telling
					     : enforced_compile)(&o->e, NULL, pol);
	o->compile_s = measure_now() - start;
	start = measure_now();
	if (!r)
		r = write_and_read(o, env, wishes);
	o->bundle_s = measure_now() - start;
	if (r)
		enforced_note(&o->e, r);
	return r == 0;
}

void ours_fini(struct ours *o)
{
	bundle_free(&o->bundle);
	enforced_fini(&o->e);
}

/* --- loading ------------------------------------------------------------------------------ */

bool ours_load(struct ours *o, struct enforce_env *env, const struct rt_attach *attach, size_t n)
{
	struct pin_dir pins = pin_dir(env);
	struct rt_load_options opts = {.common.pin_dir = pins.path, .detach_unknown = true};
	double start = measure_now();
	struct rt_load_result result = {0};
	int r = rt_load(o->bundle, attach, n, &opts, &o->e.lang.diag, &result);

	o->load_s = measure_now() - start;
	o->enforced_s = (double)result.enforced_ns / 1e9;
	if (r)
		enforced_note(&o->e, r);
	return r == 0;
}

void ours_unload(struct enforce_env *env)
{
	struct pin_dir pins = pin_dir(env);
	struct rt_options opts = {.pin_dir = pins.path};
	struct sources sources;
	struct arena arena;
	struct diag diag;

	arena_init(&arena);
	sources_init(&sources, &arena);
	diag_init(&diag, &arena, &sources);
	rt_unload(NULL, 0, &opts, &diag, NULL);
	arena_fini(&arena);
}

/* --- the program ---------------------------------------------------------------------------- */

static const struct rt_endpoint *find(const struct rt_status *status, const char *name)
{
	vec_each (struct rt_endpoint, ep, &status->endpoints) {
		if (strcmp(ep->name, name) == 0)
			return ep;
	}
	return NULL;
}

bool ours_target(struct ours *o, struct enforce_env *env, const char *endpoint, enum ir_dir dir,
		 const char *addr, struct wrap_target *target)
{
	struct pin_dir pins = pin_dir(env);
	struct rt_options opts = {.pin_dir = pins.path};
	const struct rt_endpoint *ep;
	struct rt_status status;
	int r = rt_status_get(&opts, &o->e.lang.arena, &o->e.lang.diag, &status);

	*target = (struct wrap_target){.fd = -1, .addr = addr};
	ep = r ? NULL : find(&status, endpoint);
	if (!ep) {
		enforced_note(&o->e, r ? r : -ENOENT);
		return false;
	}
	target->classid = ep->slot;
	target->fd = bpf_prog_get_fd_by_id(ep->programs[dir]);
	return target->fd >= 0;
}

/* --- without flows ---------------------------------------------------------------------------- */

/* The functions of conntrack are there, and nobody calls them. */
static void without_flows(const struct buf *program, struct buf *out)
{
	static const char last[] = "POLC_CT_DEFINE(6)\n";
	const char *at = strstr(buf_str(program), last);
	size_t n = at ? (size_t)(at - program->s) + strlen(last) : 0;

	buf_add(out, program->s, n);
	for (int digit = 4; digit <= 6; digit += 2)
		buf_printf(out,
			   "#define ct%d_track(...) ((void)ct%d_track)\n"
			   "#define ct%d_asks(...)  ((void)ct%d_asks, 0)\n",
			   digit, digit, digit, digit);
	buf_add(out, program->s + n, program->n - n);
}

static int compile_stateless(struct ours *o, const struct enforce_env *env, const char *endpoint,
			     struct buf *object)
{
	const struct bundle_options opts = {.bpf_dir = getenv("POLC_BPF_DIR"),
					    .cache_dir = env->cache};
	const struct bundle_endpoint *ep = bundle_find_endpoint(o->bundle, endpoint);
	struct gen_shape shape = {ep->shape->features};
	_cleanup_buf_ struct buf program = {0}, stateless = {0};
	struct gen_clang clang;
	int r = gen_clang_init(&clang, &opts, &o->e.lang.diag);

	gen_emit_program(shape, &program);
	without_flows(&program, &stateless);
	return r ? r : gen_clang_compile(&clang, "stateless", &stateless, object, &o->e.lang.diag);
}

/* The maps are the node's, the program's number is that of the other one. */
static int bind_object(struct rt_session *s, struct bpf_object *obj, uint32_t number)
{
	struct bpf_map *map;
	int r = 0;

	bpf_object__for_each_map(map, obj)
	{
		if (r)
			return r;
		if (strstr(bpf_map__name(map), ".rodata"))
			r = bpf_map__set_initial_value(map, &number, sizeof(number));
		else
			r = rt_node_bind(s, map, "stateless");
	}
	return r ? r : bpf_object__load(obj);
}

/* Slot 0 becomes like the endpoint's. */
static int stand_in(struct rt_session *s, const struct rt_endpoint *ep, const struct buf *object,
		    enum ir_dir dir)
{
	uint32_t active = rt_node_active(&s->node);
	struct bpf_object *obj = bpf_object__open_mem(object->s, object->n, NULL);
	int fd = obj ? bind_object(s, obj, ep->program) : -errno;

	if (!fd)
		fd = dup(bpf_program__fd(bpf_object__find_program_by_name(
			obj, dir == IR_INGRESS ? POLC_PROG_EP_IN : POLC_PROG_EP_OUT)));
	if (fd >= 0)
		*rt_node_ep(&s->node, active, 0) = *rt_node_ep(&s->node, active, ep->slot);
	bpf_object__close(obj);
	return fd;
}

bool ours_stateless_target(struct ours *o, struct enforce_env *env, const char *endpoint,
			   enum ir_dir dir, const char *addr, struct wrap_target *target)
{
	struct pin_dir pins = pin_dir(env);
	const struct rt_options opts = {.pin_dir = pins.path};
	_cleanup_buf_ struct buf object = {0};
	const struct rt_endpoint *ep;
	struct rt_session s;
	struct rt_status status;
	int r = rt_status_get(&opts, &o->e.lang.arena, &o->e.lang.diag, &status);

	ep = r ? NULL : find(&status, endpoint);
	*target = (struct wrap_target){.fd = -1, .addr = addr};
	r = ep ? compile_stateless(o, env, endpoint, &object) : -ENOENT;
	if (!r)
		r = rt_session_open(&s, &opts, RT_SESSION_CHANGE, &o->e.lang.diag);
	if (!r) {
		target->fd = stand_in(&s, ep, &object, dir);
		rt_session_close(&s);
	}
	if (target->fd < 0)
		enforced_note(&o->e, r ? r : target->fd);
	return target->fd >= 0;
}
