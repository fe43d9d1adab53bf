/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A classifier of the shape that Cilium's has, written for this bench: address -> identity in
 * one longest-prefix trie for all addresses; the policy of the endpoint in a second trie, asked
 * for the identity and for everybody; in the second program conntrack in an LRU hash, asked
 * before policy and written on the first packet of a flow.
 *
 * It does less than Cilium does: no events, no counters, no services, no proxies, one conntrack
 * lookup for an established flow, not two. The precedence in an entry's value lets it say what
 * ordered rules say.
 */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include <linux/pkt_cls.h>

#include "bench.h"
#include "parse.h"

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct cilium_ip_key);
	__type(value, __u32);
} ipcache SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct cilium_policy_key);
	__type(value, __u32);
} policy SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, CILIUM_CT_ENTRIES);
	__type(key, struct cilium_ct_key);
	__type(value, struct cilium_ct);
} conntrack SEC(".maps");

static __always_inline __u32 identity_of(__be32 addr_be)
{
	struct cilium_ip_key key = {.len = 32, .addr_be = addr_be};
	const __u32 *id = bpf_map_lookup_elem(&ipcache, &key);

	return id ? *id : CILIUM_WORLD;
}

static __always_inline bool policy_allows(__u32 identity, const struct flow *flow)
{
	struct cilium_policy_key key = {.len = CILIUM_KEY_FIXED + 16,
					.identity = identity,
					.proto = flow->proto,
					.port_be = flow->dport_be};
	__u32 best = CILIUM_NONE;
	const __u32 *found = bpf_map_lookup_elem(&policy, &key);

	if (found)
		best = *found;
	key.identity = CILIUM_ANY;
	found = bpf_map_lookup_elem(&policy, &key);
	if (found && *found < best)
		best = *found;
	return best != CILIUM_NONE && best & 1;
}

SEC("tc")
int classify(struct __sk_buff *skb)
{
	struct flow flow;

	if (!flow_read(skb, &flow))
		return TC_ACT_SHOT;
	return policy_allows(identity_of(flow.saddr_be), &flow) ? TC_ACT_UNSPEC : TC_ACT_SHOT;
}

SEC("tc")
int classify_ct(struct __sk_buff *skb)
{
	struct cilium_ct_key key = {};
	struct cilium_ct *ct, fresh = {.packets = 1};
	struct flow flow;
	__u32 identity;

	if (!flow_read(skb, &flow))
		return TC_ACT_SHOT;
	key.saddr_be = flow.saddr_be;
	key.daddr_be = flow.daddr_be;
	key.sport_be = flow.sport_be;
	key.dport_be = flow.dport_be;
	key.proto = flow.proto;
	identity = identity_of(flow.saddr_be);
	ct = bpf_map_lookup_elem(&conntrack, &key);
	if (ct) {
		ct->packets++;
		ct->bytes += skb->len;
		ct->lifetime = bpf_jiffies64() >> 8;
	}
	/* Cilium asks for policy on each packet to an endpoint, so that revocations bite. */
	if (!policy_allows(identity, &flow))
		return TC_ACT_SHOT;
	if (!ct) {
		fresh.identity = identity;
		fresh.lifetime = bpf_jiffies64() >> 8;
		bpf_map_update_elem(&conntrack, &key, &fresh, BPF_ANY);
	}
	return TC_ACT_UNSPEC;
}

char _license[] SEC("license") = "Apache-2.0";
