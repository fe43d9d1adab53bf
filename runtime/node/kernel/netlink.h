/* SPDX-License-Identifier: Apache-2.0 */
/* Requests about devices, and questions about their traffic control, by rtnetlink(7) and libmnl. */
#pragma once

#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <stddef.h>
#include <stdint.h>

/* Room for a tc request with attributes of ours. */
struct rt_request {
	_Alignas(struct nlmsghdr) char room[256];
};

/* The message in it, for mnl_attr_put() and the like; the caller keeps within the room. `head` is
 * the structure in front of the attributes. */
struct nlmsghdr *rt_request_make(struct rt_request *r, uint16_t type, uint16_t flags,
				 const void *head, size_t size);
struct nlmsghdr *rt_request_init(struct rt_request *r, uint16_t type, uint16_t flags,
				 const struct tcmsg *tc);

/* A message about a filter or qdisc; attrs[0..TCA_MAX], NULL where it has none. What is not 0
 * ends the answer. */
typedef int (*rt_answer_fn)(const struct tcmsg *tc, const struct nlattr **attrs, void *ctx);

/* Sends one request and visits its answers. 0 or -errno, the kernel's own for a refusal; what
 * it says about it goes to the capture of runtime/log.h. */
int rt_netlink_ask(const struct nlmsghdr *request, rt_answer_fn visit, void *ctx);

/* Many requests at once, each with one answer: `visit` gets it with the index of its request,
 * or attrs NULL and the errno of the refusal. */
typedef void (*rt_each_fn)(size_t i, int err, const struct nlattr **attrs, void *ctx);
typedef void (*rt_make_fn)(size_t i, struct rt_request *r, void *ctx);
int rt_netlink_ask_all(size_t n, rt_make_fn make, rt_each_fn visit, void *ctx);

/* Attributes by type, for mnl_attr_parse() and the like: `attrs` is a struct rt_attrs, whose table
 * [0..max] the caller zeroed. */
struct rt_attrs {
	const struct nlattr **table;
	uint16_t max;
};

int rt_attrs_note(const struct nlattr *attr, void *attrs);
