/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/node/kernel/features.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <unistd.h>

#include "runtime/codes.h"
#include "runtime/node/kernel/tried.h"

/* A kernel says EINVAL for what it does not know, and something else for who may not ask. */
static int answer(int fd)
{
	if (fd >= 0)
		close(fd);
	return fd >= 0 ? 1 : fd == -EINVAL ? 0 : fd;
}

static int probe_program(const struct bpf_insn *insns, size_t n)
{
	return answer(bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, NULL, "GPL", insns, n, NULL));
}

/* Conntrack takes its places by compare and exchange. The same version brought functions of their
 * own with pointers to structures as arguments, which a few instructions cannot ask for. */
static int probe_exchange(void)
{
	static const struct bpf_insn insns[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_1},
		{.code = BPF_ST | BPF_MEM | BPF_DW, .dst_reg = BPF_REG_10, .off = -8},
		{.code = BPF_STX | BPF_ATOMIC | BPF_DW,
		 .dst_reg = BPF_REG_10,
		 .src_reg = BPF_REG_1,
		 .off = -8,
		 .imm = BPF_CMPXCHG},
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
		{.code = BPF_JMP | BPF_EXIT},
	};

	return probe_program(insns, sizeof(insns) / sizeof(*insns));
}

static int probe_coarse_clock(void)
{
	static const struct bpf_insn insns[] = {
		{.code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_ktime_get_coarse_ns},
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
		{.code = BPF_JMP | BPF_EXIT},
	};

	return probe_program(insns, sizeof(insns) / sizeof(*insns));
}

static int probe_ring(void)
{
	return answer(bpf_map_create(BPF_MAP_TYPE_RINGBUF, NULL, 0, 0, (__u32)sysconf(_SC_PAGESIZE),
				     NULL));
}

static int probe_shared_array(void)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_MMAPABLE);

	return answer(
		bpf_map_create(BPF_MAP_TYPE_ARRAY, NULL, sizeof(__u32), sizeof(__u32), 1, &opts));
}

const struct rt_feature rt_features[RT_N_FEATURES] = {
	{"atomic exchange in BPF programs", "5.12", probe_exchange},
	{"the coarse clock in BPF programs", "5.11", probe_coarse_clock},
	{"BPF ring buffers", "5.8", probe_ring},
	{"BPF arrays that can be mapped into memory", "5.5", probe_shared_array},
};

const struct rt_feature *rt_feature_missing(const struct rt_feature *features, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (features[i].probe() == 0)
			return &features[i];
	return NULL;
}

int rt_features_check(struct diag *diag)
{
	const struct rt_feature *missing = rt_feature_missing(rt_features, RT_N_FEATURES);
	char kernel[RT_KERNEL_SIZE];

	if (!missing)
		return 0;
	diag_error(diag, LOC_NONE, RT_CODE_KERNEL,
		   "this kernel (%s) lacks %s, which Linux %s brought: load on a node with Linux "
		   "%s or "
		   "newer",
		   rt_kernel_name(kernel), missing->name, missing->since, rt_features[0].since);
	return -EOPNOTSUPP;
}
