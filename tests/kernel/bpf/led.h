/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connections that a proxy seems to have: sockets in a network namespace of this process, made
 * without a packet. Programs look them up as they look up those of a proxy.
 */
#pragma once

#include "tests/lib/flow_model.h"

/* Moves the process there. 0 or -errno. */
int led_init(void);
/* A socket that sends as the tuple says, or -errno: it is there already, or none can be at these
 * addresses. */
int led_open(const struct model_tuple *t);
