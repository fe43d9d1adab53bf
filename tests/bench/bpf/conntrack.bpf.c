/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The datapath's conntrack beside the same in a hash and an LRU hash of the kernel, where a packet
 * asks twice: for the flow that it may have opened, and for the one that it may answer.
 *
 * skb->cb: enum store, enum step, packets, flows less one (a power of two), the first flow.
 */
#include "conntrack.h"
#include "maps.h"

POLC_MAP(polc_node, ARRAY, __u32, struct polc_node, 1, BPF_F_MMAPABLE);
POLC_MAP(polc_ct4, ARRAY, __u32, struct polc_ct4_bucket, POLC_CT4_BUCKETS, BPF_F_MMAPABLE);
POLC_MAP(polc_ct_fates, PERCPU_ARRAY, __u32, __u64, POLC_CT_N_FATES, 0);

/* Not all of it is called here. */
#pragma clang diagnostic ignored "-Wunused-function"

POLC_CT_DEFINE(4)

enum { ENTRIES = POLC_CT4_BUCKETS * POLC_CT4_SLOTS };

struct key {
	__u64 addr, key;
};

struct value {
	__u32 seen, state;
};

POLC_MAP(ct_lru, LRU_HASH, struct key, struct value, ENTRIES, 0);
POLC_MAP(ct_hash, HASH, struct key, struct value, ENTRIES, 0);

/* As in conntrack.c. */
enum store { STORE_NONE, STORE_LRU, STORE_HASH, STORE_BUCKETS };
enum step { STEP_OPEN, STEP_ANSWER, STEP_MISS };

struct bench {
	struct polc_view view;
	enum store store;
	enum step step;
	__u32 mask, first, found;
};

POLC_INLINE bool note(void *map, const struct polc_ct4_flow *f, enum step step)
{
	struct key own = {f->addr[0], f->key};
	struct key reverse = {polc_ct_swap_addr((const struct polc_ct_flow *)f, 0, 1),
			      polc_ct_swap_key(f->key)};
	struct value *v = step == STEP_OPEN ? bpf_map_lookup_elem(map, &own) : NULL;
	struct value fresh = {.seen = polc_ct_now()};

	/* As the datapath did: a packet that cannot only open asks for both. */
	if (step == STEP_ANSWER)
		v = bpf_map_lookup_elem(map, &own);
	if (!v)
		v = bpf_map_lookup_elem(map, &reverse);
	if (v && v->seen != fresh.seen)
		v->seen = fresh.seen;
	if (!v && step == STEP_OPEN)
		bpf_map_update_elem(map, &own, &fresh, BPF_ANY);
	return v;
}

static long packet(__u32 i, void *ctx)
{
	struct bench *b = ctx;
	__u32 flow = b->first + ((i * 2654435761U >> 7) & b->mask);
	struct polc_pkt pkt = {.l4 = {.proto = IPPROTO_UDP}};
	struct polc_ct4_flow f;

	pkt.saddr.v4_be = bpf_htonl(0x64000000 + flow);
	pkt.daddr.v4_be = bpf_htonl(0x0a000003);
	pkt.l4.sport_be = bpf_htons(flow);
	pkt.l4.dport_be = bpf_htons(b->step == STEP_MISS ? 81 : 80);
	polc_ct4_flow_of(&b->view, &pkt, POLC_INGRESS, &f);
	if (b->step != STEP_OPEN) {
		f.addr[0] = polc_ct_swap_addr((const struct polc_ct_flow *)&f, 0, 1);
		f.key = polc_ct_swap_key(f.key);
	}
	if (b->store == STORE_LRU)
		b->found += note(&ct_lru, &f, b->step);
	else if (b->store == STORE_HASH)
		b->found += note(&ct_hash, &f, b->step);
	else if (b->store == STORE_BUCKETS && b->step == STEP_MISS)
		b->found += ct4_find(&f, &pkt.l4, POLC_CT_ANSWERS);
	else if (b->store == STORE_BUCKETS)
		ct4_put(&f, &pkt.l4);
	else
		b->found += f.hash & 1;
	return 0;
}

SEC("tc")
int bench(struct __sk_buff *skb)
{
	struct bench b = {
		.store = skb->cb[0], .step = skb->cb[1], .mask = skb->cb[3], .first = skb->cb[4]};
	__u32 zero = 0;

	b.view.node = bpf_map_lookup_elem(&polc_node, &zero);
	if (b.view.node)
		bpf_loop(skb->cb[2], packet, &b, 0);
	return b.found;
}

char _license[] SEC("license") = "Dual BSD/GPL";
