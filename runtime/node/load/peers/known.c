/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/node/load/peers/known.h"

#include <errno.h>
#include <string.h>

#include "runtime/codes.h"
#include "runtime/node/load/peers/addr_writer.h"
#include "runtime/node/state/registry.h"

static int not_open(struct rt_session *s, size_t n)
{
	struct diag_item *item =
		diag_error(s->diag, LOC_NONE, RT_CODE_NOT_OPEN,
			   "the bundle is made for the endpoints of its inventory alone, and this "
			   "node was told of %zu others",
			   n);

	diag_note(s->diag, item, LOC_NONE,
		  "build it with --open, or remove them first with 'polc peer remove'");
	return -EINVAL;
}

static int add_address(struct rt_session *s, const struct bundle *bundle,
		       const struct ir_endpoint *ep, const struct net_addr *addr,
		       struct rt_known_peers *out)
{
	struct bundle_peer peer = {.addr = *addr};
	struct rt_peer_name owner;
	int r = rt_registry_owner(s, addr, &owner);

	/* Somebody else has it now. */
	if (r == -ENOENT || (!r && strcmp(owner.s, ep->name) != 0))
		return 0;
	if (!r)
		r = rt_classify(s, bundle, ep, addr, &peer.cls);
	if (!r)
		vec_push(&s->arena, &out->list, peer);
	return r;
}

static int add_peer(struct rt_session *s, const struct bundle *bundle, const char *name,
		    struct rt_known_peers *out)
{
	struct rt_peer told;
	const struct ir_endpoint *ep;
	int r = rt_registry_find(s, name, &s->arena, &told);

	if (r || !told.ep)
		return r;
	ep = cls_classifier_adopt(bundle->classifier, &told.ir->strings, told.ep, &s->arena);
	for (size_t i = 0; !r && i < ep->addrs.n; i++)
		r = add_address(s, bundle, ep, &ep->addrs.v[i], out);
	return r;
}

int rt_known_peers_find(struct rt_session *s, const struct bundle *bundle,
			struct rt_known_peers *out)
{
	struct rt_peer_names names;
	int r = rt_registry_names(s, &names), failed = r;

	*out = (struct rt_known_peers){0};
	if (!r && names.list.n && !bundle->classifier)
		return not_open(s, names.list.n);
	for (size_t i = 0; i < names.list.n && (!failed || failed == -EINVAL); i++) {
		r = add_peer(s, bundle, names.list.v[i].s, out);
		failed = r ? r : failed;
	}
	return failed;
}
