/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * In the namespace of a proxy, at the ingress of its device: a SYN goes to the listener that the
 * Ethernet header names (bpf/abi.h), whatever address it is for. What follows finds its socket by
 * itself, as long as it names the same listener. Where policy has another one for a connection by
 * now, other rules judge its requests than those that it came to: it ends with a reset, and whoever
 * has it comes again. So it does where there is no such listener.
 *
 * At the egress of the device, a packet for the endpoint that the proxy is for is told from others
 * (past.bpf.c): the proxy of ingress is for the server that it opens connections to, that of egress
 * for the client whose connections it has accepted.
 */
#include <linux/pkt_cls.h>

#include "ipv4.h"
#include "ipv6.h"
#include "transport.h"

/* The number of a listener, with its socket; its connections have it from there. */
struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC | BPF_F_CLONE);
	__type(key, int);
	__type(value, __u32);
} polc_came_to SEC(".maps");

/* A packet, by its addresses, and where it asks to go. */
struct asked {
	struct bpf_sock_tuple connection, listener;
	__u32 size; /* of either tuple */
	__u32 number;
	__u8 flags; /* POLC_L4_... */
};

/* The source address ends in the number of the listener. */
POLC_INLINE __u32 listener_of(struct __sk_buff *skb)
{
	__u8 mac[POLC_MAC_SIZE];

	if (bpf_skb_load_bytes(skb, offsetof(struct ethhdr, h_source), mac, sizeof(mac)))
		return 0;
	return mac[POLC_MAC_SIZE - 2] << 8 | mac[POLC_MAC_SIZE - 1];
}

/* The listener gets it: a SYN opens a connection, and anything else is answered by a reset. */
POLC_INLINE int give(struct __sk_buff *skb, struct asked *asked)
{
	__u64 here = (__u64)BPF_F_CURRENT_NETNS;
	struct bpf_sock *sk = bpf_skc_lookup_tcp(skb, &asked->listener, asked->size, here, 0);
	int r = TC_ACT_SHOT;

	if (!sk)
		return asked->flags & POLC_L4_OPENS ? TC_ACT_OK : TC_ACT_SHOT;
	if (sk->state == BPF_TCP_LISTEN &&
	    bpf_sk_storage_get(&polc_came_to, sk, &asked->number, BPF_SK_STORAGE_GET_F_CREATE) &&
	    !bpf_sk_assign(skb, sk, 0))
		r = TC_ACT_OK;
	bpf_sk_release(sk);
	return r;
}

/* Did the connection come to another listener? A new one has its listener's number. */
POLC_INLINE bool came_elsewhere(struct bpf_sock *sk, __u32 number)
{
	const __u32 *own = NULL;
	struct bpf_sock *listener;

	if (sk->state == BPF_TCP_NEW_SYN_RECV) {
		listener = bpf_get_listener_sock(sk);
		if (listener)
			own = bpf_sk_storage_get(&polc_came_to, listener, NULL, 0);
	} else {
		own = bpf_sk_storage_get(&polc_came_to, sk, NULL, 0);
	}
	return !own || *own != number;
}

/* What belongs to no connection goes to the listener; a SYN of a connection that is there is that
 * one's business. A reset is welcome from everybody. */
POLC_INLINE int follow(struct __sk_buff *skb, struct asked *asked)
{
	__u64 here = (__u64)BPF_F_CURRENT_NETNS;
	bool connected = false;
	struct bpf_sock *sk;

	if (asked->flags & POLC_L4_RESETS)
		return TC_ACT_OK;
	sk = bpf_skc_lookup_tcp(skb, &asked->connection, asked->size, here, 0);
	if (!sk)
		return give(skb, asked);
	/* A listener's own port may be that of a server. */
	if (sk->state != BPF_TCP_LISTEN && sk->state != BPF_TCP_TIME_WAIT)
		connected = !came_elsewhere(sk, asked->number);
	bpf_sk_release(sk);
	return connected ? TC_ACT_OK : give(skb, asked);
}

/* Of a packet in fragments the first one has the header, and without it they are no packet. */
POLC_INLINE bool is_read(struct __sk_buff *skb, struct polc_pkt *pkt)
{
	return pkt->frag == POLC_FRAG_LATER ||
	       (pkt->l4.proto == IPPROTO_TCP && polc_l4_read(skb, pkt, false) == POLC_GO);
}

