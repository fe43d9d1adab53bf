/* SPDX-License-Identifier: Apache-2.0 */
/* Random rules about requests, as text, and requests that have to do with them. */
#pragma once

#include "compiler/l7.h"
#include "tests/lib/random.h"

/* Up to three http rules of an ingress section. */
const char *random_l7_rules(struct random *dice, struct arena *arena);
struct ir_request random_request(struct random *dice, struct arena *arena);
