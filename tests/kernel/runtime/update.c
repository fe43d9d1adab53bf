/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loads on a node with many endpoints, each on a device of its own: what changes, what stays,
 * and what is refused. The times are notes, judged by nobody here.
 *
 *   POLC_UPDATE_ENDPOINTS   on how many devices (200)
 */
#include "config.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runtime/codes.h"
#include "runtime/node/kernel/tc.h"
#include "runtime/node/state/records.h"
#include "runtime/runtime.h"
#include "tests/lib/enforce.h"
#include "tests/lib/tap.h"

enum { PODS_OF_APP = 10, ROUNDS = 6 };

struct update {
	struct enforce_env env;
	struct rt_options common;
	char pins[PATH_MAX];
	unsigned n;               /* endpoints that are attached */
	struct rt_attach *attach; /* one more than these */
};

/* --- the cluster -------------------------------------------------------------------------- */

/* Pods of many apps; each app may be reached from the next one, on a port of its own that
 * depends on the variant. Every app has tables of its own, and all have one shape. */
static void cluster(unsigned n, unsigned variant, struct buf *out)
{
	for (unsigned i = 0; i < n; i++) {
		buf_printf(out,
			   "---\napiVersion: v1\nkind: Pod\n"
			   "metadata: {name: pod-%u, namespace: shop, labels: {app: a%u}}\n"
			   "spec: {containers: [{name: c, image: i}]}\n"
			   "status: {podIPs: [{ip: 10.77.%u.%u}, {ip: 'fd77::%x'}]}\n",
			   i, i / PODS_OF_APP, i / 250, i % 250 + 1, i + 1);
		if (i % PODS_OF_APP)
			continue;
		buf_printf(out,
			   "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n"
			   "metadata: {name: p%u, namespace: shop}\n"
			   "spec: {podSelector: {matchLabels: {app: a%u}}, policyTypes: [Ingress], "
			   "ingress: [{from: [{podSelector: {matchLabels: {app: a%u}}}, "
			   "{ipBlock: {cidr: 192.0.2.0/24}}, {ipBlock: {cidr: '2001:db8::/32'}}], "
			   "ports: [{port: %u}, {port: 443}]}]}\n",
			   i, i / PODS_OF_APP, i / PODS_OF_APP + 1, 1000 + i + variant);
	}
}

static int build(struct update *u, struct enforced *e, unsigned n, unsigned variant)
{
	_cleanup_buf_ struct buf yaml = {0};
	int r;

	cluster(n, variant, &yaml);
	r = enforced_compile(e, buf_str(&yaml), NULL);
	if (!r)
		r = enforced_read(e, &u->env);
	if (r)
		enforced_note(e, r);
	return r;
}

/* A device for each endpoint, in a network namespace of this process. */
static int make_devices(struct update *u)
{
	FILE *ip;

	if (unshare(CLONE_NEWNET))
		return -errno;
	ip = popen("ip -batch -", "w");
	if (!ip)
		return -errno;
	for (unsigned i = 0; i <= u->n; i++)
		fprintf(ip, "link add name pod%u type veth peer name peer%u\n", i, i);
	return pclose(ip) ? -ENODEV : 0;
}

static void name_devices(struct update *u)
{
	u->attach = calloc(u->n + 1, sizeof(*u->attach));
	for (unsigned i = 0; i <= u->n; i++) {
		char *endpoint, *device;

		if (asprintf(&endpoint, "shop/pod-%u", i) < 0 || asprintf(&device, "pod%u", i) < 0)
			abort();
		u->attach[i] = (struct rt_attach){endpoint, device};
	}
}

static int load(struct update *u, struct enforced *e, unsigned n, struct rt_load_result *out)
{
	struct rt_load_options opts = {.common = u->common};
	int r = rt_load(e->bundle, u->attach, n, &opts, &e->lang.diag, out);

	if (r)
		enforced_note(e, r);
	return r;
}

static int status(struct update *u, struct enforced *e, struct rt_status *out)
{
	return rt_status_get(&u->common, &e->lang.arena, &e->lang.diag, out);
}

/* --- swaps -------------------------------------------------------------------------------- */

