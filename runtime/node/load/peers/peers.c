/* SPDX-License-Identifier: Apache-2.0 */
/* Peers that come and go while policy is in force. Registry first, then the address: whoever is
 * killed between the two has left what the next load or call puts right. */
#include <errno.h>
#include <string.h>

#include "runtime/codes.h"
#include "runtime/node/load/peers/addr_writer.h"
#include "runtime/node/state/records.h"
#include "runtime/node/state/registry.h"
#include "runtime/runtime.h"

/* --- what is asked for --------------------------------------------------------------------- */

static int check_open(struct rt_session *s, const struct bundle *bundle)
{
	if (bundle->classifier)
		return 0;
	diag_error(s->diag, LOC_NONE, RT_CODE_NOT_OPEN,
		   "the bundle is made for the endpoints of its inventory alone: build it with "
		   "--open, and load it");
	return -EINVAL;
}

/* A host's address is told by the bundle and by the node itself; who has no address yet cannot send
 * a packet. */
static bool is_placed(const struct ir_endpoint *ep)
{
	return !ep->host && ep->addrs.n;
}

static void warn_left_out(struct rt_session *s, const struct ir_endpoint *ep)
{
	if (!ep->host)
		diag_warning(
			s->diag, ep->loc, RT_CODE_NO_ADDRESS,
			"endpoint '%s' has no address and is left out: tell the node again when "
			"it has one",
			ep->name);
}

static int check_classes(struct rt_session *s, const struct bundle *bundle,
			 const struct ir_endpoint *ep)
{
	uint32_t cls;
	int r = 0;

	for (size_t i = 0; !r && i < ep->addrs.n; i++)
		r = rt_classify(s, bundle, ep, &ep->addrs.v[i], &cls);
	return r;
}

static const struct rt_entry *find_entry(const struct rt_entries *in_force, const char *name)
{
	vec_each (const struct rt_entry, e, in_force)
		if (strcmp(e->rec.name, name) == 0)
			return e;
	return NULL;
}

static bool ep_has_addr(const struct polc_ep *ep, const struct net_addr *addr)
{
	bool v4 = addr->family == NET_V4;
	uint32_t n = v4 ? ep->n_addr4 : ep->n_addr6;

	for (uint32_t i = 0; i < n && i < POLC_EP_ADDRS; i++) {
		if (v4 ? memcmp(&ep->addr4_be[i], addr->bytes, 4) == 0
		       : memcmp(ep->addr6[i], addr->bytes, 16) == 0)
			return true;
	}
	return false;
}

/* The endpoint under policy here that has one of these addresses, under another name. */
static const char *protected_at(const struct rt_session *s, const struct rt_entries *in_force,
				const struct ir_endpoint *peer)
{
	vec_each (const struct rt_entry, e, in_force) {
		const struct polc_ep *ep = rt_node_ep(&s->node, rt_node_active(&s->node), e->slot);

		if (strcmp(e->rec.name, peer->name) == 0)
			continue;
		vec_each (const struct net_addr, addr, &peer->addrs)
			if (ep_has_addr(ep, addr))
				return e->rec.name;
	}
	return NULL;
}

static int taken(struct rt_session *s, const struct ir_endpoint *peer, const char *by)
{
	diag_error(s->diag, peer->loc, RT_CODE_ALREADY_ATTACHED,
		   "endpoint '%s' has an address of '%s', which is under policy here: unload that "
		   "first, or correct the address",
		   peer->name, by);
	return -EINVAL;
}

/* Who is under policy here follows tables, and is checked for addresses, that a peer's change does
 * not reach. */
static int check_own(struct rt_session *s, const struct bundle *bundle,
		     const struct ir_endpoint *peer, const struct rt_entry *e)
{
	const struct polc_ep *ep = rt_node_ep(&s->node, rt_node_active(&s->node), e->slot);
	uint32_t tables[IR_N_DIRS];
	bool same = cls_classify_subject(bundle->classifier, peer, tables) == CLS_FOUND &&
		    memcmp(tables, e->rec.tables, sizeof(tables)) == 0;

	vec_each (const struct net_addr, addr, &peer->addrs)
		same &= ep_has_addr(ep, addr) || !(e->rec.flags & RT_RECORD_CHECK_SOURCE);
	if (same)
		return 0;
	diag_error(s->diag, peer->loc, RT_CODE_ALREADY_ATTACHED,
		   "endpoint '%s' is under policy here, and with these labels and addresses it is "
		   "to be protected otherwise: unload it first, and add it again",
		   peer->name);
	return -EINVAL;
}

