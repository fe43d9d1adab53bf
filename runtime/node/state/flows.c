/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/node/state/flows.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <sys/mman.h>

#include "runtime/codes.h"
#include "runtime/node/kernel/fail.h"

/* The layouts of bpf/abi.h. */
static const struct table {
	enum rt_map map;
	size_t buckets, bucket_words, slots, entry_words;
} tables[RT_N_FAMILIES] = {
	{RT_MAP_CT4, POLC_CT4_BUCKETS, sizeof(struct polc_ct4_bucket) / sizeof(__u64),
	 POLC_CT4_SLOTS, POLC_CT4_WORDS + 1},
	{RT_MAP_CT6, POLC_CT6_BUCKETS, sizeof(struct polc_ct6_bucket) / sizeof(__u64),
	 POLC_CT6_SLOTS, POLC_CT6_WORDS + 1},
};

/* The meta data is the last word of an entry. */
static uint64_t count(const volatile __u64 *words, const struct table *t)
{
	uint64_t n = 0;

	for (size_t b = 0; b < t->buckets; b++, words += t->bucket_words)
		for (size_t i = 1; i <= t->slots; i++)
			n += (words[i * t->entry_words - 1] >> POLC_CT_STATE_SHIFT &
			      POLC_CT_STATE_MASK) >= POLC_CT_NEW;
	return n;
}

static int read_table(struct rt_session *s, const struct table *t, uint64_t *flows)
{
	size_t size = t->buckets * t->bucket_words * sizeof(__u64);
	void *words;

	if (s->node.fd[t->map] < 0)
		return 0;
	words = mmap(NULL, size, PROT_READ, MAP_SHARED, s->node.fd[t->map], 0);
	if (words == MAP_FAILED)
		return rt_fail(s->diag, -errno, RT_CODE_MAP, "cannot map %s into memory",
			       rt_map_name(t->map));
	*flows = count(words, t);
	munmap(words, size);
	return 0;
}

static int read_fates(struct rt_session *s, struct rt_conntrack *out)
{
	int n_cpus = libbpf_num_possible_cpus(), fd = s->node.fd[RT_MAP_CT_FATES];
	int r = n_cpus < 0 ? n_cpus : 0;
	__u64 *per_cpu = r ? NULL : arena_array(&s->arena, __u64, (size_t)n_cpus);

	for (__u32 fate = 0; fd >= 0 && fate < POLC_CT_N_FATES && !r; fate++) {
		r = bpf_map_lookup_elem(fd, &fate, per_cpu);
		for (int c = 0; c < n_cpus && !r; c++)
			out->fates[fate] += per_cpu[c];
	}
	return r ? rt_fail(s->diag, r, RT_CODE_PIN, "cannot read the counters %s/%s", s->pin_dir,
			   POLC_MAP_CT_FATES)
		 : 0;
}

int rt_flows_read(struct rt_session *s, struct rt_conntrack *out)
{
	int r = 0;

	for (int f = 0; f < RT_N_FAMILIES && !r; f++) {
		out->places[f] = tables[f].buckets * tables[f].slots;
		r = read_table(s, &tables[f], &out->flows[f]);
	}
	return r ? r : read_fates(s, out);
}
