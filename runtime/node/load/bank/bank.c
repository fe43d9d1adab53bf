/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/node/load/bank/bank.h"

#include <assert.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "codegen/image/pages.h"
#include "codegen/image/ranges.h"
#include "runtime/codes.h"
#include "runtime/node/kernel/fail.h"

struct building {
	struct rt_session *s;
	const struct bundle *bundle;
	struct bundle known; /* its addresses, and those of the node */
	struct rt_bank *bank;
	struct polc_table *tables; /* by the bundle's index; n_cols 0: not placed yet */
};

/* --- endpoints ------------------------------------------------------------------------- */

static int set_addresses(struct rt_session *s, const struct bundle_endpoint *ep,
			 struct polc_ep *out)
{
	vec_each (struct net_addr, a, &ep->addrs) {
		bool v4 = a->family == NET_V4;
		uint32_t *n = v4 ? &out->n_addr4 : &out->n_addr6;

		if (*n == POLC_EP_ADDRS) {
			diag_error(s->diag, LOC_NONE, RT_CODE_TOO_MANY_ADDRS,
				   "endpoint %s has more than %d IPv%d addresses, which the "
				   "datapath cannot check: give it fewer in the inventory",
				   ep->name, POLC_EP_ADDRS, v4 ? 4 : 6);
			return -EINVAL;
		}
		if (v4)
			memcpy(&out->addr4_be[(*n)++], a->bytes, sizeof(out->addr4_be[0]));
		else
			memcpy(out->addr6[(*n)++], a->bytes, sizeof(out->addr6[0]));
	}
	return 0;
}

static int check_addresses(struct rt_session *s, const struct rt_member *member)
{
	if (!member->check_source || member->ep->addrs.n)
		return 0;
	diag_error(s->diag, LOC_NONE, RT_CODE_NO_ADDRESS,
		   "endpoint %s has no address, so all it sends would count as spoofed: give it "
		   "its addresses in the inventory, or load without source check",
		   member->ep->name);
	return -EINVAL;
}

/* --- tables ------------------------------------------------------------------------------ */

static uint32_t put_page(struct building *b, const struct polc_page *page)
{
	return gen_pool_put(&b->bank->pages, page, 1);
}

/* The root names pages of columns, which all count from the begin of the bank. */
static uint32_t put_root(struct building *b, const struct gen_pages *p, enum cls_proto proto)
{
	struct polc_page root = p->ports.v[proto];
	uint32_t last = 0, number = 0;

	for (uint32_t i = 0; i < POLC_PAGE; i++) {
		if (root.v[i] != last || !i) {
			last = root.v[i];
			number = put_page(b, &p->ports.v[last]);
		}
		root.v[i] = (uint16_t)number;
	}
	return b->bank->number * POLC_PAGES + put_page(b, &root);
}

static void put_table(struct building *b, const struct bundle_table *t, struct polc_table *out)
{
	struct gen_pages p;
	struct arena arena;

	arena_init(&arena);
	gen_pages_build(t, b->bundle->n_classes, &arena, &p);
	out->n_cols = p.n_cols;
	out->cells = b->bank->number * POLC_CELL_LINES +
		     gen_pool_put(&b->bank->lines, p.cells.v, p.cells.n);
	out->rows =
		b->bank->number * POLC_PAGES + gen_pool_put(&b->bank->pages, p.rows.v, p.rows.n);
	if (p.decided.n)
		out->decided = b->bank->number * POLC_PAGES +
			       gen_pool_put(&b->bank->pages, p.decided.v, p.decided.n);
	for (int proto = 0; proto < POLC_PROTOS; proto++)
		out->ports[proto] = put_root(b, &p, proto);
	arena_fini(&arena);
}

static int over(struct rt_session *s, const char *what, unsigned room)
{
	diag_error(s->diag, LOC_NONE, RT_CODE_CAPACITY,
		   "the tables of all endpoints need more than the %u %s that a node holds: use "
		   "fewer distinct port lists and peers, or spread the endpoints over more nodes",
		   room, what);
	return -ENOSPC;
}

static int check_room(struct building *b)
{
	if (b->bank->pages.n > POLC_PAGES)
		return over(b->s, "pages", POLC_PAGES);
	if (b->bank->lines.n > POLC_CELL_LINES)
		return over(b->s, "lines of verdicts", POLC_CELL_LINES);
	return 0;
}

static int set_endpoint(struct rt_session *s, const struct rt_member *member, struct polc_ep *out)
{
	int r = check_addresses(s, member);

	out->flags = member->check_source ? POLC_EP_CHECK_SOURCE : 0;
	return r ? r : set_addresses(s, member->ep, out);
}