static int check_protected(struct rt_session *s, const struct bundle *bundle,
			   const struct ir_endpoint *peer, const struct rt_entries *in_force)
{
	const char *by = protected_at(s, in_force, peer);
	const struct rt_entry *own;

	if (by)
		return taken(s, peer, by);
	own = find_entry(in_force, peer->name);
	return own ? check_own(s, bundle, peer, own) : 0;
}

static int check_peer(struct rt_session *s, const struct bundle *bundle,
		      const struct ir_endpoint *ep, const struct rt_entries *in_force)
{
	int r = check_classes(s, bundle, ep);

	return r ? r : check_protected(s, bundle, ep, in_force);
}

/* All of them, before anything is changed. */
static int check_peers(struct rt_session *s, const struct bundle *bundle,
		       const struct ir_endpoint *const *peers, size_t n,
		       const struct rt_entries *in_force)
{
	int failed = 0;

	for (size_t i = 0; i < n; i++) {
		int r = check_peer(s, bundle, peers[i], in_force);

		failed = r ? r : failed;
	}
	return failed;
}

/* Those that are placed, as the classifier knows them. */
static const struct ir_endpoint **adopt(struct rt_session *s, const struct bundle *bundle,
					const struct rt_peers *peers, size_t *n)
{
	const struct ir_endpoint **out =
		arena_array(&s->arena, const struct ir_endpoint *, peers->n + 1);

	*n = 0;
	for (size_t i = 0; i < peers->n; i++) {
		if (is_placed(peers->v[i]))
			out[(*n)++] = cls_classifier_adopt(bundle->classifier, peers->strings,
							   peers->v[i], &s->arena);
		else
			warn_left_out(s, peers->v[i]);
	}
	return out;
}

/* --- changes -----------------------------------------------------------------------------------
 */

/* It goes back to what the bundle says, unless somebody else has it now. */
static int leave_address(struct rt_addr_writer *p, const char *name, const struct net_addr *addr)
{
	struct rt_peer_name owner;
	int r = rt_registry_owner(p->s, addr, &owner);

	if (r)
		return r == -ENOENT ? 0 : r;
	if (strcmp(owner.s, name) != 0)
		return 0;
	r = rt_registry_disown(p->s, addr);
	return r ? r : rt_addr_restore(p, addr);
}

static bool has_addr(const struct ir_endpoint *ep, const struct net_addr *addr)
{
	vec_each (const struct net_addr, a, &ep->addrs)
		if (net_addr_eq(a, addr))
			return true;
	return false;
}

/* But those that `now` has as well; NULL: all of them. */
static int leave_addresses(struct rt_addr_writer *p, const struct ir_endpoint *old,
			   const struct ir_endpoint *now)
{
	int r = 0;

	for (size_t i = 0; !r && i < old->addrs.n; i++)
		if (!now || !has_addr(now, &old->addrs.v[i]))
			r = leave_address(p, old->name, &old->addrs.v[i]);
	return r;
}

static int tell(struct rt_addr_writer *p, const struct ir_endpoint *ep)
{
	int r = rt_registry_put(p->s, p->bundle->classifier->strings, ep);

	for (size_t i = 0; !r && i < ep->addrs.n; i++) {
		r = rt_registry_own(p->s, &ep->addrs.v[i], ep->name);
		if (!r)
			r = rt_addr_put(p, ep, &ep->addrs.v[i]);
	}
	return r;
}

/* As far as the kernel lets us; why it came to this has been reported. */
static void take_back(struct rt_addr_writer *p, const struct ir_endpoint *ep,
		      const struct rt_peer *old)
{
	leave_addresses(p, ep, NULL);
	if (old->ep)
		tell(p, cls_classifier_adopt(p->bundle->classifier, &old->ir->strings, old->ep,
					     &p->s->arena));
	else
		rt_registry_remove(p->s, ep->name);
}

static int put_one(struct rt_addr_writer *p, const struct ir_endpoint *ep)
{
	struct rt_peer old;
	int r = rt_registry_find(p->s, ep->name, &p->s->arena, &old);

	if (r)
		return r;
	r = tell(p, ep);
	if (r)
		take_back(p, ep, &old);
	else if (old.ep)
		r = leave_addresses(p, old.ep, ep);
	return r;
}

