/* SPDX-License-Identifier: Apache-2.0 */
/* The proxies of the node, as a load has them: running where requests decide, with the rule sets of
 * its bundle at their listeners. */
#pragma once

#include "runtime/node/load/bank/listeners.h"
#include "runtime/node/state/session.h"

/* Before the new policy is in force. Each returns 0 or a negative errno after reporting. Where no
 * decision redirects there is nothing to do. */

/* They run, and have these listeners. */
int rt_proxies_need(struct rt_session *s, const struct bundle *bundle,
		    const struct rt_listeners *listeners);
/* Their rules are those of the bundle. All of them, or none after an error. */
int rt_proxies_publish(struct rt_session *s, const struct bundle *bundle,
		       const struct rt_listeners *listeners);

/* After it. What no decision leads to any more lets nothing pass; where none redirects, there are
 * no proxies. */
void rt_proxies_withdraw(struct rt_session *s, const struct bundle *bundle,
			 const struct rt_listeners *listeners);
/* Their devices' MTU is what the endpoints in force and the node's way out have (mtu.h). */
int rt_proxies_fit(struct rt_session *s);
/* Of a load that failed, where nothing needs them; logs stay. */
void rt_proxies_stop(struct rt_session *s);
/* With the last endpoint. */
void rt_proxies_end(struct rt_session *s);