/* Everything of the node that a swap of tables must leave alone, and what it must change. */
static bool only_policy_changed(const struct rt_status *before, const struct rt_status *after)
{
	bool same = before->endpoints.n == after->endpoints.n &&
		    strcmp(before->bundle_hash, after->bundle_hash) != 0;

	for (size_t i = 0; same && i < after->endpoints.n; i++) {
		const struct rt_endpoint *b = &before->endpoints.v[i], *a = &after->endpoints.v[i];

		same = a->state == RT_ATTACHED && a->slot == b->slot && a->program == b->program &&
		       !memcmp(a->programs, b->programs, sizeof(a->programs)) &&
		       a->generation == b->generation + 1 &&
		       strcmp(a->bundle_hash, after->bundle_hash) == 0;
	}
	return same;
}

/* On every device both filters run the endpoint's programs and know its slot. */
static bool filters_are_direct(const struct rt_status *st)
{
	uint32_t *devices = calloc(st->endpoints.n, sizeof(*devices));
	struct rt_filter(*found)[POLC_N_EP_HOOKS] = calloc(st->endpoints.n, sizeof(*found));
	bool ok = devices && found;

	for (size_t i = 0; ok && i < st->endpoints.n; i++)
		devices[i] = st->endpoints.v[i].ifindex;
	ok = ok && rt_tc_find(devices, st->endpoints.n, found) == 0;
	for (size_t i = 0; ok && i < st->endpoints.n * POLC_N_EP_HOOKS; i++) {
		const struct rt_endpoint *ep = &st->endpoints.v[i / POLC_N_EP_HOOKS];
		const struct rt_filter *f = &found[i / POLC_N_EP_HOOKS][i % POLC_N_EP_HOOKS];

		ok = f->classid == ep->slot && f->prog_id == ep->programs[i % POLC_N_EP_HOOKS];
	}
	free(devices);
	free(found);
	return ok;
}

static void test_swaps(struct update *u, struct enforced e[2])
{
	struct rt_load_result result = {0};
	struct rt_status before = {0}, after = {0};
	uint64_t best = UINT64_MAX;
	int r = load(u, &e[0], u->n, &result);

	tap_result(!r && result.attached == u->n, "%u endpoints are attached in one load", u->n);
	tap_note("first load: enforced after %.2f ms", (double)result.enforced_ns / 1e6);
	r = status(u, &e[0], &before);
	tap_result(!r && filters_are_direct(&before),
		   "every filter runs the programs of its endpoint and knows its slot");
	for (int i = 1; i <= ROUNDS && !r; i++) {
		r = load(u, &e[i % 2], 0, &result);
		best = result.enforced_ns < best ? result.enforced_ns : best;
		if (i == 1 && !r)
			r = status(u, &e[1], &after);
	}
	tap_result(!r && only_policy_changed(&before, &after),
		   "a policy of the same shapes moves them without a program loaded or a filter "
		   "touched");
	tap_note("swap: enforced after %.2f ms at best", (double)best / 1e6);
}

/* --- what a node does not hold -------------------------------------------------------------- */

/* The load is refused for want of room. */
static bool is_refused(struct update *u, struct enforced *e, const struct rt_attach *attach,
		       size_t n_attach)
{
	struct rt_load_options opts = {.common = u->common};
	size_t said = e->lang.diag.items.n;

	return rt_load(e->bundle, attach, n_attach, &opts, &e->lang.diag, NULL) == -ENOSPC &&
	       e->lang.diag.items.n == said + 1 &&
	       strcmp(e->lang.diag.items.v[said]->code, RT_CODE_CAPACITY) == 0;
}

static bool is_untouched(struct update *u, struct enforced *e, const struct rt_status *before)
{
	struct rt_status after;

	return status(u, e, &after) == 0 && after.generation == before->generation &&
	       after.endpoints.n == before->endpoints.n && !after.interrupted &&
	       strcmp(after.bundle_hash, before->bundle_hash) == 0 && filters_are_direct(&after);
}

static void test_refused(struct update *u, struct enforced *e, const char *what)
{
	struct rt_status before;
	bool ok = status(u, e, &before) == 0 && is_refused(u, e, NULL, 0) &&
		  is_untouched(u, e, &before);

	tap_result(ok, "%s: refused, and nothing changes", what);
	if (!ok)
		enforced_note(e, 0);
}

