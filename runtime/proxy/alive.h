/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which listeners of a proxy have connections: as the kernel knows it, by the number that each
 * socket has from its listener (bpf/listen.bpf.c). So it is of those of workers before a reload,
 * and of those that HAProxy has yet to accept, too.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "bpf/abi.h"

/* In the network namespace that ours knows by this identifier (struct polc_proxy): what has a
 * connection becomes true, by number; nothing has where that namespace is gone. Returns 0, or
 * -errno where nobody can tell. */
int proxy_alive_find(uint32_t netns, bool out[static POLC_LISTENERS]);
