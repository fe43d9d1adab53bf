/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Conntrack: who opened a flow, and when it was last seen. It holds no verdict. A packet that
 * policy denies passes as a reply only if its flow was opened from the other side and policy
 * still lets that side open it.
 *
 * Both directions record what policy lets pass, so that a reply is never mistaken for the
 * opening of a flow in the other direction, and a revoked flow cannot live on by its replies.
 *
 * The store is a table of buckets, one or two cache lines each. A flow lives in one of two
 * buckets, and at one endpoint the packets of both directions lead to the same two. Entries hold
 * the whole key.
 *
 * Processors share the table without locks. An entry is one word of meta data, by which it is
 * found and owned, and words of addresses. Whoever takes an entry first makes it BUSY by an
 * atomic exchange, then writes the addresses, then the new meta data; whoever finds a flow reads
 * the meta data, the addresses and the key in the meta data again. So a flow that nobody opened is
 * not found, and one that is only being noted is not missed.
 */
#pragma once

#include "view.h"

#define POLC_CT_KEY_MASK ((1ULL << POLC_CT_STATE_SHIFT) - 1)

/* Time counts in units of 2^32 ns. */
#define POLC_CT_TICKS(seconds) ((seconds)*1000000000ULL / (1ULL << 32))

/* How long an idle flow that was answered is safe from new ones in a table without room. */
enum { POLC_CT_SAFE_SECONDS = 600 };

/* The flow that a packet opens; what it answers is the same with both ends swapped. */
struct polc_ct_flow {
	__u64 hash; /* the same for both, seen from one endpoint */
	__u64 key;  /* the bits of POLC_CT_KEY_MASK */
	__u64 addr[];
};

struct polc_ct4_flow {
	__u64 hash, key, addr[POLC_CT4_WORDS];
};

struct polc_ct6_flow {
	__u64 hash, key, addr[POLC_CT6_WORDS];
};

/* Time without a packet until a flow is forgotten: new, answered, closing, closed. In words, 16
 * bits each, as a number to choose costs the kernel's verifier less than a way to go.
 *   TCP    answered, or accepted: not under the 7440 s of RFC 5382 REQ-5; new, closing, reset:
 * nf_conntrack's SYN sent/received 60, FIN wait 120, close 10 (kernel,
 * networking/nf_conntrack-sysctl) UDP    30 and 180: nf_conntrack's first value; an answered flow
 * over the 120 s of RFC 4787 ICMP   30, the rest 600: nf_conntrack's ICMP and generic timeouts */
#define POLC_CT_TIMES(new, answered, closing, closed)                                              \
	(POLC_CT_TICKS(new) | POLC_CT_TICKS(answered) << 16 | POLC_CT_TICKS(closing) << 32 |       \
	 POLC_CT_TICKS(closed) << 48)

POLC_INLINE __u32 polc_ct_timeout(__u32 proto, __u32 state)
{
	__u64 times = POLC_CT_TIMES(600, 600, 600, 600);

	if (proto == IPPROTO_TCP)
		times = POLC_CT_TIMES(60, 21600, 120, 10);
	else if (proto == IPPROTO_UDP)
		times = POLC_CT_TIMES(30, 180, 180, 180);
	else if (proto == IPPROTO_ICMP || proto == IPPROTO_ICMPV6)
		times = POLC_CT_TIMES(30, 30, 30, 30);
	if (state == POLC_CT_ACCEPTED)
		state = POLC_CT_REPLIED;
	return times >> (state - POLC_CT_NEW) * 16 % 64 & 0xffff;
}

POLC_INLINE __u32 polc_ct_now(void)
{
	return (bpf_ktime_get_coarse_ns() >> 32) & POLC_CT_TIME_MASK;
}

POLC_INLINE __u32 polc_ct_state(__u64 meta)
{
	return meta >> POLC_CT_STATE_SHIFT & POLC_CT_STATE_MASK;
}

POLC_INLINE __u32 polc_ct_idle(__u64 meta, __u32 now)
{
	return (now - (__u32)(meta >> POLC_CT_TIME_SHIFT)) & POLC_CT_TIME_MASK;
}

POLC_INLINE bool polc_ct_is_live(__u64 meta, __u32 now)
{
	__u32 state = polc_ct_state(meta);

	return state >= POLC_CT_NEW &&
	       polc_ct_idle(meta, now) <=
		       polc_ct_timeout(meta >> POLC_CT_PROTO_SHIFT & 0xff, state);
}