int rt_bank_make_ep(struct rt_session *s, const struct rt_member *member,
		    const struct polc_ep *model, struct polc_ep *out)
{
	*out = (struct polc_ep){.program = model->program, .pages = model->pages};
	memcpy(out->tables, model->tables, sizeof(out->tables));
	return set_endpoint(s, member, out);
}

static int put_endpoint(struct building *b, const struct rt_member *member, struct polc_ep *out)
{
	int r = set_endpoint(b->s, member, out);

	out->program = member->program;
	out->pages = b->bank->number * POLC_PAGES;
	for (int d = 0; d < IR_N_DIRS && !r; d++) {
		const struct bundle_table *t = member->ep->tables[d];

		if (!b->tables[t->id].n_cols)
			put_table(b, t, &b->tables[t->id]);
		out->tables[d] = b->tables[t->id];
		r = check_room(b);
	}
	return r;
}

static int put_endpoints(struct building *b)
{
	struct rt_bank *bank = b->bank;
	int r, failed = 0;

	bank->eps = arena_array(&b->s->arena, struct polc_ep, bank->n_members);
	b->tables = arena_array(&b->s->arena, struct polc_table, b->bundle->tables.n);
	for (size_t i = 0; i < bank->n_members && failed != -ENOSPC; i++) {
		r = put_endpoint(b, &bank->members[i], &bank->eps[i]);
		failed = r ? r : failed;
	}
	return failed;
}

/* --- the node's addresses ---------------------------------------------------------------- */

static const struct bundle_endpoint *endpoint_at(const struct bundle *b,
						 const struct net_addr *addr)
{
	vec_each (const struct bundle_endpoint, ep, &b->endpoints)
		vec_each (const struct net_addr, a, &ep->addrs)
			if (net_addr_eq(a, addr))
				return ep;
	return NULL;
}

static void warn_node(struct building *b, const struct net_addr *addr,
		      const struct bundle_endpoint *ep)
{
	char text[NET_ADDR_STRLEN];

	diag_warning(b->s->diag, LOC_NONE, RT_CODE_NODE_ADDRESS,
		     "the node has the address %s, which the bundle gives to endpoint %s: its "
		     "packets count as the endpoint's; correct the inventory, or name the node's "
		     "addresses with --node-address",
		     net_addr_format(addr, text), ep->name);
}

/* Of the inventory, where what is known of an address may change. */
static struct bundle_peer *find_inventory(struct building *b, const struct net_addr *addr)
{
	const struct bundle_peer *peer = bundle_find_peer(b->bundle, addr);

	return peer ? &b->known.peers.v[peer - b->bundle->peers.v] : NULL;
}

/* Of the inventory, or of what was added behind it. */
static struct bundle_peer *find_known(struct building *b, const struct net_addr *addr)
{
	for (size_t i = b->bundle->peers.n; i < b->known.peers.n; i++)
		if (net_addr_eq(&b->known.peers.v[i].addr, addr))
			return &b->known.peers.v[i];
	return find_inventory(b, addr);
}

/* What the inventory says of a host at this address gives way; what it says of an endpoint that
 * policy protects does not. */
static void know_node(struct building *b, const struct net_addr *addr)
{
	const struct bundle_peer peer = {*addr, bundle_find_cidr(b->bundle, addr)->node};
	struct bundle_peer *known = find_known(b, addr);
	const struct bundle_endpoint *ep = known ? endpoint_at(b->bundle, addr) : NULL;

	if (ep)
		warn_node(b, addr, ep);
	else if (known)
		known->cls = peer.cls;
	else
		vec_push(&b->s->arena, &b->known.peers, peer);
}

/* Peers of the registry have each address once, so those that the inventory does not know need
 * not be looked for among the added ones. */
static void know_peer(struct building *b, const struct bundle_peer *peer)
{
	struct bundle_peer *known = find_inventory(b, &peer->addr);

	if (known)
		known->cls = peer->cls;
	else
		vec_push(&b->s->arena, &b->known.peers, *peer);
}

static void know_all(struct building *b, const struct rt_bank_addrs *addrs)
{
	b->known = *b->bundle;
	memset(&b->known.peers, 0, sizeof(b->known.peers));
	vec_each (const struct bundle_peer, p, &b->bundle->peers)
		vec_push(&b->s->arena, &b->known.peers, *p);
	vec_each (const struct bundle_peer, peer, &addrs->peers.list)
		know_peer(b, peer);
	vec_each (const struct net_addr, addr, &addrs->node.list)
		know_node(b, addr);
}

/* --- addresses ------------------------------------------------------------------------------ */

