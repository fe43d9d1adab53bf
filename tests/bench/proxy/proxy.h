/* SPDX-License-Identifier: Apache-2.0 */
/* What requests cost that go through a proxy: polc's, and others with the same rules or none. */
#pragma once

#include "tests/bench/bench.h"

#define PROXY "proxy"

/* The workloads. */
#define PROXY_H1 "HTTP/1.1"
#define PROXY_H2 "HTTP/2"

/* The variants. */
#define PROXY_DIRECT    "no proxy"
#define PROXY_PLAIN     "HAProxy, no rules"
#define PROXY_POLC      "polc"
#define PROXY_ACL       "HAProxy, ACLs"
#define PROXY_ACL_TUNED "ACLs, no cache"
#define PROXY_NGINX     "nginx, locations"

void proxy_bench(struct bench *b, unsigned rules);
