/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Workloads come and go by the thousands while traffic flows: each has labels of its own, which
 * nobody may have had before, and is judged from its first packet to its last as the interpreter
 * says. Nothing but addresses is written meanwhile, and nobody else's packets notice.
 *
 *   POLC_WORKLOADS   how many come and go (10000)
 *   POLC_SEED        of the dice (1)
 */
#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "compiler/eval.h"
#include "runtime/runtime.h"
#include "tests/lib/enforce.h"
#include "tests/lib/random.h"
#include "tests/lib/tap.h"

enum { N_WORKLOADS = 10000, MAX_ALIVE = 400, MAX_AT_ONCE = 24, PORT = 8080, FIRST_PORT = 20000 };

/* `web` is asked by those who come and go, `busy` by two who stay. Prefixes hold for outsiders and,
 * as in Kubernetes, for endpoints. */
static const char policies[] =
	"endpoint web {\n  labels { app = web }\n  address 10.77.0.1\n  address fd77::1\n}\n"
	"endpoint busy {\n  labels { app = web }\n  address 10.77.0.2\n}\n"
	"endpoint friend {\n  labels { role = friend }\n  address 10.77.0.3\n}\n"
	"endpoint foe {\n  labels { role = foe }\n  address 10.77.0.4\n}\n"
	"policy front for { app = web } {\n"
	"  ingress {\n"
	"    deny from { role = friend, banned = yes }\n"
	"    allow from { role = friend } on tcp/8080\n"
	"    allow from { zone in (a, b), role != foe } on tcp/8080\n"
	"    allow from { !legacy, kind = probe } on tcp/8080\n"
	"    allow from cidr 10.90.0.0/16 including endpoints on tcp/8080\n"
	"  }\n"
	"}\n";

struct run {
	struct enforce_env env;
	struct rt_options common;
	char pins[PATH_MAX];
	struct enforced e;
	struct random dice;
	struct net_addr web4, web6;
	int out, in; /* frames to web's device, and what comes out behind it */
	struct ir_endpoint **all;
	size_t first, n; /* all[first] to all[n - 1] are there */
	uint64_t allowed, denied;
	uint64_t slowest_ns;
};

/* --- frames -------------------------------------------------------------------------------- */

static int open_frames(const char *device)
{
	struct sockaddr_ll at = {.sll_family = AF_PACKET,
				 .sll_protocol = htons(ETH_P_ALL),
				 .sll_ifindex = (int)if_nametoindex(device)};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_ALL));

	if (fd >= 0 && bind(fd, (const void *)&at, sizeof(at))) {
		close(fd);
		return -1;
	}
	return fd;
}

static void make_syn(struct packet *p, const struct net_addr *src, const struct net_addr *dst,
		     uint16_t sport)
{
	const struct packet_spec spec = {
		.src = *src, .dst = *dst, .proto = IPPROTO_TCP, .sport = sport, .dport = PORT};

	packet_build(p, &spec);
}

/* What a filter drops is told to the sender as if there were no room. */
static bool send_frame(int fd, const struct packet *p)
{
	return send(fd, p->data, p->len, 0) == (ssize_t)p->len || errno == ENOBUFS;
}

/* The next frame of ours that comes through: its source port, or -1 after two seconds. */
static int receive(const struct run *r)
{
	struct pollfd ready = {.fd = r->in, .events = POLLIN};
	uint8_t frame[PACKET_MAX];

	while (poll(&ready, 1, 2000) > 0) {
		ssize_t n = recv(r->in, frame, sizeof(frame), MSG_DONTWAIT);
		size_t l4;

		if (n < ETH_HLEN + 40)
			continue;
		l4 = ETH_HLEN + (frame[12] == 0x08 ? 20 : 40);
		if (frame[l4 + 2] == PORT >> 8 && frame[l4 + 3] == (PORT & 0xff))
			return frame[l4] << 8 | frame[l4 + 1];
	}
	return -1;
}

/* Does a packet from the address get through to web? A second one, of a friend, follows it: what
 * comes out first tells. */
static bool passes(struct run *r, const struct net_addr *from, bool *ok)
{
	const struct net_addr *to = from->family == NET_V4 ? &r->web4 : &r->web6;
	const struct net_addr *friend = &ir_find_endpoint(r->e.ir, "friend")->addrs.v[0];
	static uint16_t sport;
	struct packet p;
	uint16_t asked;
	int got;

	sport = (uint16_t)(sport % 30000 + 2);
	asked = (uint16_t)(FIRST_PORT + sport);
	make_syn(&p, from, to, asked);
	*ok &= send_frame(r->out, &p);
	make_syn(&p, friend, &r->web4, (uint16_t)(asked + 1));
	*ok &= send_frame(r->out, &p);
	got = receive(r);
	if (got == asked)
		got = receive(r);
	else
		asked = 0;
	*ok &= got == sport + FIRST_PORT + 1;
	if (got != sport + FIRST_PORT + 1)
		tap_note("a friend's packet does not come through: %d", got);
	return asked;
}