POLC_INLINE __u64 polc_ct_stamp(__u64 key, __u32 state, __u32 now)
{
	return key | (__u64)state << POLC_CT_STATE_SHIFT | (__u64)now << POLC_CT_TIME_SHIFT;
}

/* --- keys ------------------------------------------------------------------------------- */

POLC_INLINE __u64 polc_ct_key(const struct polc_l4 *l4, enum polc_dir dir)
{
	return l4->sport_be | (__u64)l4->dport_be << 16 | (__u64)l4->proto << POLC_CT_PROTO_SHIFT |
	       (__u64)dir << POLC_CT_DIR_SHIFT;
}

/* The same flow's key, seen from its other end. */
POLC_INLINE __u64 polc_ct_swap_key(__u64 key)
{
	__u64 ports = (key & 0xffff) << 16 | (key >> 16 & 0xffff);

	return ((key & ~0xffffffffULL) | ports) ^ 1ULL << POLC_CT_DIR_SHIFT;
}

/* Word i of the addresses, seen from the other end. */
POLC_INLINE __u64 polc_ct_swap_addr(const struct polc_ct_flow *f, __u32 i, const __u32 words)
{
	return words == 1 ? f->addr[0] << 32 | f->addr[0] >> 32 : f->addr[i ^ 2];
}

POLC_INLINE __u64 polc_ct_mix(__u64 h)
{
	h *= 0x9e3779b97f4a7c15; /* 2^64 over the golden ratio: spreads every bit upwards */
	return h ^ h >> 32;
}

/* The same for both directions of a flow at one of its ends; the other end, if it is an endpoint
 * too, has its own records elsewhere. Which flows meet in a bucket nobody outside the node can
 * tell. */
POLC_INLINE __u64 polc_ct_hash(const struct polc_node *node, __u64 local, __u64 remote,
			       const struct polc_l4 *l4, enum polc_dir dir)
{
	__u64 ports = dir == POLC_EGRESS ? (__u64)l4->sport_be << 16 | l4->dport_be
					 : (__u64)l4->dport_be << 16 | l4->sport_be;
	__u64 h = polc_ct_mix(local ^ node->seed[0]);

	h = polc_ct_mix(h + remote);
	return polc_ct_mix(h ^ (ports << 8 | l4->proto) ^ node->seed[1]);
}

POLC_INLINE __u64 polc_ct6_fold(const struct polc_node *node, const __u64 *addr)
{
	return polc_ct_mix((addr[0] ^ node->seed[0]) * (node->seed[1] | 1)) + addr[1];
}

/* --- entries ---------------------------------------------------------------------------- */

POLC_INLINE __u64 *polc_ct_entry(__u64 *bucket, __u32 i, const __u32 words, const __u32 slots)
{
	__u64 *entry = bucket + polc_index(i, slots) * (words + 1);

	POLC_OPAQUE(entry);
	return entry;
}

/* Does not look different, as far as one can tell while others may be writing. */
POLC_INLINE __u64 polc_ct_differs(const volatile __u64 *entry, __u64 meta,
				  const struct polc_ct_flow *f, const bool swap, const __u32 words)
{
	__u64 differs = (meta ^ (swap ? polc_ct_swap_key(f->key) : f->key)) & POLC_CT_KEY_MASK;

	for (__u32 i = 0; i < words; i++)
		differs |= entry[i] ^ (swap ? polc_ct_swap_addr(f, i, words) : f->addr[i]);
	return differs;
}

/* What comes out of this is 0, and no processor reads what it is added to before `value`. */
POLC_INLINE __u64 polc_ct_after(__u64 value)
{
	asm volatile("%0 &= 0" : "+r"(value));
	return value;
}

/* How often entries of this bucket were rewritten. Where there is room for it: beside more than
 * one word of addresses, which do not change all at once. */
POLC_INLINE __u64 *polc_ct_writes(__u64 *bucket, const __u32 words, const __u32 slots)
{
	return words > 1 ? bucket + slots * (words + 1) : NULL;
}

