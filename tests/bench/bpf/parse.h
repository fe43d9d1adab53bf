/* SPDX-License-Identifier: Apache-2.0 */
/* Ethernet, IPv4, ports: the least that a classifier of TCP and UDP reads, checked as it must
 * be checked. */
#pragma once

#include <stdbool.h>

#include <linux/bpf.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>

struct flow {
	__be32 saddr_be, daddr_be;
	__be16 sport_be, dport_be;
	__u8 proto;
};

static __always_inline bool flow_read(struct __sk_buff *skb, struct flow *flow)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	const struct ethhdr *eth = data;
	const struct iphdr *ip = data + sizeof(*eth);
	const __be16 *ports;

	if ((void *)(ip + 1) > end || eth->h_proto != bpf_htons(ETH_P_IP))
		return false;
	if (ip->version != 4 || ip->ihl < 5 || ip->frag_off & bpf_htons(0x3fff))
		return false;
	ports = (void *)ip + ip->ihl * 4;
	if ((void *)(ports + 2) > end)
		return false;
	if (ip->protocol != IPPROTO_TCP && ip->protocol != IPPROTO_UDP)
		return false;
	flow->saddr_be = ip->saddr;
	flow->daddr_be = ip->daddr;
	flow->proto = ip->protocol;
	flow->sport_be = ports[0];
	flow->dport_be = ports[1];
	return true;
}