static int by_address(const void *a, const void *b)
{
	return memcmp(((const struct bundle_peer *)a)->addr.bytes,
		      ((const struct bundle_peer *)b)->addr.bytes, 16);
}

static size_t peers_of(const struct bundle *b, enum net_family family, struct bundle_peer *out)
{
	size_t n = 0;

	vec_each (struct bundle_peer, p, &b->peers)
		if (p->addr.family == family)
			out[n++] = *p;
	if (n)
		qsort(out, n, sizeof(*out), by_address);
	return n;
}

static void set_range(struct polc_bank *bank, size_t i, const struct net_addr *first,
		      const struct gen_range *r, uint32_t page)
{
	if (first->family == NET_V4) {
		bank->range4[i] = (struct polc_range4){.base = r->base, .n = r->span, .page = page};
		return;
	}
	bank->range6[i] = (struct polc_range6){.base = r->base, .n = r->span, .page = page};
	memcpy(bank->range6[i].high_be, first->bytes, sizeof(bank->range6[i].high_be));
}

/* In the map, which has those of both banks. */
static uint32_t first_addr_page(const struct building *b)
{
	return b->bank->number * POLC_ADDR_PAGES;
}

static void put_peers(struct building *b, enum net_family family)
{
	struct arena *arena = &b->s->arena;
	struct bundle_peer *peers = arena_array(arena, struct bundle_peer, b->known.peers.n);
	size_t n = peers_of(&b->known, family, peers);
	bool *in_range = arena_array(arena, bool, n);
	struct gen_ranges ranges;
	size_t used = 0;

	gen_ranges_find(peers, n, &ranges);
	for (size_t i = 0; i < ranges.n; i++) {
		const struct gen_range *r = &ranges.v[i];
		int page = gen_addrs_add_range(&b->bank->addr_pages, peers, r);

		/* Without room, another map has them. */
		if (page < 0)
			continue;
		set_range(&b->bank->head, used++, &peers[r->first].addr, r,
			  first_addr_page(b) + (uint32_t)page);
		memset(in_range + r->first, true, r->n);
	}
	/* IPv4 has the trie for the rest. */
	if (family == NET_V6)
		rt_addrs_of_peers(&b->bank->addrs[RT_ADDRS_PEERS], b->bank->number, peers, n,
				  in_range, arena);
}

static int over_addresses(struct building *b)
{
	diag_error(b->s->diag, LOC_NONE, RT_CODE_CAPACITY,
		   "the IPv4 addresses and prefixes of the bundle are too scattered for the %u "
		   "pages that a node holds: use fewer or wider prefixes, or split the inventory",
		   POLC_ADDR_PAGES);
	return -ENOSPC;
}

static uint32_t default_class(const struct bundle *b, enum net_family family)
{
	vec_each (struct bundle_cidr, c, &b->cidrs)
		if (c->prefix.addr.family == family && c->prefix.len == 0)
			return c->cls;
	return 0;
}

static int put_addresses(struct building *b)
{
	struct rt_bank *bank = b->bank;
	int r;

	bank->head.n_classes = b->bundle->n_classes;
	bank->head.class4 = default_class(b->bundle, NET_V4);
	bank->head.class6 = default_class(b->bundle, NET_V6);
	bank->head.trie4 = first_addr_page(b);
	r = gen_addrs_build4(&b->known, &b->s->arena, &bank->addr_pages);
	if (r)
		return over_addresses(b);
	put_peers(b, NET_V4);
	put_peers(b, NET_V6);
	rt_addrs_of_cidrs(&bank->addrs[RT_ADDRS_CIDRS], bank->number, b->bundle, &b->s->arena);
	bank->head.n_hash6 = (uint32_t)bank->addrs[RT_ADDRS_PEERS].n;
	for (int i = 0; i < RT_N_ADDR_MAPS && !r; i++)
		r = rt_addrs_check(b->s, &bank->addrs[i], i);
	return r;
}

static int check_decisions(struct rt_session *s, const struct bundle *bundle)
{
	if (bundle->decisions.n <= POLC_DECISIONS)
		return 0;
	diag_error(s->diag, LOC_NONE, RT_CODE_CAPACITY,
		   "the policies have %zu rules and defaults that decide, and a node tells no more "
		   "than %d apart: build the bundle without --events and --counters rules",
		   bundle->decisions.n, POLC_DECISIONS);
	return -ENOSPC;
}