/* The meta data of the entry, if it holds the flow and did so all the time; else 0. */
POLC_INLINE __u64 polc_ct_confirm(__u64 *bucket, volatile __u64 *entry,
				  const struct polc_ct_flow *f, const bool swap, const __u32 words,
				  const __u32 slots)
{
	volatile __u64 *writes = polc_ct_writes(bucket, words, slots);
	__u64 before = writes ? *writes : 0, meta, differs;

	meta = (entry + polc_ct_after(before))[words];
	differs = polc_ct_differs(entry + polc_ct_after(meta), meta, f, swap, words);
	differs |= ((entry + polc_ct_after(differs))[words] ^ meta) & POLC_CT_KEY_MASK;
	if (writes)
		differs |= writes[polc_ct_after(differs)] ^ before;
	return differs ? 0 : meta;
}

/* A live record that was found: the word of its meta data, and what it was when the flow was found.
 */
struct polc_ct_found {
	__u64 *at; /* NULL: there is none */
	__u64 meta;
};

POLC_INLINE struct polc_ct_found polc_ct_in(__u64 *bucket, const struct polc_ct_flow *f,
					    const bool swap, __u32 now, const __u32 words,
					    const __u32 slots)
{
	struct polc_ct_found found = {};
	__u32 at = slots;
	__u64 *entry;

	for (__u32 i = 0; i < slots; i++) {
		const volatile __u64 *e = bucket + i * (words + 1);

		at = polc_ct_differs(e, e[words], f, swap, words) ? at : i;
	}
	POLC_FORGET(at, f->hash);
	if (at >= slots)
		return found;
	entry = polc_ct_entry(bucket, at, words, slots);
	found.meta = polc_ct_confirm(bucket, entry, f, swap, words, slots);
	if (polc_ct_is_live(found.meta, now))
		found.at = entry + words;
	return found;
}

/* Notes a packet of a flow; writes only what changed, and only if the record is still the same. */
POLC_INLINE void polc_ct_touch(struct polc_ct_found r, const struct polc_l4 *l4, bool reply,
			       __u32 now)
{
	__u32 state = polc_ct_state(r.meta);
	__u64 next;

	if (l4->flags & POLC_L4_RESETS)
		state = POLC_CT_CLOSED;
	else if ((l4->flags & POLC_L4_CLOSES) && state != POLC_CT_CLOSED)
		state = POLC_CT_CLOSING;
	else if (reply && (state == POLC_CT_NEW || state == POLC_CT_ACCEPTED))
		state = l4->flags & POLC_L4_ACCEPTS ? POLC_CT_ACCEPTED : POLC_CT_REPLIED;
	else if (!reply && state >= POLC_CT_CLOSING && (l4->flags & POLC_L4_OPENS))
		state = POLC_CT_NEW;
	next = polc_ct_stamp(r.meta & POLC_CT_KEY_MASK, state, now);
	if (next != r.meta)
		__sync_val_compare_and_swap(r.at, r.meta, next);
}

/* How willingly an entry makes room for a new flow. What holds this very flow goes first, so that
 * there is no second record of it, then what is free or forgotten, then what closes, then what was
 * never answered or only accepted, as a flood of SYNs is; each the more, the longer it is idle. */
enum {
	POLC_CT_RANK = 1 << 20,
	POLC_CT_GLADLY = 4 * POLC_CT_RANK,
	POLC_CT_SAME = 5 * POLC_CT_RANK,
};

POLC_INLINE __u32 polc_ct_yields(__u64 meta, __u32 now)
{
	__u32 state = polc_ct_state(meta), idle = polc_ct_idle(meta, now);

	if (state == POLC_CT_BUSY)
		return 0;
	if (!polc_ct_is_live(meta, now))
		return POLC_CT_GLADLY;
	if (state == POLC_CT_CLOSING || state == POLC_CT_CLOSED)
		return 3 * POLC_CT_RANK + idle;
	if (state != POLC_CT_REPLIED)
		return 2 * POLC_CT_RANK + idle;
	return idle > POLC_CT_TICKS(POLC_CT_SAFE_SECONDS) ? POLC_CT_RANK + idle : 0;
}

struct polc_ct_victim {
	__u64 meta;
	__u32 at, yields; /* at: which entry of its bucket */
};

POLC_INLINE struct polc_ct_victim polc_ct_choose(const volatile __u64 *bucket,
						 const struct polc_ct_flow *f, __u32 now,
						 const __u32 words, const __u32 slots)
{
	struct polc_ct_victim best = {};

	for (__u32 i = 0; i < slots; i++) {
		const volatile __u64 *entry = bucket + i * (words + 1);
		__u64 meta = entry[words];
		__u32 yields = polc_ct_yields(meta, now);

		if (!polc_ct_differs(entry, meta, f, false, words))
			yields = POLC_CT_SAME;
		POLC_FORGET(yields, meta);
		if (yields > best.yields)
			best = (struct polc_ct_victim){meta, i, yields};
		POLC_FORGET(best.at, meta);
	}
	return best;
}