POLC_INLINE int listen(struct __sk_buff *skb, const struct polc_pkt *pkt, struct asked *asked)
{
	if (pkt->frag == POLC_FRAG_LATER)
		return TC_ACT_OK;
	asked->flags = pkt->l4.flags;
	return follow(skb, asked);
}

POLC_INLINE int listen4(struct __sk_buff *skb, __u32 number)
{
	struct asked asked = {.size = sizeof(asked.connection.ipv4), .number = number};
	struct polc_pkt pkt = {};

	if (polc_ip4_read(skb, sizeof(struct ethhdr), &pkt, false) != POLC_GO ||
	    !is_read(skb, &pkt))
		return TC_ACT_SHOT;
	asked.connection.ipv4.saddr = pkt.saddr.v4_be;
	asked.connection.ipv4.daddr = pkt.daddr.v4_be;
	asked.connection.ipv4.sport = pkt.l4.sport_be;
	asked.connection.ipv4.dport = pkt.l4.dport_be;
	asked.listener.ipv4.daddr = pkt.daddr.v4_be;
	asked.listener.ipv4.dport = bpf_htons(POLC_LISTENER_PORT + number);
	return listen(skb, &pkt, &asked);
}

POLC_INLINE int listen6(struct __sk_buff *skb, __u32 number)
{
	struct asked asked = {.size = sizeof(asked.connection.ipv6), .number = number};
	struct polc_pkt pkt = {};

	if (polc_ip6_read(skb, sizeof(struct ethhdr), &pkt, false) != POLC_GO ||
	    !is_read(skb, &pkt))
		return TC_ACT_SHOT;
	__builtin_memcpy(asked.connection.ipv6.saddr, &pkt.saddr, sizeof(pkt.saddr));
	__builtin_memcpy(asked.connection.ipv6.daddr, &pkt.daddr, sizeof(pkt.daddr));
	asked.connection.ipv6.sport = pkt.l4.sport_be;
	asked.connection.ipv6.dport = pkt.l4.dport_be;
	__builtin_memcpy(asked.listener.ipv6.daddr, &pkt.daddr, sizeof(pkt.daddr));
	asked.listener.ipv6.dport = bpf_htons(POLC_LISTENER_PORT + number);
	return listen(skb, &pkt, &asked);
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

/* --- what the proxy sends --------------------------------------------------------------------- */

/* Where no socket says it, as of a reset for a connection that is gone, the port does: it is mostly
 * no server's. */
POLC_INLINE bool has_own_port(struct __sk_buff *skb)
{
	__u32 at = sizeof(struct ethhdr) + sizeof(struct ipv6hdr);
	__u16 port = 0;
	__u8 byte;

	if (skb->protocol == bpf_htons(ETH_P_IP)) {
		if (bpf_skb_load_bytes(skb, sizeof(struct ethhdr), &byte, 1))
			return false;
		at = sizeof(struct ethhdr) + (byte & 15) * 4;
	}
	if (bpf_skb_load_bytes(skb, at, &port, sizeof(port)))
		return false;
	port = bpf_ntohs(port);
	return port >= POLC_PROXY_FIRST_PORT && port <= POLC_PROXY_LAST_PORT;
}

/* Is it of a connection that it has opened, and not of one that came to a listener? */
POLC_INLINE bool has_opened(struct __sk_buff *skb)
{
	struct bpf_sock *sk = skb->sk;

	if (!sk)
		return has_own_port(skb);
	if (sk->state == BPF_TCP_NEW_SYN_RECV)
		return false;
	sk = bpf_sk_fullsock(sk);
	if (!sk || sk->protocol != IPPROTO_TCP)
		return has_own_port(skb);
	return !bpf_sk_storage_get(&polc_came_to, sk, NULL, 0);
}

POLC_INLINE int say(struct __sk_buff *skb, bool own)
{
	const __u8 last = own ? POLC_PROXY_OWN : 0;

	bpf_skb_store_bytes(skb, offsetof(struct ethhdr, h_source) + POLC_MAC_SIZE - 1, &last, 1,
			    0);
	return TC_ACT_OK;
}

SEC("tc")
int polc_say_ingress(struct __sk_buff *skb)
{
	return say(skb, has_opened(skb));
}

SEC("tc")
int polc_say_egress(struct __sk_buff *skb)
{
	return say(skb, !has_opened(skb));
}

char _license[] SEC("license") = "Dual BSD/GPL";
