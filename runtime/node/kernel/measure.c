/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/node/kernel/measure.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "codegen/hook.h"
#include "runtime/codes.h"
#include "runtime/node/kernel/fail.h"
#include "runtime/node/kernel/log.h"
#include "runtime/node/kernel/refusal.h"

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static int read_verified(const struct bpf_object *obj, const char *program, uint32_t *verified)
{
	const struct bpf_program *prog = bpf_object__find_program_by_name(obj, program);
	struct bpf_prog_info info = {0};
	uint32_t len = sizeof(info);
	int r = prog ? bpf_obj_get_info_by_fd(bpf_program__fd(prog), &info, &len) : -ENOENT;

	*verified = info.verified_insns;
	return r;
}

static int read_hook(const struct bpf_object *obj, struct gen_shape shape, enum polc_hook hook,
		     uint32_t *verified)
{
	int r = 0;

	for (enum polc_stage i = 0; i < POLC_N_STAGES && !r; i++) {
		const struct gen_stage_ops *stage = gen_stage(shape, hook, i);

		if (stage)
			r = read_verified(obj, stage->program, &verified[i]);
	}
	return r;
}

static int measure(struct bpf_object *obj, struct gen_shape shape, struct rt_measure *out)
{
	uint64_t before = now_ns();
	int r = bpf_object__load(obj);

	out->load_ns = now_ns() - before;
	for (enum polc_hook h = 0; h < POLC_N_EP_HOOKS && !r; h++)
		r = read_hook(obj, shape, h, out->verified[h]);
	return r;
}

static int measure_shape(const struct bundle_shape *shape, char *log, struct rt_measure *out)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = "polc", .kernel_log_buf = log,
		    .kernel_log_size = RT_VERIFIER_LOG_SIZE);
	struct bpf_object *obj = bpf_object__open_mem(shape->object, shape->object_size, &opts);
	int r = obj ? measure(obj, (struct gen_shape){shape->features}, out) : -errno;

	bpf_object__close(obj);
	return r;
}

int rt_measure_shape(const struct bundle *b, const struct bundle_shape *shape, bool verbose,
		     struct diag *diag, struct rt_measure *out)
{
	struct rt_refusal refusal = {
		.shape = shape->title, .compiler = b->compiler, .whole = verbose};
	_cleanup_rt_log_ struct rt_log log;
	char *text = malloc(RT_VERIFIER_LOG_SIZE);

	*out = (struct rt_measure){0};
	rt_log_begin(&log);
	if (!text)
		return rt_fail(diag, -ENOMEM, RT_CODE_VERIFIER, "cannot measure shape %s",
			       shape->title);
	text[0] = '\0';
	refusal.log = text;
	refusal.err = measure_shape(shape, text, out);
	if (refusal.err)
		refusal.err = rt_refused(&refusal, diag);
	free(text);
	return refusal.err;
}