/* What came of an attempt, beside enum polc_ct_fate. */
enum {
	POLC_CT_THERE = POLC_CT_N_FATES, /* another processor was faster, with the same flow */
	POLC_CT_LOST,                    /* or with another one in the same place */
};

/* Records a flow in the place of the victim, if there is one. */
POLC_INLINE __u32 polc_ct_replace(__u64 *bucket, struct polc_ct_victim v,
				  const struct polc_ct_flow *f, __u32 state, __u32 now,
				  const __u32 words, const __u32 slots)
{
	const __u64 busy = (__u64)POLC_CT_BUSY << POLC_CT_STATE_SHIFT;
	__u64 *writes = polc_ct_writes(bucket, words, slots);
	volatile __u64 *entry;

	if (!v.yields || v.at >= slots)
		return POLC_CT_NO_ROOM;
	if (v.yields == POLC_CT_SAME && polc_ct_is_live(v.meta, now))
		return POLC_CT_THERE;
	entry = polc_ct_entry(bucket, v.at, words, slots);
	if (__sync_val_compare_and_swap(entry + words, v.meta, busy) != v.meta)
		return POLC_CT_LOST;
	for (__u32 i = 0; i < words; i++)
		entry[i] = f->addr[i];
	if (writes)
		__sync_fetch_and_add(writes, 1);
	/* An exchange, as it comes after the addresses on every processor. */
	__sync_lock_test_and_set(entry + words, polc_ct_stamp(f->key, state, now));
	return v.yields >= POLC_CT_GLADLY ? POLC_CT_RECORDED : POLC_CT_DISPLACED;
}

POLC_INLINE __u32 polc_ct_insert(__u64 *first, __u64 *second, const struct polc_ct_flow *f,
				 __u32 state, __u32 now, const __u32 words, const __u32 slots)
{
	struct polc_ct_victim a = polc_ct_choose(first, f, now, words, slots), b = {};

	if (a.yields < POLC_CT_GLADLY)
		b = polc_ct_choose(second, f, now, words, slots);
	if (b.yields > a.yields)
		return polc_ct_replace(second, b, f, state, now, words, slots);
	return polc_ct_replace(first, a, f, state, now, words, slots);
}

/* --- tables ----------------------------------------------------------------------------- */

/* What the functions below need to know of a family. */
struct polc_ct_kind {
	__u32 words, slots, mask; /* words of addresses, entries of a bucket, buckets less one */
};

#define POLC_CT4 ((const struct polc_ct_kind){POLC_CT4_WORDS, POLC_CT4_SLOTS, POLC_CT4_BUCKETS - 1})
#define POLC_CT6 ((const struct polc_ct_kind){POLC_CT6_WORDS, POLC_CT6_SLOTS, POLC_CT6_BUCKETS - 1})

POLC_INLINE void polc_ct4_flow_of(const struct polc_view *view, const struct polc_pkt *pkt,
				  enum polc_dir dir, struct polc_ct4_flow *out)
{
	__u64 src = pkt->saddr.v4_be, dst = pkt->daddr.v4_be;

	out->key = polc_ct_key(&pkt->l4, dir);
	out->addr[0] = src | dst << 32;
	out->hash = polc_ct_hash(view->node, dir == POLC_EGRESS ? src : dst,
				 dir == POLC_EGRESS ? dst : src, &pkt->l4, dir);
}

POLC_INLINE void polc_ct6_flow_of(const struct polc_view *view, const struct polc_pkt *pkt,
				  enum polc_dir dir, struct polc_ct6_flow *out)
{
	const __u64 *src = pkt->saddr.quad, *dst = pkt->daddr.quad;

	out->key = polc_ct_key(&pkt->l4, dir);
	out->addr[0] = src[0];
	out->addr[1] = src[1];
	out->addr[2] = dst[0];
	out->addr[3] = dst[1];
	out->hash = polc_ct_hash(
		view->node, polc_ct6_fold(view->node, dir == POLC_EGRESS ? src : dst),
		polc_ct6_fold(view->node, dir == POLC_EGRESS ? dst : src), &pkt->l4, dir);
}

POLC_INLINE __u64 *polc_ct_bucket(void *table, __u32 i)
{
	return bpf_map_lookup_elem(table, &i);
}