/* --- what should be ------------------------------------------------------------------------- */

static bool allowed(const struct run *r, const struct ir_endpoint *ep, const struct net_addr *addr)
{
	const struct ir_flow flow = {
		.src = {.ep = ep, .addr = *addr},
		.dst = {.ep = ir_find_endpoint(r->e.ir, "web"),
			.addr = addr->family == NET_V4 ? r->web4 : r->web6},
		.proto = IPPROTO_TCP,
		.port = PORT,
	};

	return ir_eval_dir(r->e.ir, &flow, IR_INGRESS, NULL) == IR_VERDICT_ALLOW;
}

/* Does the node judge every address of the workload as the interpreter does? `known`: it is there.
 */
static bool judged_right(struct run *r, const struct ir_endpoint *ep, bool known)
{
	bool ok = true;

	vec_each (const struct net_addr, addr, &ep->addrs) {
		bool want = allowed(r, known ? ep : NULL, addr), got = passes(r, addr, &ok);

		r->allowed += got;
		r->denied += !got;
		if (got != want)
			tap_note("%s: %s, and should be %s", ep->name,
				 got ? "passes" : "is dropped", want ? "let in" : "held back");
		ok &= got == want;
	}
	return ok;
}

/* --- workloads ------------------------------------------------------------------------------- */

static void add_label(struct run *r, struct ir_endpoint *ep, const char *key, const char *value)
{
	struct ir_label label = {.key = intern_add(&r->e.ir->strings, key),
				 .value = intern_add(&r->e.ir->strings, value)};

	vec_push(&r->e.lang.arena, &ep->labels, label);
}

/* Values that policies name, and one that was never seen before. */
static void random_labels(struct run *r, struct ir_endpoint *ep, size_t number)
{
	static const struct {
		const char *key, *values[4];
	} keys[] = {
		{"role", {"friend", "foe", "friend"}},
		{"banned", {"yes", "no"}},
		{"zone", {"a", "b", "c"}},
		{"legacy", {"true"}},
		{"kind", {"probe", "job"}},
		{"owner", {"me"}},
	};
	const char *fresh = arena_printf(&r->e.lang.arena, "new-%zu", number);

	ep->labels.n = 0;
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		const char *value = keys[i].values[random_below(&r->dice, 4)];

		if (random_below(&r->dice, 2))
			add_label(r, ep, keys[i].key, value ? value : fresh);
	}
	ir_endpoint_sort_labels(ep);
}

/* In a range of pods, scattered, or in a prefix that a rule names; some in both families. */
static void random_addrs(struct run *r, struct ir_endpoint *ep, size_t number)
{
	static const uint8_t second[] = {77, 78, 90, 200};
	struct net_addr v4 = {NET_V4, {10, second[random_below(&r->dice, 4)]}};
	struct net_addr v6 = {NET_V6, {0xfd, 0x77}};
	uint32_t kind = random_below(&r->dice, 3);

	v4.bytes[2] = (uint8_t)(1 + number / 200 % 200);
	v4.bytes[3] = (uint8_t)(1 + number % 200);
	v6.bytes[7] = (uint8_t)random_below(&r->dice, 8);
	v6.bytes[14] = (uint8_t)(1 + number / 200);
	v6.bytes[15] = (uint8_t)(1 + number % 200);
	if (kind != 1)
		vec_push(&r->e.lang.arena, &ep->addrs, v4);
	if (kind)
		vec_push(&r->e.lang.arena, &ep->addrs, v6);
}

static struct ir_endpoint *random_workload(struct run *r, size_t number)
{
	struct ir_endpoint *ep = arena_new(&r->e.lang.arena, struct ir_endpoint);

	ep->name = arena_printf(&r->e.lang.arena, "pods/w-%zu", number);
	ep->kind = "Pod";
	random_labels(r, ep, number);
	random_addrs(r, ep, number);
	return ep;
}

