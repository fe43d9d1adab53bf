/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/node/load/peers/addr_writer.h"

#include <assert.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "runtime/codes.h"
#include "runtime/node/kernel/fail.h"
#include "runtime/node/load/bank/addrs.h"

/* --- classes ------------------------------------------------------------------------------- */

static int no_class(struct rt_session *s, const struct ir_endpoint *ep, enum cls_found why)
{
	static const char *const unknown[] = {
		[CLS_NEW_LABELS] = "labels",
		[CLS_NEW_PLACE] =
			"labels at its address, which prefixes that match endpoints hold as "
			"they hold none of the inventory",
		[CLS_NEW_PORTS] = "numbers of the named ports",
	};
	struct diag_item *item = diag_error(
		s->diag, ep->loc, RT_CODE_NO_CLASS,
		"the bundle has no class for endpoint '%s' with these %s", ep->name, unknown[why]);

	diag_note(s->diag, item, LOC_NONE,
		  "build the bundle again, with this endpoint in the inventory");
	return -EINVAL;
}

int rt_classify(struct rt_session *s, const struct bundle *bundle, const struct ir_endpoint *ep,
		const struct net_addr *addr, uint32_t *cls)
{
	enum cls_found found = cls_classify(bundle->classifier, ep, addr, cls);

	return found == CLS_FOUND ? 0 : no_class(s, ep, found);
}

/* --- the peer map: IPv6 addresses that no range holds ----------------------------------------- */

static struct polc_peer6_key key_of(const struct rt_addr_writer *p, const struct net_addr *addr)
{
	struct polc_peer6_key key = {.bank = p->bank};

	memcpy(key.addr, addr->bytes, sizeof(key.addr));
	return key;
}

static struct polc_bank *bank_of(const struct rt_addr_writer *p)
{
	return &p->s->node.node->banks[p->bank];
}

static int fail_map(struct rt_addr_writer *p, int err)
{
	return rt_fail(p->s->diag, err, RT_CODE_MAP, "cannot change map %s",
		       rt_map_name(RT_MAP_PEERS6));
}

/* Programs look at the map if the count is not zero: it goes up before, and down after. */
static int put6(struct rt_addr_writer *p, const struct net_addr *addr, uint32_t cls)
{
	struct polc_peer6_key key = key_of(p, addr);
	int fd = p->s->node.fd[RT_MAP_PEERS6], r;
	uint32_t *n = &bank_of(p)->n_hash6, old;
	bool fresh = bpf_map_lookup_elem(fd, &key, &old) != 0;

	if (fresh && *n >= POLC_PEERS / POLC_BANKS)
		return -E2BIG;
	p->s->node.state->filled[p->bank][RT_ADDRS_PEERS] = 1;
	if (fresh)
		__atomic_add_fetch(n, 1, __ATOMIC_SEQ_CST);
	r = bpf_map_update_elem(fd, &key, &cls, BPF_ANY);
	if (r && fresh)
		__atomic_sub_fetch(n, 1, __ATOMIC_SEQ_CST);
	return r ? fail_map(p, r) : 0;
}

static int remove6(struct rt_addr_writer *p, const struct net_addr *addr)
{
	struct polc_peer6_key key = key_of(p, addr);
	int r = bpf_map_delete_elem(p->s->node.fd[RT_MAP_PEERS6], &key);

	if (!r)
		__atomic_sub_fetch(&bank_of(p)->n_hash6, 1, __ATOMIC_SEQ_CST);
	return r && r != -ENOENT ? fail_map(p, r) : 0;
}

/* --- addresses -------------------------------------------------------------------------------- */

static int over(struct rt_addr_writer *p, const struct net_addr *addr)
{
	char text[NET_ADDR_STRLEN];

	diag_error(p->s->diag, LOC_NONE, RT_CODE_CAPACITY,
		   "there is no room for the address %s: those of all peers are too many or too "
		   "scattered for the maps of a node; a load makes room if some have gone",
		   net_addr_format(addr, text));
	return -ENOSPC;
}

static int set(struct rt_addr_writer *p, const struct net_addr *addr, uint32_t cls)
{
	int r = gen_addrs_set(&p->at, addr, cls);

	p->s->node.state->addr_pages[p->bank] = p->at.pages.n;
	if (r == 1)
		r = put6(p, addr, cls);
	return r == -E2BIG ? over(p, addr) : r;
}

static int clear(struct rt_addr_writer *p, const struct net_addr *addr)
{
	int r = gen_addrs_clear(&p->at, addr, bundle_find_cidr(p->bundle, addr)->cls);

	return r == 1 ? remove6(p, addr) : r;
}

int rt_addr_restore(struct rt_addr_writer *p, const struct net_addr *addr)
{
	const struct bundle_peer *peer = bundle_find_peer(p->bundle, addr);

	return peer ? set(p, addr, peer->cls) : clear(p, addr);
}

int rt_addr_put(struct rt_addr_writer *p, const struct ir_endpoint *ep, const struct net_addr *addr)
{
	uint32_t cls;
	int r = rt_classify(p->s, p->bundle, ep, addr, &cls);

	return r ? r : set(p, addr, cls);
}

/* --- begin and end ------------------------------------------------------------------------------
 */

int rt_addr_writer_init(struct rt_addr_writer *p, struct rt_session *s, const struct bundle *bundle)
{
	uint32_t bank = rt_node_active(&s->node);
	void *pages;

	assert(bundle->classifier);
	*p = (struct rt_addr_writer){.s = s, .bundle = bundle, .bank = bank};
	pages = rt_node_map_bank(&s->node, RT_MAP_ADDRS, bank, POLC_ADDR_PAGES, &p->size);
	if (!pages)
		return rt_fail(s->diag, -errno, RT_CODE_MAP, "cannot map %s into memory",
			       rt_map_name(RT_MAP_ADDRS));
	p->at = (struct gen_addrs_view){.pages = {.pages = pages,
						  .n = s->node.state->addr_pages[bank],
						  .cap = POLC_ADDR_PAGES},
					.bank = bank_of(p),
					.base = bank * POLC_ADDR_PAGES};
	return 0;
}

void rt_addr_writer_fini(struct rt_addr_writer *p)
{
	if (p->at.pages.pages)
		munmap(p->at.pages.pages, p->size);
}
