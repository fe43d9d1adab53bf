/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A storm of packets for the datapath's conntrack, without packets: what the programs of an
 * endpoint call, called for many flows in one run. The flows have numbers, which their addresses
 * and ports follow from. The program returns how many flows it found.
 *
 * skb->cb: the first flow, how many, enum storm_what, the buckets to crowd into less one (a power
 * of two), and how many programs shall wait for each other before they begin.
 */
#include "conntrack.h"
#include "maps.h"

POLC_MAP(polc_node, ARRAY, __u32, struct polc_node, 1, BPF_F_MMAPABLE);
POLC_MAP(polc_ct4, ARRAY, __u32, struct polc_ct4_bucket, POLC_CT4_BUCKETS, BPF_F_MMAPABLE);
POLC_MAP(polc_ct6, ARRAY, __u32, struct polc_ct6_bucket, POLC_CT6_BUCKETS, BPF_F_MMAPABLE);
POLC_MAP(polc_ct_fates, PERCPU_ARRAY, __u32, __u64, POLC_CT_N_FATES, 0);
POLC_MAP(storm_waiting, ARRAY, __u32, __u32, 1, BPF_F_MMAPABLE);

/* Not all of it is called here. */
#pragma clang diagnostic ignored "-Wunused-function"

POLC_CT_DEFINE(4)
POLC_CT_DEFINE(6)

enum { MAX_WAIT = 1 << 16, PORTS = 61 };

/* As in storm.h. */
enum { STORM_OPEN, STORM_ANSWER, STORM_FIND, STORM_HAMMER };

struct storm {
	struct polc_view view;
	__u64 crowd;
	__u32 what, first, n, found;
};

/* Few ports, so that a record put together from two flows can be that of none. */
POLC_INLINE void flow_l4(__u32 ports, __u8 flags, struct polc_l4 *l4)
{
	__u32 port = ports % PORTS;

	*l4 = (struct polc_l4){.proto = IPPROTO_TCP,
			       .sport_be = bpf_htons(20000 + port),
			       .dport_be = bpf_htons(8000 + port),
			       .port = 8000 + port,
			       .flags = flags};
}

/* The packet that opens a flow; source, destination and ports may be of different flows. */
POLC_INLINE void flow4(const struct storm *s, __u32 src, __u32 dst, __u32 ports,
		       struct polc_ct4_flow *f, struct polc_l4 *l4)
{
	struct polc_pkt pkt = {};

	flow_l4(ports, POLC_L4_OPENS, l4);
	pkt.l4 = *l4;
	pkt.saddr.v4_be = bpf_htonl(0x64000000 + src);
	pkt.daddr.v4_be = bpf_htonl(0x28000000 + dst);
	polc_ct4_flow_of(&s->view, &pkt, POLC_INGRESS, f);
	f->hash &= s->crowd;
}

POLC_INLINE void flow6(const struct storm *s, __u32 src, __u32 dst, __u32 ports,
		       struct polc_ct6_flow *f, struct polc_l4 *l4)
{
	struct polc_pkt pkt = {};

	flow_l4(ports, POLC_L4_OPENS, l4);
	pkt.l4 = *l4;
	pkt.saddr.word[0] = pkt.daddr.word[0] = bpf_htonl(0x20010db8);
	pkt.saddr.word[1] = pkt.saddr.word[3] = bpf_htonl(src);
	pkt.daddr.word[1] = pkt.daddr.word[3] = bpf_htonl(dst);
	polc_ct6_flow_of(&s->view, &pkt, POLC_INGRESS, f);
	f->hash &= s->crowd;
}

/* How the flow that nobody opens differs from one that is: the ports of the next, or the
 * destination of another with the same ports. */
enum { STRANGE4 = 0, ODD_PORTS4 = 1, STRANGE6 = PORTS, ODD_PORTS6 = 0 };

