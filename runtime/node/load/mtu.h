/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What fits every way that a proxy of this node may send on: the smallest MTU of the endpoints'
 * devices, and of the node's default routes. A proxy has one device for both of its sides, and
 * cannot know which of these ways a packet will take.
 */
#pragma once

#include "runtime/node/state/session.h"

/* 0: there is no such way. */
uint32_t rt_mtu_find(struct rt_session *s);
