/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The two ends of a lane through the kernel's network stack: where packets are made, by an XDP
 * program whose frames go live (BPF_F_TEST_XDP_LIVE_FRAMES), and where those that arrive are
 * counted and end. The IP identification says which packet it is.
 */
#include <linux/bpf.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>

#include "bench.h"

struct bench_config config SEC(".bss.config");
struct bench_packet packets[BENCH_PACKETS] SEC(".bss.packets");
__u8 arrived[BENCH_PACKETS] SEC(".bss.arrived");

/* Frames come back as the stack left them, so all of it is written again. */
SEC("xdp")
int flood(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data;
	struct iphdr *ip = data + BENCH_L3;
	__u16 *half = data + BENCH_L3;
	const struct bench_packet *p;
	__be16 *ports = data + BENCH_L4;
	__u32 sum = 0, i;

	if (data + BENCH_HEADERS > end)
		return XDP_DROP;
	i = config.next++ & config.mask & (BENCH_PACKETS - 1);
	p = &packets[i];
	__builtin_memcpy(eth->h_dest, config.dmac, ETH_ALEN);
	__builtin_memcpy(eth->h_source, config.smac, ETH_ALEN);
	eth->h_proto = bpf_htons(ETH_P_IP);
	ip->ttl = 64;
	ip->id = bpf_htons(i);
	ip->saddr = p->saddr_be;
	ip->daddr = config.daddr_be;
	ip->protocol = p->proto;
	ip->check = 0;
#pragma unroll
	for (int k = 0; k < 10; k++)
		sum += half[k];
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	ip->check = ~sum;
	ports[0] = p->sport_be;
	ports[1] = p->dport_be;
	return XDP_PASS;
}

SEC("tc")
int sink(struct __sk_buff *skb)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	const struct iphdr *ip = data + BENCH_L3;

	if (data + BENCH_HEADERS > end)
		return TC_ACT_SHOT;
	config.passed++;
	arrived[bpf_ntohs(ip->id)] = 1;
	return TC_ACT_SHOT;
}

char _license[] SEC("license") = "Apache-2.0";