/* --- calls ---------------------------------------------------------------------------------------
 */

static int begin(struct rt_session *s, const struct bundle *bundle, const struct rt_options *opts,
		 struct diag *diag, struct rt_addr_writer *p, struct rt_entries *in_force)
{
	int r = rt_session_open(s, opts, RT_SESSION_CHANGE, diag);

	*p = (struct rt_addr_writer){.s = s};
	if (!r)
		r = rt_records_in_force(s, bundle, in_force);
	if (!r)
		r = check_open(s, bundle);
	return r ? r : rt_addr_writer_init(p, s, bundle);
}

static void end(struct rt_session *s, struct rt_addr_writer *p)
{
	rt_addr_writer_fini(p);
	rt_session_close(s);
}

int rt_peers_put(const struct bundle *bundle, const struct rt_peers *peers,
		 const struct rt_options *opts, struct diag *diag, size_t *n)
{
	const struct ir_endpoint **placed = NULL;
	struct rt_entries in_force;
	struct rt_session s;
	struct rt_addr_writer p;
	size_t n_placed = 0;
	int r = begin(&s, bundle, opts, diag, &p, &in_force);

	*n = 0;
	if (!r) {
		placed = adopt(&s, bundle, peers, &n_placed);
		r = check_peers(&s, bundle, placed, n_placed, &in_force);
	}
	for (size_t i = 0; !r && i < n_placed; i++) {
		r = put_one(&p, placed[i]);
		*n += !r;
	}
	end(&s, &p);
	return r;
}

static int unknown(struct rt_session *s, const char *name)
{
	diag_error(s->diag, LOC_NONE, RT_CODE_UNKNOWN_ENDPOINT,
		   "this node was not told of a peer '%s': 'polc peer list' names those that it "
		   "was told of",
		   name);
	return -EINVAL;
}

static int check_removal(struct rt_session *s, const struct bundle *bundle, const char *name,
			 const struct rt_entries *in_force)
{
	if (bundle_find_endpoint(bundle, name) || !find_entry(in_force, name))
		return 0;
	diag_error(s->diag, LOC_NONE, RT_CODE_ALREADY_ATTACHED,
		   "endpoint '%s' is under policy here, and no bundle knows it: unload it first",
		   name);
	return -EINVAL;
}

static int remove_one(struct rt_addr_writer *p, const char *name, const struct rt_entries *in_force)
{
	struct rt_peer old;
	int r = rt_registry_find(p->s, name, &p->s->arena, &old);

	if (!r)
		r = check_removal(p->s, p->bundle, name, in_force);
	if (r)
		return r;

	if (!old.ep)
		return unknown(p->s, name);
	r = leave_addresses(p, old.ep, NULL);
	return r ? r : rt_registry_remove(p->s, name);
}

int rt_peers_remove(const struct bundle *bundle, const char *const *names, size_t n,
		    const struct rt_options *opts, struct diag *diag)
{
	struct rt_entries in_force;
	struct rt_session s;
	struct rt_addr_writer p;
	int r = begin(&s, bundle, opts, diag, &p, &in_force), failed = r;

	for (size_t i = 0; !r && i < n; i++) {
		r = remove_one(&p, names[i], &in_force);
		failed = r ? r : failed;
		r = r == -EINVAL ? 0 : r; /* the others can go all the same */
	}
	end(&s, &p);
	return failed;
}

int rt_peers_list(const struct rt_options *opts, struct arena *arena, struct diag *diag,
		  struct rt_peer_list *out)
{
	struct rt_peer_names names = {0};
	struct rt_session s;
	int r = rt_session_open(&s, opts, RT_SESSION_LOOK, diag);

	*out = (struct rt_peer_list){0};
	if (!r && s.node.state)
		r = rt_registry_names(&s, &names);
	for (size_t i = 0; !r && i < names.list.n; i++) {
		struct rt_peer told;

		r = rt_registry_find(&s, names.list.v[i].s, arena, &told);
		if (!r && told.ep)
			vec_push(arena, &out->list, (struct rt_peer){told.ir, told.ep});
	}
	rt_session_close(&s);
	return r;
}