POLC_INLINE __u64 *polc_ct_first(void *table, __u64 hash, const struct polc_ct_kind kind)
{
	return polc_ct_bucket(table, hash >> 40 & kind.mask);
}

/* Another one than the first. */
POLC_INLINE __u64 *polc_ct_second(void *table, __u64 hash, const struct polc_ct_kind kind)
{
	__u32 first = hash >> 40 & kind.mask, i = hash >> 20 & kind.mask;

	return polc_ct_bucket(table, i == first ? i ^ 1 : i);
}

/* The record of the flow, in either bucket. */
POLC_INLINE struct polc_ct_found polc_ct_find(void *table, const struct polc_ct_flow *f,
					      const bool swap, __u32 now,
					      const struct polc_ct_kind kind)
{
	__u64 *bucket = polc_ct_first(table, f->hash, kind);
	struct polc_ct_found r = {};

	if (bucket)
		r = polc_ct_in(bucket, f, swap, now, kind.words, kind.slots);
	if (r.at)
		return r;
	bucket = polc_ct_second(table, f->hash, kind);
	if (bucket)
		r = polc_ct_in(bucket, f, swap, now, kind.words, kind.slots);
	return r;
}

/* Is the flow that the packet opens on record? */
POLC_INLINE bool polc_ct_opened(void *table, const struct polc_ct_flow *f, const struct polc_l4 *l4,
				const struct polc_ct_kind kind)
{
	if (l4->flags & POLC_L4_ANSWERS)
		return false;
	return polc_ct_find(table, f, false, polc_ct_now(), kind).at;
}

/* Is the flow that it answers? */
POLC_INLINE bool polc_ct_answered(void *table, const struct polc_ct_flow *f,
				  const struct polc_l4 *l4, bool note,
				  const struct polc_ct_kind kind)
{
	__u32 now = polc_ct_now();
	struct polc_ct_found r;

	if (l4->flags & POLC_L4_OPENS)
		return false;
	r = polc_ct_find(table, f, true, now, kind);
	if (r.at && note)
		polc_ct_touch(r, l4, true, now);
	return r.at;
}

/* Notes the packet if one of its flows is in the bucket. */
POLC_INLINE bool polc_ct_note(__u64 *bucket, const struct polc_ct_flow *f, const struct polc_l4 *l4,
			      __u32 now, const struct polc_ct_kind kind)
{
	struct polc_ct_found r = {};

	if (!(l4->flags & POLC_L4_ANSWERS))
		r = polc_ct_in(bucket, f, false, now, kind.words, kind.slots);
	if (r.at) {
		polc_ct_touch(r, l4, false, now);
		return true;
	}
	if (!(l4->flags & POLC_L4_OPENS))
		r = polc_ct_in(bucket, f, true, now, kind.words, kind.slots);
	if (r.at)
		polc_ct_touch(r, l4, true, now);
	return r.at;
}

/* Notes the packet in whichever bucket one of its flows is. */
POLC_INLINE bool polc_ct_note_any(void *table, const struct polc_ct_flow *f,
				  const struct polc_l4 *l4, const struct polc_ct_kind kind)
{
	__u64 *bucket = polc_ct_first(table, f->hash, kind);
	__u32 now = polc_ct_now();

	if (bucket && polc_ct_note(bucket, f, l4, now, kind))
		return true;
	bucket = polc_ct_second(table, f->hash, kind);
	return bucket && polc_ct_note(bucket, f, l4, now, kind);
}

/* Records the flow that the packet opens. TCP in midstream opens one too: after a restart of the
 * node there is nothing better to know. False: another processor took the place, try again, unless
 * this was the last time. */
POLC_INLINE bool polc_ct_record(void *table, void *fates, const struct polc_ct_flow *f,
				const struct polc_l4 *l4, bool last, const struct polc_ct_kind kind)
{
	__u64 *first = polc_ct_first(table, f->hash, kind);
	__u64 *second = polc_ct_second(table, f->hash, kind), *count;
	__u32 state = POLC_CT_NEW, fate;

	if (l4->flags & POLC_L4_RESETS)
		state = POLC_CT_CLOSED;
	else if (l4->flags & POLC_L4_CLOSES)
		state = POLC_CT_CLOSING;
	if (!first || !second)
		return true;
	fate = polc_ct_insert(first, second, f, state, polc_ct_now(), kind.words, kind.slots);
	if (fate == POLC_CT_LOST && !last)
		return false;
	if (fate == POLC_CT_LOST)
		fate = POLC_CT_NO_ROOM;
	count = bpf_map_lookup_elem(fates, &fate);
	if (count)
		(*count)++;
	return true;
}

