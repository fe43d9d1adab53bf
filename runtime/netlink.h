/* SPDX-License-Identifier: Apache-2.0 */
/* Requests about the traffic control of devices, by rtnetlink(7). */
#pragma once

#include <linux/rtnetlink.h>
#include <stddef.h>
#include <stdint.h>

/* A tc request with room for the attributes of ours. */
struct rt_request {
	struct nlmsghdr h;
	struct tcmsg tc;
	uint8_t attrs[160];
};

void rt_request_init(struct rt_request *r, uint16_t type, uint16_t flags, const struct tcmsg *tc);
/* The caller keeps within the room. */
void rt_request_add(struct rt_request *r, uint16_t type, const void *data, size_t n);
/* Attributes added until rt_request_end() lie within this one. */
struct rtattr *rt_request_begin(struct rt_request *r, uint16_t type);
void rt_request_end(struct rt_request *r, struct rtattr *nest);

/* A message about a filter or qdisc; attrs[0..TCA_MAX], NULL where it has none. What is not 0
 * ends the answer. */
typedef int (*rt_answer_fn)(const struct tcmsg *tc, struct rtattr **attrs, void *ctx);

/* Sends one request and visits its answers. 0 or -errno, the kernel's own for a refusal; what
 * it says about it goes to the capture of runtime/log.h. */
int rt_netlink_ask(struct rt_request *r, rt_answer_fn visit, void *ctx);

/* Many requests at once, each with one answer: `visit` gets it with the index of its request,
 * or attrs NULL and the errno of the refusal. */
typedef void (*rt_each_fn)(size_t i, int err, struct rtattr **attrs, void *ctx);
typedef void (*rt_make_fn)(size_t i, struct rt_request *r, void *ctx);
int rt_netlink_ask_all(size_t n, rt_make_fn make, rt_each_fn visit, void *ctx);

/* out[0..max] by type; the caller zeroed it. */
void rt_attrs_parse(struct rtattr *first, size_t len, struct rtattr **out, unsigned max);
