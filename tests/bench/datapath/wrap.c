/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "tests/bench/datapath/wrap.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/pkt_cls.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/lib/packet.h"

/* --- objects ---------------------------------------------------------------------------- */

struct bpf_object *wrap_open(const char *name)
{
	const char *build = getenv("POLC_BUILDDIR");
	struct bpf_object *obj;
	char path[4096];

	snprintf(path, sizeof(path), "%s/tests/bench/bpf/%s.bpf.o", build ? build : ".", name);
	obj = bpf_object__open(path);
	if (!obj)
		printf("cannot open %s: %s\n", path, strerror(errno));
	return obj;
}

bool wrap_load_object(struct bpf_object *obj)
{
	int r = bpf_object__load(obj);

	if (r)
		printf("cannot load %s: %s\n", bpf_object__name(obj), strerror(-r));
	return r == 0;
}

void *wrap_data(struct bpf_object *obj, const char *section, size_t size)
{
	const struct bpf_map *map = bpf_object__find_map_by_name(obj, section);
	void *p = map ? mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(map), 0)
		      : MAP_FAILED;

	return p == MAP_FAILED ? NULL : p;
}

/* --- the wrapper -------------------------------------------------------------------------- */

bool wrap_init(struct wrap *w)
{
	*w = (struct wrap){.obj = wrap_open("wrap")};
	if (!w->obj || !wrap_load_object(w->obj)) {
		wrap_fini(w);
		return false;
	}
	w->fd = bpf_program__fd(bpf_object__find_program_by_name(w->obj, "wrap"));
	w->slot = bpf_map__fd(bpf_object__find_map_by_name(w->obj, "under_test"));
	w->config = wrap_data(w->obj, ".bss.config", sizeof(*w->config));
	w->packets = wrap_data(w->obj, ".bss.packets", BENCH_PACKETS * sizeof(*w->packets));
	if (w->config && w->packets)
		return true;
	printf("cannot map the data of the wrapper: %s\n", strerror(errno));
	wrap_fini(w);
	return false;
}

void wrap_fini(struct wrap *w)
{
	if (w->config)
		munmap(w->config, sizeof(*w->config));
	if (w->packets)
		munmap(w->packets, BENCH_PACKETS * sizeof(*w->packets));
	bpf_object__close(w->obj);
	*w = (struct wrap){0};
}

void wrap_use(struct wrap *w, const struct traffic *t)
{
	memcpy(w->packets, t->packets, sizeof(t->packets));
}

/* TCP in the midst of a connection; the wrapper puts in the rest. */
size_t wrap_frame(const struct wrap_target *target, uint8_t frame[static BENCH_FRAME])
{
	struct packet_spec spec = {.proto = IPPROTO_TCP,
				   .sport = 40000,
				   .dport = 80,
				   .tcp_flags = PACKET_ACK,
				   .payload = BENCH_FRAME - BENCH_HEADERS};
	struct packet p;

	net_addr_parse("10.0.0.2", &spec.src);
	net_addr_parse(target->addr, &spec.dst);
	packet_build(&p, &spec);
	memcpy(frame, p.data, p.len);
	return p.len;
}

static bool select_target(struct wrap *w, const struct wrap_target *target)
{
	__u32 slot = 0;

	w->config->classid = target->classid;
	if (target->fd < 0)
		return !bpf_map_delete_elem(w->slot, &slot) || errno == ENOENT;
	return !bpf_map_update_elem(w->slot, &slot, &target->fd, BPF_ANY);
}

double wrap_run(struct wrap *w, const struct wrap_target *target, uint32_t mask, unsigned repeat)
{
	uint8_t frame[BENCH_FRAME];
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame, .repeat = repeat);

	opts.data_size_in = wrap_frame(target, frame);
	if (!select_target(w, target))
		return -1;
	w->config->next = 0;
	w->config->mask = mask;
	return bpf_prog_test_run_opts(w->fd, &opts) ? -1 : (double)opts.duration;
}

int wrap_check(struct wrap *w, const struct wrap_target *target, const struct traffic *t,
	       unsigned n)
{
	uint8_t frame[BENCH_FRAME];
	size_t len = wrap_frame(target, frame);
	int wrong = 0;

	if (!select_target(w, target))
		return -1;
	w->config->next = 0;
	w->config->mask = BENCH_PACKETS - 1;
	for (unsigned i = 0; i < n; i++) {
		LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame, .data_size_in = len,
			    .repeat = 1);

		if (bpf_prog_test_run_opts(w->fd, &opts))
			return -1;
		wrong += ((int)opts.retval != TC_ACT_SHOT) != t->allowed[i];
	}
	return wrong;
}