static uint64_t clock_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static bool put(struct run *r, struct ir_endpoint *const *eps, size_t n)
{
	const struct rt_peers peers = {&r->e.ir->strings, (const struct ir_endpoint *const *)eps,
				       n};
	uint64_t begin = clock_ns(), took;
	size_t placed = 0;
	bool ok = rt_peers_put(r->e.bundle, &peers, &r->common, &r->e.lang.diag, &placed) == 0 &&
		  placed == n;

	took = clock_ns() - begin;
	r->slowest_ns = took > r->slowest_ns ? took : r->slowest_ns;
	return ok;
}

static bool all_judged_right(struct run *r, struct ir_endpoint *const *eps, size_t n, bool known)
{
	bool ok = true;

	for (size_t i = 0; ok && i < n; i++)
		ok = judged_right(r, eps[i], known);
	return ok;
}

/* Some at once, as on a node that starts a deployment's pods. */
static bool come(struct run *r, size_t n)
{
	struct ir_endpoint **eps = &r->all[r->n];

	for (size_t i = 0; i < n; i++)
		eps[i] = random_workload(r, r->n++);
	return put(r, eps, n) && all_judged_right(r, eps, n, true);
}

static bool go(struct run *r, size_t n)
{
	struct ir_endpoint **eps = &r->all[r->first];
	const char *names[MAX_AT_ONCE] = {0};

	for (size_t i = 0; i < n; i++)
		names[i] = eps[i]->name;
	r->first += n;
	return rt_peers_remove(r->e.bundle, names, n, &r->common, &r->e.lang.diag) == 0 &&
	       all_judged_right(r, eps, n, false);
}

/* Other labels, at the same addresses. */
static bool change(struct run *r)
{
	size_t i = r->first + random_below(&r->dice, (uint32_t)(r->n - r->first));

	random_labels(r, r->all[i], r->n + i);
	return put(r, &r->all[i], 1) && judged_right(r, r->all[i], true);
}

static size_t some(struct run *r, size_t most)
{
	size_t n = 1 + random_below(&r->dice, MAX_AT_ONCE);

	return n < most ? n : most;
}

static bool come_and_go(struct run *r, size_t n)
{
	bool ok = true;

	while (ok && r->n < n) {
		ok = come(r, some(r, n - r->n)) && change(r);
		while (ok && r->n - r->first > MAX_ALIVE)
			ok = go(r, some(r, r->n - r->first));
	}
	while (ok && r->first < r->n)
		ok = go(r, some(r, r->n - r->first));
	return ok;
}

/* --- those who stay ------------------------------------------------------------------------- */

struct crowd {
	const struct run *run;
	int fd;
	bool stop;
	uint64_t allowed, denied;
};

/* Friend and foe in turn, until it is told to stop. */
static void *chatter(void *arg)
{
	struct crowd *c = arg;
	const struct ir *ir = c->run->e.ir;
	const struct timespec breath = {.tv_nsec = 20000};
	struct packet friend, foe;

	make_syn(&friend, &ir_find_endpoint(ir, "friend")->addrs.v[0],
		 &ir_find_endpoint(ir, "busy")->addrs.v[0], 1234);
	make_syn(&foe, &ir_find_endpoint(ir, "foe")->addrs.v[0],
		 &ir_find_endpoint(ir, "busy")->addrs.v[0], 1234);
	while (!__atomic_load_n(&c->stop, __ATOMIC_ACQUIRE)) {
		c->allowed += send_frame(c->fd, &friend);
		c->denied += send_frame(c->fd, &foe);
		nanosleep(&breath, NULL);
	}
	return NULL;
}

/* --- the node -------------------------------------------------------------------------------- */

static bool make_devices(void)
{
	return unshare(CLONE_NEWNET) == 0 &&
	       system("ip link add pod0 type veth peer name peer0 && "
		      "ip link add pod1 type veth peer name peer1 && "
		      "for d in pod0 peer0 pod1 peer1; do "
		      "echo 1 >/proc/sys/net/ipv6/conf/$d/disable_ipv6 && ip link set $d up; "
		      "done") == 0;
}

/* What a bank holds beside addresses, to be compared. */
struct bank_map {
	enum rt_map map;
	size_t size;
	void *now, *then;
};

static bool open_banks(struct run *r, struct bank_map *maps, size_t n)
{
	struct rt_session s;
	bool ok = rt_session_open(&s, &r->common, RT_SESSION_LOOK, &r->e.lang.diag) == 0;

	for (size_t i = 0; ok && i < n; i++) {
		struct bank_map *m = &maps[i];

		m->now = mmap(NULL, m->size, PROT_READ, MAP_SHARED, s.node.fd[m->map], 0);
		m->then = malloc(m->size);
		ok = m->now != MAP_FAILED && m->then;
		if (ok)
			memcpy(m->then, m->now, m->size);
	}
	rt_session_close(&s);
	return ok;
}