/* How often to try. */
enum { POLC_CT_TRIES = 4 };

/* What may be asked about a packet. */
enum polc_ct_ask {
	POLC_CT_OPENED,   /* is the flow that it opens on record? */
	POLC_CT_ANSWERED, /* the one that it answers? */
	POLC_CT_ANSWERS,  /* the same, and note the answer */
};

/*
 * For the generated program, POLC_CT_DEFINE(4) and (6), what it calls:
 *   ct4_track()     records a packet that policy allows
 *   ct4_asks()      enum polc_ct_ask
 * The functions behind them are global: the kernel verifies them once, and not for each state of
 * each caller.
 */
#define POLC_CT_DEFINE(v)                                                                          \
	__noinline int ct##v##_record(const struct polc_ct##v##_flow *f, const struct polc_l4 *l4, \
				      __u32 tries)                                                 \
	{                                                                                          \
		const struct polc_ct_flow *flow = (const struct polc_ct_flow *)f;                  \
                                                                                                   \
		return !f || !l4 ||                                                                \
		       polc_ct_record(&polc_ct##v, &polc_ct_fates, flow, l4, tries == 1,           \
				      POLC_CT##v);                                                 \
	}                                                                                          \
                                                                                                   \
	/* 0: the flow is to be recorded. Not called from here, as each call adds to the stack. */ \
	__noinline int ct##v##_note(const struct polc_ct##v##_flow *f, const struct polc_l4 *l4)   \
	{                                                                                          \
		const struct polc_ct_flow *flow = (const struct polc_ct_flow *)f;                  \
                                                                                                   \
		return !f || !l4 || polc_ct_note_any(&polc_ct##v, flow, l4, POLC_CT##v) ||         \
		       (l4->flags & POLC_L4_ANSWERS);                                              \
	}                                                                                          \
                                                                                                   \
	__noinline int ct##v##_find(const struct polc_ct##v##_flow *f, const struct polc_l4 *l4,   \
				    __u32 ask)                                                     \
	{                                                                                          \
		const struct polc_ct_flow *flow = (const struct polc_ct_flow *)f;                  \
                                                                                                   \
		if (!f || !l4)                                                                     \
			return 0;                                                                  \
		if (ask == POLC_CT_OPENED)                                                         \
			return polc_ct_opened(&polc_ct##v, flow, l4, POLC_CT##v);                  \
		return polc_ct_answered(&polc_ct##v, flow, l4, ask == POLC_CT_ANSWERS,             \
					POLC_CT##v);                                               \
	}                                                                                          \
                                                                                                   \
	POLC_INLINE void ct##v##_put(const struct polc_ct##v##_flow *f, const struct polc_l4 *l4)  \
	{                                                                                          \
		if (ct##v##_note(f, l4))                                                           \
			return;                                                                    \
		for (__u32 tries = POLC_CT_TRIES; tries; tries--) {                                \
			if (ct##v##_record(f, l4, tries))                                          \
				break;                                                             \
		}                                                                                  \
	}                                                                                          \
                                                                                                   \
	POLC_INLINE void ct##v##_track(const struct polc_view *view, const struct polc_pkt *pkt,   \
				       enum polc_dir dir)                                          \
	{                                                                                          \
		struct polc_ct##v##_flow f;                                                        \
                                                                                                   \
		if (pkt->l4.flags & POLC_L4_ALONE)                                                 \
			return;                                                                    \
		polc_ct##v##_flow_of(view, pkt, dir, &f);                                          \
		ct##v##_put(&f, &pkt->l4);                                                         \
	}                                                                                          \
                                                                                                   \
	POLC_INLINE bool ct##v##_asks(const struct polc_view *view, const struct polc_pkt *pkt,    \
				      enum polc_dir dir, enum polc_ct_ask ask)                     \
	{                                                                                          \
		struct polc_ct##v##_flow f;                                                        \
                                                                                                   \
		if (pkt->l4.flags & POLC_L4_ALONE)                                                 \
			return false;                                                              \
		polc_ct##v##_flow_of(view, pkt, dir, &f);                                          \
		return ct##v##_find(&f, &pkt->l4, ask);                                            \
	}
