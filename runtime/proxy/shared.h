/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers that several processes map: a small file, of a size that all know. */
#pragma once

#include <stddef.h>

enum proxy_shared {
	PROXY_SHARED_READ,  /* it is there, whole */
	PROXY_SHARED_WRITE, /* the same, to be changed */
	PROXY_SHARED_MAKE,  /* to be changed; made, of zeroes, where it is not */
};

/* In this directory. NULL with errno; EPROTO: it is shorter. The caller munmap()s `size` bytes. */
void *proxy_shared_map(int dir, const char *name, size_t size, enum proxy_shared how);
