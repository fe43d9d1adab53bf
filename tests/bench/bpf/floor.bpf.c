/* SPDX-License-Identifier: Apache-2.0 */
/* The two floors: a program that does nothing, and one that only parses. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include <linux/pkt_cls.h>

#include "parse.h"

SEC("tc")
int empty(struct __sk_buff *skb)
{
	return TC_ACT_UNSPEC;
}

SEC("tc")
int parse(struct __sk_buff *skb)
{
	struct flow flow;

	if (!flow_read(skb, &flow))
		return TC_ACT_SHOT;
	/* Depends on all that was read, so that none of it is left out. */
	if (!(flow.saddr_be | flow.proto | flow.sport_be | flow.dport_be))
		return TC_ACT_SHOT;
	return TC_ACT_UNSPEC;
}

char _license[] SEC("license") = "Apache-2.0";
