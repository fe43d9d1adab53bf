/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * At the node's end of a proxy's device: what the proxy has for the endpoint that it is for goes to
 * that endpoint's device at once. The other way is led past the node's stack, too (proxy.h), so the
 * node's conntrack sees such a connection not at all: of a half of one it would find packets
 * invalid, which firewalls drop. What is for anybody else goes the node's way in both directions.
 */
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/pkt_cls.h>

#include "packet.h"

enum {
	FAMILY_IP4 = 2,
	FAMILY_IP6 = 10
}; /* AF_INET and AF_INET6, which the kernel's headers lack */

POLC_INLINE int send_home(struct __sk_buff *skb, struct bpf_fib_lookup *fib)
{
	long r;

	fib->ifindex = skb->ifindex;
	fib->l4_protocol = IPPROTO_TCP;
	r = bpf_fib_lookup(skb, fib, sizeof(*fib), 0);
	if (r != BPF_FIB_LKUP_RET_SUCCESS && r != BPF_FIB_LKUP_RET_NO_NEIGH)
		return TC_ACT_OK;
	return (int)bpf_redirect_neigh(fib->ifindex, NULL, 0, 0);
}

POLC_INLINE int send_home4(struct __sk_buff *skb)
{
	struct bpf_fib_lookup fib = {.family = FAMILY_IP4};
	struct iphdr ip;

	if (bpf_skb_load_bytes(skb, sizeof(struct ethhdr), &ip, sizeof(ip)))
		return TC_ACT_OK;
	fib.ipv4_src = ip.saddr;
	fib.ipv4_dst = ip.daddr;
	fib.tos = ip.tos;
	return send_home(skb, &fib);
}

POLC_INLINE int send_home6(struct __sk_buff *skb)
{
	struct bpf_fib_lookup fib = {.family = FAMILY_IP6};
	struct ipv6hdr ip;

	if (bpf_skb_load_bytes(skb, sizeof(struct ethhdr), &ip, sizeof(ip)))
		return TC_ACT_OK;
	__builtin_memcpy(fib.ipv6_src, &ip.saddr, sizeof(fib.ipv6_src));
	__builtin_memcpy(fib.ipv6_dst, &ip.daddr, sizeof(fib.ipv6_dst));
	return send_home(skb, &fib);
}

SEC("tc")
int polc_past(struct __sk_buff *skb)
{
	__u8 mac[POLC_MAC_SIZE];

	if (bpf_skb_load_bytes(skb, offsetof(struct ethhdr, h_source), mac, sizeof(mac)) ||
	    mac[POLC_MAC_SIZE - 1] != POLC_PROXY_OWN)
		return TC_ACT_OK;
	if (skb->protocol == bpf_htons(ETH_P_IP))
		return send_home4(skb);
	if (skb->protocol == bpf_htons(ETH_P_IPV6))
		return send_home6(skb);
	return TC_ACT_OK;
}

char _license[] SEC("license") = "Dual BSD/GPL";