static bool banks_are_the_same(struct bank_map *maps, size_t n)
{
	bool same = true;

	for (size_t i = 0; i < n; i++) {
		same &= memcmp(maps[i].now, maps[i].then, maps[i].size) == 0;
		munmap(maps[i].now, maps[i].size);
		free(maps[i].then);
	}
	return same;
}

static bool load(struct run *r)
{
	const struct rt_attach attach[] = {{"web", "pod0"}, {"busy", "pod1"}};
	const struct rt_load_options opts = {.common = r->common};

	return rt_load(r->e.bundle, attach, 2, &opts, &r->e.lang.diag, NULL) == 0;
}

static uint64_t count(struct run *r, enum polc_reason reason)
{
	struct rt_status st;

	if (rt_status_get(&r->common, &r->e.lang.arena, &r->e.lang.diag, &st))
		return 0;
	return st.counters[IR_INGRESS][reason].packets;
}

/* --- the test -------------------------------------------------------------------------------- */

static void test(struct run *r, size_t n)
{
	struct crowd crowd = {.run = r, .fd = open_frames("pod1")};
	struct bank_map maps[] = {
		{.map = RT_MAP_PAGES, .size = POLC_BANKS * POLC_PAGES * sizeof(struct polc_page)},
		{.map = RT_MAP_CELLS,
		 .size = POLC_BANKS * POLC_CELL_LINES * sizeof(struct polc_cells_line)},
		{.map = RT_MAP_EPS, .size = POLC_BANKS * POLC_ENDPOINTS * sizeof(struct polc_ep)},
	};
	enum { N_MAPS = sizeof(maps) / sizeof(*maps) };
	uint64_t begin = clock_ns(), passed;
	pthread_t thread;
	bool ok;

	tap_result(open_banks(r, maps, N_MAPS), "the banks are copied");
	pthread_create(&thread, NULL, chatter, &crowd);
	ok = come_and_go(r, n);
	__atomic_store_n(&crowd.stop, true, __ATOMIC_RELEASE);
	pthread_join(thread, NULL);
	tap_result(ok && r->n == n, "%zu workloads come and go, each judged from its first packet",
		   n);
	tap_note("%.1f s, %llu packets let in, %llu held back, %llu of others; slowest put %.2f ms",
		 (double)(clock_ns() - begin) / 1e9, (unsigned long long)r->allowed,
		 (unsigned long long)r->denied, (unsigned long long)(crowd.allowed + crowd.denied),
		 (double)r->slowest_ns / 1e6);
	tap_result(r->allowed > n / 8 && r->denied > n / 8, "some are let in and some are not");
	/* Each question is followed by a packet of a friend. */
	passed = 2 * r->allowed + r->denied + crowd.allowed;
	tap_result(count(r, POLC_PASS_POLICY) == passed &&
			   count(r, POLC_DROP_POLICY) == r->denied + crowd.denied,
		   "no packet of those who stay was judged otherwise meanwhile");
	tap_result(banks_are_the_same(maps, N_MAPS), "no bank was rewritten");
	close(crowd.fd);
}

static bool start(struct run *r)
{
	if (!make_devices())
		return false;
	snprintf(r->pins, sizeof(r->pins), "%s/come-and-go", r->env.pins);
	r->common.pin_dir = r->pins;
	if (enforced_compile_open(&r->e, NULL, policies) || enforced_read(&r->e, &r->env) ||
	    !load(r))
		return false;
	r->web4 = ir_find_endpoint(r->e.ir, "web")->addrs.v[0];
	r->web6 = ir_find_endpoint(r->e.ir, "web")->addrs.v[1];
	r->out = open_frames("pod0");
	r->in = open_frames("peer0");
	return r->out >= 0 && r->in >= 0;
}

int main(void)
{
	const char *seed = getenv("POLC_SEED"), *number = getenv("POLC_WORKLOADS");
	size_t n = number ? strtoul(number, NULL, 10) : N_WORKLOADS;
	struct run r = {.dice = {seed ? strtoull(seed, NULL, 10) : 1}};

	if (enforce_env_init(&r.env)) {
		enforce_env_fini(&r.env);
		return tap_skip_all("no BPF for us");
	}
	tap_plan(5);
	r.all = calloc(n + 1, sizeof(*r.all));
	if (start(&r))
		test(&r, n);
	else
		tap_result(false, "the policy is in force");
	if (r.e.lang.diag.items.n)
		enforced_note(&r.e, 0);
	enforced_fini(&r.e);
	enforce_env_fini(&r.env);
	free(r.all);
	return tap_exit();
}
