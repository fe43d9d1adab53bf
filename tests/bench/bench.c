/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `make bench`: what check, build and reach cost on made-up clusters of four sizes, and what
 * the classifier costs a packet. A table on standard output, JSON in bench.json (or where
 * POLC_BENCH_JSON says). See README.md here.
 */
#include <jansson.h>
#include <linux/pkt_cls.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "codegen/bundle.h"
#include "lang/base/diag.h"
#include "runtime/bank/bank.h"
#include "runtime/programs.h"
#include "tests/bench/cluster.h"
#include "tests/bench/measure.h"
#include "tests/lib/packet.h"

static const struct cluster_size sizes[] = {{10, 5, 50}, {100, 50, 500}, {1000, 500, 5000}};

enum { N_SIZES = sizeof(sizes) / sizeof(*sizes), N_PROBES = 10000 };

struct bench {
	const char *polc;
	char dir[64];
	char cluster[80], probes[80], bundle[80], cache[80], log[80];
	json_t *results; /* one object a size */
};

/* --- files ------------------------------------------------------------------------------ */

static bool save(const char *path, const struct buf *text)
{
	FILE *f = fopen(path, "w");
	bool ok = f && fwrite(buf_str(text), 1, text->n, f) == text->n;

	return (f && fclose(f) == 0) && ok;
}

static bool prepare(struct bench *b, const struct cluster_size *size)
{
	_cleanup_buf_ struct buf cluster = {0}, probes = {0};

	cluster_write(size, &cluster);
	cluster_write_probes(size, N_PROBES, &probes);
	return save(b->cluster, &cluster) && save(b->probes, &probes);
}

/* --- commands --------------------------------------------------------------------------- */

static void print_measure(const char *what, const struct measure *m, json_t *out)
{
	if (m->status < 0 || m->status > 1) {
		printf("  %-22s failed (exit status %d)\n", what, m->status);
		json_object_set_new(out, what, json_null());
		return;
	}
	printf("  %-22s %8.3f s wall %8.3f s cpu %8.1f MiB\n", what, m->wall, m->cpu, m->rss);
	json_object_set_new(out, what,
			    json_pack("{s:f, s:f, s:f}", "wall_s", m->wall, "cpu_s", m->cpu,
				      "rss_mib", m->rss));
}

static void bench_commands(struct bench *b, json_t *out)
{
	const struct {
		const char *name, *argv[8];
	} commands[] = {
		{"check", {b->polc, "check", b->cluster}},
		{"build", {b->polc, "build", b->cluster, "-o", b->bundle}},
		{"build, warm cache", {b->polc, "build", b->cluster, "-o", b->bundle}},
		{"reach, 10000 probes",
		 {b->polc, "reach", b->cluster, "--probes", b->probes, "--format", "json"}},
	};

	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
		struct measure m = measure_command(commands[i].argv, b->log);

		print_measure(commands[i].name, &m, out);
		fflush(stdout);
	}
}

/* --- the bundle ------------------------------------------------------------------------- */

static void print_number(const char *what, double n, const char *unit, json_t *out)
{
	printf("  %-22s %8.0f%s\n", what, n, unit);
	json_object_set_new(out, what, json_real(n));
}

/* The endpoint whose program has the most to do. */
static const struct bundle_endpoint *busiest(const struct bundle *b)
{
	const struct bundle_endpoint *found = NULL;

	vec_each (struct bundle_endpoint, ep, &b->endpoints) {
		if (!found || strlen(ep->shape->name) > strlen(found->shape->name))
			found = ep;
	}
	return found;
}

static void packet_to(struct packet *p, const struct bundle_endpoint *ep, const char *from,
		      uint16_t port)
{
	struct packet_spec s = {.proto = IPPROTO_TCP, .sport = 40000, .dport = port};

	vec_each (struct net_addr, a, &ep->addrs) {
		if (a->family == NET_V4)
			s.dst = *a;
	}
	net_addr_parse(from, &s.src);
	packet_build(p, &s);
}

static void bench_packet(const char *what, int fd, const struct packet *p, double empty,
			 json_t *out)
{
	int verdict;
	double ns = measure_packet(fd, p->data, p->len, &verdict);

	if (ns < 0)
		return;
	printf("  %-22s %8.0f ns %8.1f x an empty program, %s\n", what, ns, ns / empty,
	       verdict == TC_ACT_UNSPEC ? "passed" : "dropped");
	json_object_set_new(out, what, json_pack("{s:f, s:f}", "ns", ns, "ratio", ns / empty));
}

/* A packet of a known endpoint that the program lets pass; false: there is none of these. */
static bool find_passing(const struct bundle *bundle, const struct bundle_endpoint *ep, int fd,
			 struct packet *p)
{
	static const uint16_t ports[] = {80, 8080, 5432, 8001, 8007, 8013};
	char from[NET_ADDR_STRLEN];

	vec_each (struct bundle_peer, peer, &bundle->peers) {
		for (size_t i = 0; i < sizeof(ports) / sizeof(*ports); i++) {
			packet_to(p, ep, net_addr_format(&peer->addr, from), ports[i]);
			if (peer->addr.family == NET_V4 &&
			    measure_verdict(fd, p->data, p->len) == TC_ACT_UNSPEC)
				return true;
		}
	}
	return false;
}