enum { DEAR_PROTOS = 3, DEAR_TABLES = POLC_PAGES / (DEAR_PROTOS * POLC_PAGE) + 1 };

/* Each page of ports of three protocols has a column that no other page of any table has. */
static struct bundle_table *dear_table(const struct bundle *b, uint32_t id, struct arena *arena)
{
	struct bundle_table *t = arena_new(arena, struct bundle_table);
	uint32_t col = id * DEAR_PROTOS * POLC_PAGE;

	*t = (struct bundle_table){.id = id, .n_rows = 1, .n_cols = CLS_MAX_COLS};
	t->cells = arena_array(arena, uint8_t, t->n_cols);
	t->row_of_class = arena_array(arena, uint32_t, b->n_classes);
	for (int proto = 0; proto < CLS_N_PROTOS; proto++)
		for (uint32_t lo = 0; lo <= UINT16_MAX; lo += POLC_PAGE)
			vec_push(arena, &t->spans,
				 (struct cls_span){.proto = proto,
						   .lo = (uint16_t)lo,
						   .hi = (uint16_t)(lo + POLC_PAGE - 1),
						   .col = proto < DEAR_PROTOS ? col++ : 0});
	return t;
}

static void test_decisions(struct update *u, struct enforced *e)
{
	struct bundle *b = e->bundle;

	for (uint32_t i = 0; i <= POLC_DECISIONS; i++)
		vec_push(&b->arena, &b->decisions, (struct bundle_decision){0});
	test_refused(u, e, "more decisions than a node tells apart");
	b->decisions.n = 0;
}

/* One table whose verdicts are more bits than a bank has. */
static void test_lines(struct update *u, struct enforced *e)
{
	const uint64_t bits = (uint64_t)POLC_CELL_LINES * POLC_LINE_BITS;
	struct bundle *b = e->bundle;
	struct bundle_table *t = dear_table(b, 0, &b->arena);

	t->n_rows = (uint32_t)(bits / t->n_cols) + 1;
	t->cells = calloc(t->n_rows, t->n_cols);
	if (!t->cells)
		abort();
	b->tables.v[0] = t;
	vec_each (struct bundle_endpoint, ep, &b->endpoints)
		ep->tables[IR_INGRESS] = ep->tables[IR_EGRESS] = t;
	test_refused(u, e, "a table of more verdicts than a bank has");
	free(t->cells);
}

static void test_pages(struct update *u, struct enforced *e)
{
	struct bundle *b = e->bundle;

	b->tables.n = 0;
	for (uint32_t i = 0; i < DEAR_TABLES; i++)
		vec_push(&b->arena, &b->tables, dear_table(b, i, &b->arena));
	vec_each (struct bundle_endpoint, ep, &b->endpoints)
		for (int d = 0; d < IR_N_DIRS; d++)
			ep->tables[d] =
				b->tables
					.v[((size_t)(ep - b->endpoints.v) * IR_N_DIRS + (size_t)d) %
					   DEAR_TABLES];
	test_refused(u, e, "a policy of more pages than a bank has");
}

static void test_addresses(struct update *u, struct enforced *e)
{
	struct bundle_peer peer = {.addr = {.family = NET_V4, .bytes = {172}}};
	struct bundle *b = e->bundle;
	size_t n = b->peers.n;

	for (uint32_t i = 0; i <= POLC_ADDR_PAGES; i++) {
		peer.addr.bytes[1] = (uint8_t)(i >> 8);
		peer.addr.bytes[2] = (uint8_t)i;
		vec_push(&b->arena, &b->peers, peer);
	}
	test_refused(u, e, "IPv4 addresses too scattered for the trie");
	b->peers.n = n;
	peer.addr = (struct net_addr){.family = NET_V6, .bytes = {0xfd}};
	for (uint32_t i = 0; i <= POLC_PEERS / POLC_BANKS + POLC_RANGES; i++) {
		memcpy(&peer.addr.bytes[4], &i, sizeof(i));
		vec_push(&b->arena, &b->peers, peer);
	}
	test_refused(u, e, "more scattered IPv6 addresses than the map has room for");
	b->peers.n = n;
}

