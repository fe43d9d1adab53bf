/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which listener of the proxy of its direction a decision that redirects has. The number goes by
 * the rules that are asked: their policies, and whose connections on what ports they are about, not
 * what they say of requests. Where they say something else in the next policy, the connections that
 * are there meet it. A connection whose decision has another number by now ends with its next
 * packet (bpf/listen.bpf.c); until then it is with the number that it came to, and so may be
 * requests that it sent before. So other rules get a number only when all were given to some, and
 * only one that neither of the last two policies leads to, where the kernel has no connection any
 * more that came to it (runtime/proxy/alive.h): a new one comes by these rules alone.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "codegen/bundle.h"

struct rt_session;

struct rt_listeners {
	uint16_t *of_decision; /* 0: it has none */
	size_t n;              /* decisions; 0 if none of them redirects */
};

/* Returns 0, or -ENOSPC after reporting that no number is left. Memory comes from the session. */
int rt_listeners_assign(struct rt_session *s, const struct bundle *bundle,
			struct rt_listeners *out);
