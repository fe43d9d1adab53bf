/* SPDX-License-Identifier: Apache-2.0 */
/* Random policies that judge requests, as text, a few endpoints under them, and requests that they
 * tell apart. */
#pragma once

#include "compiler/l7.h"
#include "lang/base/buf.h"
#include "tests/lib/random.h"

/* Ends of rules and claims, and ports, "" among these. */
const char *judging_peer(struct random *dice);
const char *judging_port(struct random *dice);
/* ` http { ... }` */
void judging_put_entries(struct random *dice, bool denies, struct buf *out);
/* Up to three, called `name` and a number; each rule begins a line. */
void judging_put_policies(struct random *dice, const char *name, struct buf *out);

extern const char judging_inventory[];

struct judging_requests {
	VEC(struct ir_request) list;
};
void judging_add_requests(struct arena *arena, struct judging_requests *out);
