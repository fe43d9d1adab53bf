/* SPDX-License-Identifier: Apache-2.0 */
/* What a load and an unload do with the proxies of their node: have them run, or end. */
#pragma once

#include "lang/base/diag.h"
#include "runtime/proxy/place.h"

/* Starts them where nobody runs them; where somebody does with fewer listeners than these (from 1
 * on, by direction), they reload. They are ready when this returns 0; else a negative errno after
 * reporting. `map` is polc_proxy. */
int proxy_need(const struct proxy_place *place, const char *pin_dir, int map,
	       const uint32_t listeners[static POLC_DIRS], struct diag *diag);
/* Ends them; logs stay. Fine if there are none. */
void proxy_stop(const struct proxy_place *place);
/* The same, and removes their files. */
void proxy_end(const struct proxy_place *place);
