/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The way to a proxy (struct polc_proxy). Policy judges the connection here, once: a packet of the
 * client's is led to the listener of the decision, and an answer to what the proxy sent in the
 * name of the client is led back to it, as is an ICMP error about what it sent to either. Nothing
 * else tells a connection of the proxy from one past it, so what belongs to none is dropped there.
 */
#pragma once

#include <linux/pkt_cls.h>

#include "decision.h"

/* The listener of a redirect; 0: the decision is none, and what it does not allow is denied. */
POLC_INLINE __u32 polc_listener(void *pages, const struct polc_view *view, enum polc_dir dir,
				const __u32 *cell)
{
	int decision = polc_decision_at(pages, &view->ep->tables[dir], cell);
	const volatile struct polc_bank *bank = view->bank;
	int listener;

	if (decision < 0 || (__u32)decision >= bank->n_listeners)
		return 0;
	listener = polc_page_get(pages, bank->listeners + decision / POLC_PAGE, decision);
	return listener < 0 ? 0 : listener;
}

POLC_INLINE const struct polc_proxy *polc_proxy_of(void *proxies, enum polc_dir dir)
{
	__u32 key = dir;
	const struct polc_proxy *proxy = bpf_map_lookup_elem(proxies, &key);

	return proxy && proxy->ifindex ? proxy : NULL;
}

/* Has the proxy of this direction sent it? The kernel says so, not the packet. */
POLC_INLINE bool polc_from_proxy(const struct __sk_buff *skb, void *proxies, enum polc_dir dir)
{
	const struct polc_proxy *proxy = polc_proxy_of(proxies, dir);

	return proxy && skb->ingress_ifindex == proxy->ifindex;
}

/* The reason, with the packet on its way. */
POLC_INLINE int polc_proxy_send(struct __sk_buff *skb, void *proxies, enum polc_dir dir,
				__u32 listener, int reason)
{
	const struct polc_proxy *proxy = polc_proxy_of(proxies, dir);
	const __u8 macs[2 * POLC_MAC_SIZE] = {
		POLC_PROXY_MAC_HEAD,
		POLC_PROXY_MAC_TAIL,
		POLC_PROXY_MAC_HEAD,
		listener >> 8,
		listener,
	};

	if (!proxy)
		return POLC_DROP_NO_PROXY;
	if (bpf_skb_store_bytes(skb, 0, macs, sizeof(macs), 0))
		return POLC_DROP_INTERNAL;
	bpf_redirect(proxy->ifindex, 0);
	return reason;
}

/* Has the proxy a connection that this packet, of somebody else, is part of? */
POLC_INLINE bool polc_proxy_has(struct __sk_buff *skb, void *proxies, enum polc_dir dir,
				struct bpf_sock_tuple *tuple, __u32 size)
{
	const struct polc_proxy *proxy = polc_proxy_of(proxies, dir);
	struct bpf_sock *sk;
	bool has;

	if (!proxy || skb->ingress_ifindex == proxy->ifindex)
		return false;
	sk = bpf_skc_lookup_tcp(skb, tuple, size, proxy->netns, 0);
	if (!sk)
		return false;
	has = sk->state != BPF_TCP_LISTEN;
	bpf_sk_release(sk);
	return has;
}

POLC_INLINE bool polc_proxy_has4(struct __sk_buff *skb, void *proxies, enum polc_dir dir,
				 const struct polc_pkt *pkt)
{
	struct bpf_sock_tuple tuple = {
		.ipv4 = {.saddr = pkt->saddr.v4_be,
			 .daddr = pkt->daddr.v4_be,
			 .sport = pkt->l4.sport_be,
			 .dport = pkt->l4.dport_be},
	};

	return polc_proxy_has(skb, proxies, dir, &tuple, sizeof(tuple.ipv4));
}

POLC_INLINE bool polc_proxy_has6(struct __sk_buff *skb, void *proxies, enum polc_dir dir,
				 const struct polc_pkt *pkt)
{
	struct bpf_sock_tuple tuple = {};

	__builtin_memcpy(tuple.ipv6.saddr, &pkt->saddr, sizeof(tuple.ipv6.saddr));
	__builtin_memcpy(tuple.ipv6.daddr, &pkt->daddr, sizeof(tuple.ipv6.daddr));
	tuple.ipv6.sport = pkt->l4.sport_be;
	tuple.ipv6.dport = pkt->l4.dport_be;
	return polc_proxy_has(skb, proxies, dir, &tuple, sizeof(tuple.ipv6));
}

/* Has it sent the packet that an ICMP error quotes? */
POLC_INLINE bool polc_proxy_sent4(struct __sk_buff *skb, void *proxies, enum polc_dir dir,
				  const struct polc_pkt *quote)
{
	struct bpf_sock_tuple tuple = {
		.ipv4 = {.saddr = quote->daddr.v4_be,
			 .daddr = quote->saddr.v4_be,
			 .sport = quote->l4.dport_be,
			 .dport = quote->l4.sport_be},
	};

	return polc_proxy_has(skb, proxies, dir, &tuple, sizeof(tuple.ipv4));
}

POLC_INLINE bool polc_proxy_sent6(struct __sk_buff *skb, void *proxies, enum polc_dir dir,
				  const struct polc_pkt *quote)
{
	struct bpf_sock_tuple tuple = {};

	__builtin_memcpy(tuple.ipv6.saddr, &quote->daddr, sizeof(tuple.ipv6.saddr));
	__builtin_memcpy(tuple.ipv6.daddr, &quote->saddr, sizeof(tuple.ipv6.daddr));
	tuple.ipv6.sport = quote->l4.dport_be;
	tuple.ipv6.dport = quote->l4.sport_be;
	return polc_proxy_has(skb, proxies, dir, &tuple, sizeof(tuple.ipv6));
}

/* Of an ICMP error that is no proxy's: what policy has said of it by itself. */
POLC_INLINE int polc_error_alone(const struct polc_pkt *error)
{
	return error->l4.flags & POLC_L4_ALLOWED ? POLC_PASS_POLICY : POLC_DROP_POLICY;
}

/* A packet that goes to a proxy is already on its way there, past the filters behind this one. */
POLC_INLINE int polc_proxy_action(int reason, int action)
{
	return reason == POLC_PASS_PROXY || reason == POLC_PASS_PROXY_REPLY ||
			       reason == POLC_PASS_PROXY_RELATED
		       ? TC_ACT_REDIRECT
		       : action;
}
