/* SPDX-License-Identifier: Apache-2.0 */
/*
 * usage: verify OBJECT...
 *
 * Asks the kernel here what it thinks of BPF objects, which are loaded with maps of their own, the
 * same for all as on a node, and let go again. A line an object: "ok PATH STEPS STEPS", the
 * instructions that its verifier walked through in each program, or "not ok PATH" and, in lines
 * that begin with a #, its last words with the line of the source. The status is 1 if it refused
 * one.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lang/base/diag.h"
#include "runtime/node/kernel/log.h"
#include "runtime/node/kernel/refusal.h"

enum { MAX_MAPS = 64 };

/* The maps of the objects before. */
struct maps {
	char names[MAX_MAPS][32];
	int fds[MAX_MAPS];
	int n;
};

static void print_steps(const struct bpf_object *obj)
{
	struct bpf_program *prog;

	bpf_object__for_each_program(prog, obj)
	{
		struct bpf_prog_info info = {0};
		__u32 len = sizeof(info);

		bpf_obj_get_info_by_fd(bpf_program__fd(prog), &info, &len);
		printf(" %u", info.verified_insns);
	}
	putchar('\n');
}

static int find_map(const struct maps *maps, const char *name)
{
	for (int i = 0; i < maps->n; i++)
		if (strcmp(maps->names[i], name) == 0)
			return maps->fds[i];
	return -1;
}

static void use_maps(const struct maps *maps, struct bpf_object *obj)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, obj)
	{
		int fd = find_map(maps, bpf_map__name(map));

		if (fd >= 0)
			bpf_map__reuse_fd(map, fd);
	}
}

static void keep_maps(struct maps *maps, const struct bpf_object *obj)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, obj)
	{
		const char *name = bpf_map__name(map);

		if (bpf_map__is_internal(map) || find_map(maps, name) >= 0 || maps->n == MAX_MAPS)
			continue;
		snprintf(maps->names[maps->n], sizeof(maps->names[0]), "%s", name);
		maps->fds[maps->n++] = dup(bpf_map__fd(map));
	}
}

static int load(const char *path, struct maps *maps, char *log)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = "polc", .kernel_log_buf = log,
		    .kernel_log_size = RT_VERIFIER_LOG_SIZE);
	struct bpf_object *obj = bpf_object__open_file(path, &opts);
	int r = -errno;

	log[0] = '\0';
	if (obj) {
		use_maps(maps, obj);
		r = bpf_object__load(obj);
	}
	if (r == 0) {
		keep_maps(maps, obj);
		printf("ok %s", path);
		print_steps(obj);
	}
	bpf_object__close(obj);
	return r;
}

/* As `polc load` tells it, in comments. */
static void say(const char *path, const char *log, int err)
{
	const struct rt_refusal refusal = {
		.shape = path, .compiler = "the one in its path", .log = log, .err = err};
	_cleanup_buf_ struct buf said = {0};
	struct sources sources;
	struct arena arena;
	struct diag diag;

	printf("not ok %s\n", path);
	arena_init(&arena);
	sources_init(&sources, &arena);
	diag_init(&diag, &arena, &sources);
	rt_refused(&refusal, &diag);
	diag_render_text(&diag, &(struct diag_style){0}, &said);
	arena_fini(&arena);
	for (char *line = strtok(said.s, "\n"); line; line = strtok(NULL, "\n"))
		printf("# %s\n", line);
}

int main(int argc, char **argv)
{
	char *log = malloc(RT_VERIFIER_LOG_SIZE);
	_cleanup_rt_log_ struct rt_log libbpf;
	struct maps maps = {.n = 0};
	int refused = 0;

	rt_log_begin(&libbpf);
	for (int i = 1; i < argc && log; i++) {
		int err = load(argv[i], &maps, log);

		if (err)
			say(argv[i], log, err);
		refused |= err != 0;
	}
	free(log);
	return refused || !log;
}
