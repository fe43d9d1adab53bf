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
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_MAPS = 64 };

/* The maps of the objects before. */
struct maps {
	char names[MAX_MAPS][32];
	int fds[MAX_MAPS];
	int n;
};

enum { LOG_SIZE = (16 << 20) - 1 /* the most that kernels before 6.4 take */, LAST_LINES = 8 };

static int silent(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	(void)level, (void)fmt, (void)ap;
	return 0;
}

/* `log` from its last "; source line" before the end, or its last lines. */
static const char *last_words(const char *log)
{
	const char *at = log + strlen(log);

	for (int lines = 0; at > log && lines <= LAST_LINES; at--)
		lines += at[-1] == '\n';
	for (const char *source = at; source > log; source--) {
		if (source[-1] == '\n' && source[0] == ';')
			return source;
	}
	return at;
}

static void say(const char *log)
{
	for (const char *line = last_words(log); *line;) {
		size_t n = strcspn(line, "\n");

		printf("# %.*s\n", (int)n, line);
		line += n + (line[n] == '\n');
	}
}

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

/* With the log, which costs time and is asked for only where it is to be read. */
static int load(const char *path, struct maps *maps, char *log)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = "polc", .kernel_log_buf = log,
		    .kernel_log_size = log ? LOG_SIZE : 0, .kernel_log_level = log ? 1 : 0);
	struct bpf_object *obj = bpf_object__open_file(path, &opts);
	int r = -1;

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

int main(int argc, char **argv)
{
	char *log = calloc(1, LOG_SIZE + 1);
	struct maps maps = {.n = 0};
	int refused = 0;

	libbpf_set_print(silent);
	for (int i = 1; i < argc && log; i++) {
		log[0] = '\0';
		if (load(argv[i], &maps, NULL) == 0)
			continue;
		refused = 1;
		printf("not ok %s\n", argv[i]);
		if (load(argv[i], &maps, log))
			say(log);
	}
	free(log);
	return refused || !log;
}
