/* SPDX-License-Identifier: Apache-2.0 */
/* The pins of a session's directory: names for the maps of the node. */
#pragma once

#include "runtime/node/state/session.h"

enum { RT_PIN_NAME_SIZE = 32 }; /* a slash and any of our names */

/* A descriptor of a pinned map; -ENOENT (unreported): no such pin. */
int rt_pin_open(struct rt_session *s, const char *name);
bool rt_pin_exists(const struct rt_session *s, const char *name);
int rt_pin_set(struct rt_session *s, const char *name, int fd);
/* Removing what is not there is fine. Returns -errno unreported: how bad it is depends. */
int rt_pin_remove(struct rt_session *s, const char *name);
