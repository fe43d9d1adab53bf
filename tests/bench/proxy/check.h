/* SPDX-License-Identifier: Apache-2.0 */
/* Is a proxy that is to be timed told the right rules? */
#pragma once

#include "tests/bench/proxy/load.h"
#include "tests/bench/requests/genre.h"

enum { CHECK_REQUESTS = 400 };

/* What the rules say of the first CHECK_REQUESTS requests, by the interpreter: those that are
 * allowed. False: the policy is not read. */
bool check_judge(const struct genre *g, bool allowed[static CHECK_REQUESTS]);
/* Sends them. The number of answers that are not what is wanted, 200 or 403; all if they cannot be
 * sent. */
size_t check_ask(const struct load *l, const struct genre *g,
		 const bool allowed[static CHECK_REQUESTS]);