static void bench_program(const struct bundle *bundle, const struct bundle_endpoint *ep, int fd,
			  json_t *out)
{
	int empty_fd = measure_empty_program(), verdict;
	struct packet p;
	double empty;

	packet_to(&p, ep, "198.51.100.1", 9);
	empty = measure_packet(empty_fd, p.data, p.len, &verdict);
	bench_packet("empty program", empty_fd, &p, empty, out);
	bench_packet("packet from outside", fd, &p, empty, out);
	if (find_passing(bundle, ep, fd, &p))
		bench_packet("packet from a pod", fd, &p, empty, out);
	close(empty_fd);
}

/* In slot 0, where a test run finds it. */
static int load_endpoint(struct rt_session *s, const struct bundle *bundle,
			 const struct bundle_endpoint *ep)
{
	struct rt_placement place = {.ep = ep, .check_source = true};
	struct rt_bank bank;
	int r = rt_programs_need(s, &ep->shape, 1, &place.program);

	if (!r)
		r = rt_bank_build(s, bundle, &place, 1, &bank);
	if (!r)
		r = rt_bank_write(s, &bank);
	if (r)
		return r;
	rt_node_flip(&s->node);
	return rt_program_open(s, place.program, IR_INGRESS);
}

static void bench_load(const struct bundle *bundle, struct diag *diag, json_t *out)
{
	const struct rt_options opts = {.pin_dir = "/sys/fs/bpf/polc-bench"};
	const struct bundle_endpoint *ep = busiest(bundle);
	double start = measure_now();
	struct rt_session s;
	int fd = -1;

	if (!ep || !bundle->peers.n) {
		printf("  nothing is loaded: no endpoint\n");
		return;
	}
	if (!rt_session_open(&s, &opts, RT_SESSION_LOAD, diag)) {
		fd = load_endpoint(&s, bundle, ep);
		print_number("load of an endpoint", (measure_now() - start) * 1000, " ms", out);
		if (fd >= 0)
			bench_program(bundle, ep, fd, out);
		rt_session_tidy(&s);
	}
	if (fd >= 0)
		close(fd);
	else
		printf("  nothing is loaded: no BPF here\n");
	rt_session_close(&s);
}

static void bench_bundle(struct bench *b, json_t *out)
{
	struct bundle *bundle = NULL;
	struct sources sources;
	struct arena arena;
	struct diag diag;

	arena_init(&arena);
	sources_init(&sources, &arena);
	diag_init(&diag, &arena, &sources);
	if (bundle_read(b->bundle, &diag, &bundle) == 0) {
		print_number("bundle", measure_tree(b->bundle), " KiB", out);
		print_number("peer classes", bundle->n_classes, "", out);
		print_number("tables", bundle->tables.n, "", out);
		print_number("shapes", bundle->shapes.n, "", out);
		bench_load(bundle, &diag, out);
		bundle_free(&bundle);
	}
	arena_fini(&arena);
}

/* --- main ------------------------------------------------------------------------------- */

static void bench_size(struct bench *b, const struct cluster_size *size)
{
	json_t *out = json_pack("{s:i, s:i, s:i}", "policies", size->policies, "namespaces",
				size->namespaces, "pods", size->pods);

	snprintf(b->cache, sizeof(b->cache), "%s/cache-%u", b->dir, size->policies);
	setenv("POLC_CACHE_DIR", b->cache, 1);
	printf("%u NetworkPolicies, %u namespaces, %u pods\n", size->policies, size->namespaces,
	       size->pods);
	if (prepare(b, size)) {
		bench_commands(b, out);
		bench_bundle(b, out);
	}
	json_array_append_new(b->results, out);
}

static void remove_scratch(struct bench *b)
{
	const char *const argv[] = {"/bin/rm", "-rf", b->dir, NULL};

	measure_command(argv, "/dev/null");
}

int main(void)
{
	const char *polc = getenv("POLC"), *json = getenv("POLC_BENCH_JSON"),
		   *tmp = getenv("TMPDIR");
	struct bench b = {.polc = polc ? polc : "./polc", .results = json_array()};
	int err;

	snprintf(b.dir, sizeof(b.dir), "%.40s/polc-bench-XXXXXX", tmp ? tmp : "/tmp");
	if (!mkdtemp(b.dir)) {
		perror("mkdtemp");
		return 1;
	}
	snprintf(b.cluster, sizeof(b.cluster), "%s/cluster.yaml", b.dir);
	snprintf(b.probes, sizeof(b.probes), "%s/probes.json", b.dir);
	snprintf(b.bundle, sizeof(b.bundle), "%s/bundle", b.dir);
	snprintf(b.log, sizeof(b.log), "%s/out", b.dir);
	for (size_t i = 0; i < N_SIZES; i++)
		bench_size(&b, &sizes[i]);
	remove_scratch(&b);
	err = json_dump_file(b.results, json ? json : "bench.json", JSON_INDENT(2));
	json_decref(b.results);
	return err != 0;
}
