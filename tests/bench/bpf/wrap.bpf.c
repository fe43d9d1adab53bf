/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every variant is measured through: makes the frame that BPF_PROG_TEST_RUN repeats into
 * the next packet of the run, and tail-calls the program under test. The slot is a constant,
 * so the kernel makes the call a direct jump. With an empty slot the run measures the wrapper.
 */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>

#include "bench.h"

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} under_test SEC(".maps");

struct bench_config config SEC(".bss.config");
struct bench_packet packets[BENCH_PACKETS] SEC(".bss.packets");

SEC("tc")
int wrap(struct __sk_buff *skb)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	const struct bench_packet *p;
	struct iphdr *ip = data + BENCH_L3;
	__be16 *ports = data + BENCH_L4;

	if (data + BENCH_HEADERS > end)
		return TC_ACT_SHOT;
	p = &packets[config.next++ & config.mask & (BENCH_PACKETS - 1)];
	ip->saddr = p->saddr_be;
	ip->protocol = p->proto;
	ports[0] = p->sport_be;
	ports[1] = p->dport_be;
	skb->tc_classid = config.classid;
	bpf_tail_call_static(skb, &under_test, 0);
	return TC_ACT_UNSPEC;
}

char _license[] SEC("license") = "Apache-2.0";
