/* SPDX-License-Identifier: Apache-2.0 */
/* A HAProxy that runs in master-worker mode, as whoever runs it talks to it. */
#pragma once

#include <sys/types.h>

/* The worker that takes commands at this socket, by the number that it has for itself; 0: none
 * does. One that takes them listens everywhere. */
long proxy_worker(const char *socket_path);