/* As if all other numbers were in use. */
static void test_programs(struct update *u, struct enforced *e)
{
	struct bundle_shape *shape = e->bundle->shapes.v[0];
	const char *hash = shape->object_hash;
	struct rt_session s;

	if (rt_session_open(&s, &u->common, RT_SESSION_UNDO, &e->lang.diag) == 0)
		for (int i = 1; i < POLC_PROGRAMS; i++)
			if (s.node.state->programs[i].state == RT_PROGRAM_FREE)
				s.node.state->programs[i].state = RT_PROGRAM_READY;
	rt_session_close(&s);
	shape->object_hash = "unheard of";
	test_refused(u, e, "one program more than a node has numbers for");
	shape->object_hash = hash;
	tap_result(load(u, e, 0, NULL) == 0, "the next load frees the numbers that nobody uses");
}

/* Takes all other slots for an endpoint of one name on the loopback device, or frees them. */
static void fill_slots(struct update *u, struct enforced *e, uint32_t from, bool taken)
{
	struct rt_record record = {.ifindex = 1, .name = "shop/pod-0", .device = "lo"};
	struct rt_session s;

	if (rt_session_open(&s, &u->common, RT_SESSION_UNDO, &e->lang.diag) == 0) {
		record.netns = s.netns;
		s.node.state->slots = POLC_ENDPOINTS;
		for (uint32_t slot = from; slot < POLC_ENDPOINTS; slot++) {
			struct rt_record *at =
				rt_node_record(&s.node, rt_node_active(&s.node), slot);
			int devices = s.node.fd[RT_MAP_DEVICES];

			if (taken) {
				rt_record_put(at, &record);
				bpf_map_update_elem(devices, &slot, &record.ifindex, BPF_ANY);
			} else {
				rt_record_clear(at);
				bpf_map_delete_elem(devices, &slot);
			}
		}
	}
	rt_session_close(&s);
}

static void test_slots(struct update *u, struct enforced *e)
{
	const struct rt_attach *spare = &u->attach[u->n];
	struct rt_status before;
	int r = status(u, e, &before);
	bool ok;

	fill_slots(u, e, u->n + 1, true);
	ok = !r && is_refused(u, e, spare, 1);
	fill_slots(u, e, u->n + 1, false);
	tap_result(ok && is_untouched(u, e, &before),
		   "one endpoint more than a node has slots for: refused, and nothing changes");
	if (!ok)
		enforced_note(e, r);
}

/* --- all of it ------------------------------------------------------------------------------ */

static void test_all(struct update *u, struct enforced e[2])
{
	int r;

	test_swaps(u, e);
	test_slots(u, &e[0]);
	test_programs(u, &e[0]);
	test_addresses(u, &e[0]);
	test_decisions(u, &e[0]);
	test_lines(u, &e[0]);
	test_pages(u, &e[0]);
	r = rt_unload(NULL, 0, &u->common, &e[0].lang.diag, NULL);
	tap_result(!r, "all of them are detached again");
}

int main(void)
{
	const char *n = getenv("POLC_UPDATE_ENDPOINTS");
	struct update u = {.n = n ? (unsigned)atoi(n) : 200};
	struct enforced e[2] = {0};
	int err = enforce_env_init(&u.env);

	if (err == -EPERM)
		return tap_skip_all("needs root: BPF, a mount and a network namespace");
	snprintf(u.pins, sizeof(u.pins), "%s/update", u.env.pins);
	u.common.pin_dir = u.pins;
	name_devices(&u);
	if (!err)
		err = make_devices(&u);
	for (unsigned i = 0; i < 2 && !err; i++)
		err = build(&u, &e[i], u.n + 1, i);
	tap_plan(12);
	if (!err)
		test_all(&u, e);
	for (unsigned i = 0; i < 2 && e[i].bundle; i++)
		enforced_fini(&e[i]);
	for (unsigned i = 0; i <= u.n; i++) {
		free((char *)u.attach[i].endpoint);
		free((char *)u.attach[i].device);
	}
	free(u.attach);
	enforce_env_fini(&u.env);
	return tap_exit();
}
