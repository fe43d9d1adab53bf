/* SPDX-License-Identifier: Apache-2.0 */
/* The MTU of the proxies' devices: a load says it, and a proxy that is started again has it. */
#pragma once

#include "lang/base/diag.h"
#include "runtime/proxy/place.h"

enum {
	PROXY_MTU_MIN = 1280, /* with less a device has no IPv6 (RFC 8200) */
	PROXY_MTU_USUAL = 1500,
	PROXY_MTU_MAX = 65535,
};

/* What was said last; the usual one if nothing was. */
uint32_t proxy_mtu_kept(const struct proxy_place *place);
/* Of the proxies that run by now, and of those to come. `map` is polc_proxy. Returns 0 or a
 * negative errno after reporting. */
int proxy_mtu_say(const struct proxy_place *place, int map, uint32_t mtu, struct diag *diag);