static int put_listeners(struct building *b)
{
	struct rt_bank *bank = b->bank;
	struct polc_page *pages;
	size_t n;
	int r = rt_listeners_assign(b->s, b->bundle, &bank->listeners);

	if (r || !bank->listeners.n)
		return r;
	n = (bank->listeners.n + POLC_PAGE - 1) / POLC_PAGE;
	pages = arena_array(&b->s->arena, struct polc_page, n);
	memcpy(pages, bank->listeners.of_decision,
	       bank->listeners.n * sizeof(*bank->listeners.of_decision));
	bank->head.n_listeners = (uint32_t)bank->listeners.n;
	bank->head.listeners = bank->number * POLC_PAGES + gen_pool_put(&bank->pages, pages, n);
	return check_room(b);
}

int rt_bank_build(struct rt_session *s, const struct bundle *bundle,
		  const struct rt_bank_addrs *addrs, const struct rt_member *members, size_t n,
		  struct rt_bank *out)
{
	struct building b = {.s = s, .bundle = bundle, .bank = out};
	int r;

	*out = (struct rt_bank){.number = !rt_node_active(&s->node),
				.n_decisions = bundle->decisions.n,
				.members = members,
				.n_members = n};
	gen_pool_init(&out->pages, sizeof(struct polc_page), &s->arena);
	gen_pool_init(&out->lines, sizeof(struct polc_cells_line), &s->arena);
	r = check_decisions(s, bundle);
	know_all(&b, addrs);
	if (!r)
		r = put_listeners(&b);
	if (!r)
		r = put_endpoints(&b);
	return r ? r : put_addresses(&b);
}

/* --- writing --------------------------------------------------------------------------------- */

/* The first `n` elements of the bank, each of `unit` bytes. */
static int write_first(struct rt_session *s, enum rt_map map, uint32_t bank, const void *from,
		       size_t n, size_t unit)
{
	size_t size;
	void *at;

	if (!n)
		return 0;
	at = rt_node_map_bank(&s->node, map, bank, n, &size);
	if (!at)
		return rt_fail(s->diag, -errno, RT_CODE_MAP, "cannot map %s into memory",
			       rt_map_name(map));
	memcpy(at, from, n * unit);
	munmap(at, size);
	return 0;
}

static int write_pool(struct rt_session *s, const struct gen_pool *pool, enum rt_map map,
		      uint32_t bank)
{
	return write_first(s, map, bank, pool->data, pool->n, pool->unit);
}

static int write_addr_pages(struct rt_session *s, const struct rt_bank *bank)
{
	const struct gen_addrs *a = &bank->addr_pages;

	s->node.state->addr_pages[bank->number] = a->n;
	return write_first(s, RT_MAP_ADDRS, bank->number, a->pages, a->n, sizeof(*a->pages));
}

static void write_endpoints(struct rt_session *s, const struct rt_bank *bank)
{
	struct polc_ep *eps = rt_node_ep(&s->node, bank->number, 0);

	memset(eps, 0, s->node.state->slots * sizeof(*eps));
	for (size_t i = 0; i < bank->n_members; i++)
		eps[bank->members[i].slot] = bank->eps[i];
}

/* What the bank counted when it was in force before. */
static int clear_hits(struct rt_session *s, const struct rt_bank *bank)
{
	int fd = s->node.fd[RT_MAP_HITS], n_cpus = libbpf_num_possible_cpus(), r = 0;
	const struct polc_counter *none;

	if (fd < 0)
		return 0;
	if (n_cpus < 0)
		return rt_fail(s->diag, n_cpus, RT_CODE_MAP, "cannot tell the number of CPUs");
	none = arena_array(&s->arena, struct polc_counter, (size_t)n_cpus);
	for (size_t i = 0; i < bank->n_decisions && !r; i++) {
		uint32_t key = bank->number * POLC_DECISIONS + (uint32_t)i;

		r = bpf_map_update_elem(fd, &key, none, BPF_ANY);
	}
	return r ? rt_fail(s->diag, r, RT_CODE_MAP, "cannot clear %s", rt_map_name(RT_MAP_HITS))
		 : 0;
}

int rt_bank_write(struct rt_session *s, struct rt_bank *bank)
{
	int r = 0;

	/* No packet looks there. */
	assert(bank->number != rt_node_active(&s->node) && !s->node.state->unsettled);

	for (int i = 0; i < RT_N_ADDR_MAPS && !r; i++)
		r = rt_addrs_write(s, i, bank->number, &bank->addrs[i]);
	if (!r)
		r = write_pool(s, &bank->pages, RT_MAP_PAGES, bank->number);
	if (!r)
		r = write_addr_pages(s, bank);
	if (!r)
		r = write_pool(s, &bank->lines, RT_MAP_CELLS, bank->number);
	if (!r)
		r = clear_hits(s, bank);
	if (r)
		return r;
	s->node.node->banks[bank->number] = bank->head;
	write_endpoints(s, bank);
	return 0;
}
