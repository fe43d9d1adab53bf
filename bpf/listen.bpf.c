/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * In the namespace of a proxy, at the ingress of its device: a SYN goes to the listener that the
 * Ethernet header names (bpf/abi.h), whatever address it is for. What follows finds its socket by
 * itself. Where there is no such listener, nobody answers, and the client is told so by a reset.
 */
#include <linux/pkt_cls.h>

#include "ipv4.h"
#include "ipv6.h"
#include "transport.h"

/* The source address ends in the number of the listener. */
POLC_INLINE __u32 listener_of(struct __sk_buff *skb)
{
	__u8 mac[POLC_MAC_SIZE];

	if (bpf_skb_load_bytes(skb, offsetof(struct ethhdr, h_source), mac, sizeof(mac)))
		return 0;
	return mac[POLC_MAC_SIZE - 2] << 8 | mac[POLC_MAC_SIZE - 1];
}

/* Notes the ports of a SYN. */
POLC_INLINE bool opens(struct __sk_buff *skb, struct polc_pkt *pkt)
{
	union polc_l4_header h;

	if (pkt->l4.proto != IPPROTO_TCP || pkt->frag != POLC_FRAG_NONE ||
	    !POLC_READ(skb, pkt->at, &h))
		return false;
	pkt->l4.sport_be = h.ports.sport_be;
	pkt->l4.dport_be = h.ports.dport_be;
	return polc_tcp_flags(&h) & POLC_L4_OPENS;
}

/* Does a connection have this tuple? Then the SYN is its business. */
POLC_INLINE struct bpf_sock *find(struct __sk_buff *skb, struct bpf_sock_tuple *tuple, __u32 size)
{
	return bpf_skc_lookup_tcp(skb, tuple, size, (__u64)BPF_F_CURRENT_NETNS, 0);
}

POLC_INLINE bool is_connected(struct __sk_buff *skb, struct bpf_sock_tuple *tuple, __u32 size)
{
	struct bpf_sock *sk = find(skb, tuple, size);
	bool yes;

	if (!sk)
		return false;
	yes = sk->state != BPF_TCP_LISTEN;
	bpf_sk_release(sk);
	return yes;
}

POLC_INLINE int assign(struct __sk_buff *skb, struct bpf_sock_tuple *tuple, __u32 size)
{
	struct bpf_sock *sk = find(skb, tuple, size);
	int r;

	if (!sk)
		return TC_ACT_OK;
	r = sk->state == BPF_TCP_LISTEN ? bpf_sk_assign(skb, sk, 0) : 0;
	bpf_sk_release(sk);
	return r ? TC_ACT_SHOT : TC_ACT_OK;
}

POLC_INLINE int listen4(struct __sk_buff *skb, __u32 listener)
{
	struct bpf_sock_tuple tuple = {};
	struct polc_pkt pkt = {};

	if (polc_ip4_read(skb, sizeof(struct ethhdr), &pkt, false) != POLC_GO || !opens(skb, &pkt))
		return TC_ACT_OK;
	tuple.ipv4.saddr = pkt.saddr.v4_be;
	tuple.ipv4.daddr = pkt.daddr.v4_be;
	tuple.ipv4.sport = pkt.l4.sport_be;
	tuple.ipv4.dport = pkt.l4.dport_be;
	if (is_connected(skb, &tuple, sizeof(tuple.ipv4)))
		return TC_ACT_OK;
	tuple.ipv4.dport = bpf_htons(POLC_LISTENER_PORT + listener);
	return assign(skb, &tuple, sizeof(tuple.ipv4));
}

POLC_INLINE int listen6(struct __sk_buff *skb, __u32 listener)
{
	struct bpf_sock_tuple tuple = {};
	struct polc_pkt pkt = {};

	if (polc_ip6_read(skb, sizeof(struct ethhdr), &pkt, false) != POLC_GO || !opens(skb, &pkt))
		return TC_ACT_OK;
	__builtin_memcpy(tuple.ipv6.saddr, &pkt.saddr, sizeof(tuple.ipv6.saddr));
	__builtin_memcpy(tuple.ipv6.daddr, &pkt.daddr, sizeof(tuple.ipv6.daddr));
	tuple.ipv6.sport = pkt.l4.sport_be;
	tuple.ipv6.dport = pkt.l4.dport_be;
	if (is_connected(skb, &tuple, sizeof(tuple.ipv6)))
		return TC_ACT_OK;
	tuple.ipv6.dport = bpf_htons(POLC_LISTENER_PORT + listener);
	return assign(skb, &tuple, sizeof(tuple.ipv6));
}

SEC("tc")
int polc_listen(struct __sk_buff *skb)
{
	__u32 listener = listener_of(skb);

	if (!listener || listener >= POLC_LISTENERS)
		return TC_ACT_OK;
	if (skb->protocol == bpf_htons(ETH_P_IP))
		return listen4(skb, listener);
	if (skb->protocol == bpf_htons(ETH_P_IPV6))
		return listen6(skb, listener);
	return TC_ACT_OK;
}

char _license[] SEC("license") = "Dual BSD/GPL";
