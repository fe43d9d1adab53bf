/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which listener of the proxy of its direction a decision that redirects has. The number goes by
 * the rules that are asked: their policies, and whose connections on what ports they are about, not
 * what they say of requests. Where they say something else in the next policy, the connections that
 * are there meet it. A number that was once given to some rules is never given to others while the
 * node keeps its maps, as there may be connections that came to it; one whose decision has another
 * number by now ends (bpf/listen.bpf.c).
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