/* One step of the storm, for a family. */
#define STORM_DEFINE(v)                                                                            \
	/* The same flow as its receiver sends. */                                                 \
	POLC_INLINE void reverse##v(struct polc_ct##v##_flow *f)                                   \
	{                                                                                          \
		struct polc_ct##v##_flow r = *f;                                                   \
                                                                                                   \
		for (__u32 i = 0; i < POLC_CT##v##_WORDS; i++)                                     \
			f->addr[i] = polc_ct_swap_addr((const struct polc_ct_flow *)&r, i,         \
						       POLC_CT##v##_WORDS);                        \
		f->key = polc_ct_swap_key(r.key);                                                  \
	}                                                                                          \
                                                                                                   \
	/* Opens a flow, resets it if its number is even, and looks for one that nobody opens. */  \
	POLC_INLINE __u32 hammer##v(const struct storm *s)                                         \
	{                                                                                          \
		__u32 a = bpf_get_prandom_u32() % s->n;                                            \
		struct polc_ct##v##_flow f;                                                        \
		struct polc_l4 l4;                                                                 \
                                                                                                   \
		flow##v(s, a, a, a, &f, &l4);                                                      \
		ct##v##_put(&f, &l4);                                                              \
		if (a % 2 == 0) {                                                                  \
			reverse##v(&f);                                                            \
			l4.flags = POLC_L4_RESETS;                                                 \
			ct##v##_find(&f, &l4, POLC_CT_ANSWERS);                                    \
		}                                                                                  \
		flow##v(s, a, a + STRANGE##v, a + ODD_PORTS##v, &f, &l4);                          \
		return ct##v##_find(&f, &l4, POLC_CT_OPENED);                                      \
	}                                                                                          \
                                                                                                   \
	POLC_INLINE __u32 step##v(const struct storm *s, __u32 i)                                  \
	{                                                                                          \
		struct polc_ct##v##_flow f;                                                        \
		struct polc_l4 l4;                                                                 \
                                                                                                   \
		if (s->what == STORM_HAMMER)                                                       \
			return hammer##v(s);                                                       \
		flow##v(s, s->first + i, s->first + i, s->first + i, &f, &l4);                     \
		if (s->what == STORM_OPEN) {                                                       \
			ct##v##_put(&f, &l4);                                                      \
			return 0;                                                                  \
		}                                                                                  \
		reverse##v(&f);                                                                    \
		l4.flags = 0;                                                                      \
		return ct##v##_find(&f, &l4,                                                       \
				    s->what == STORM_ANSWER ? POLC_CT_ANSWERS : POLC_CT_ANSWERED); \
	}

STORM_DEFINE(4)
STORM_DEFINE(6)

static long has_come(__u32 i, void *programs)
{
	__u32 zero = 0;
	const volatile __u32 *waiting = bpf_map_lookup_elem(&storm_waiting, &zero);

	return !waiting || *waiting % *(__u32 *)programs == 0;
}

/* Until as many programs as the caller says are here; for a while. */
POLC_INLINE void meet(__u32 programs)
{
	__u32 zero = 0, *waiting = bpf_map_lookup_elem(&storm_waiting, &zero);

	if (!waiting || !programs)
		return;
	__sync_fetch_and_add(waiting, 1);
	bpf_loop(MAX_WAIT, has_come, &programs, 0);
}

POLC_INLINE bool prepare(struct __sk_buff *skb, struct storm *s)
{
	__u64 crowd = skb->cb[3];
	__u32 zero = 0;

	s->view.node = bpf_map_lookup_elem(&polc_node, &zero);
	s->first = skb->cb[0];
	s->n = skb->cb[1];
	s->what = skb->cb[2];
	s->crowd = crowd << 40 | crowd << 20;
	meet(skb->cb[4]);
	return s->view.node;
}

#define STORM_PROGRAM(v)                                                                           \
	static long next##v(__u32 i, void *s)                                                      \
	{                                                                                          \
		((struct storm *)s)->found += step##v(s, i);                                       \
		return 0;                                                                          \
	}                                                                                          \
                                                                                                   \
	SEC("tc") int storm##v(struct __sk_buff *skb)                                              \
	{                                                                                          \
		struct storm s = {};                                                               \
                                                                                                   \
		if (prepare(skb, &s))                                                              \
			bpf_loop(s.n, next##v, &s, 0);                                             \
		return s.found;                                                                    \
	}

STORM_PROGRAM(4)
STORM_PROGRAM(6)

char _license[] SEC("license") = "Dual BSD/GPL";
