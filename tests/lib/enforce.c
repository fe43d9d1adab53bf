/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "tests/lib/enforce.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/pkt_cls.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/lib/tap.h"

enum { N_COUNTERS = IR_N_DIRS * POLC_N_REASONS };

/* --- surroundings --------------------------------------------------------------------- */

/* Every file that a run makes lies here, on a file system in memory that nobody else sees and
 * that ends with the process, however it ends. The directory is there wherever BPF is. */
#define SCRATCH "/sys/fs/bpf"

static int mount_scratch(void)
{
	if (unshare(CLONE_NEWNS) || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("polc-test", SCRATCH, "tmpfs", 0, "mode=0700") || mkdir(SCRATCH "/pins", 0700) ||
	    mount("bpf", SCRATCH "/pins", "bpf", 0, "mode=0700"))
		return -errno;
	return 0;
}

int enforce_env_init(struct enforce_env *env)
{
	const char *build = getenv("POLC_BUILDDIR");
	int r = mount_scratch();

	if (r)
		return r;
	*env = (struct enforce_env){.bundle = SCRATCH "/bundle",
				    .pins = SCRATCH "/pins",
				    .n_cpus = libbpf_num_possible_cpus()};
	for (int i = 0; i < RT_N_NODE_MAPS; i++)
		env->node[i] = -1;
	if (build)
		snprintf(env->cache, sizeof(env->cache), "%s/tests/kernel/objects", build);
	else
		snprintf(env->cache, sizeof(env->cache), SCRATCH "/objects");
	env->before = calloc(N_COUNTERS * env->n_cpus, sizeof(*env->before));
	env->after = calloc(N_COUNTERS * env->n_cpus, sizeof(*env->after));
	return env->before && env->after ? 0 : -ENOMEM;
}

void enforce_env_fini(struct enforce_env *env)
{
	for (int i = 0; i < RT_N_NODE_MAPS; i++) {
		if (env->node[i] >= 0)
			close(env->node[i]);
	}
	free(env->before);
	free(env->after);
}

int enforce_node_map(const struct enforce_env *env, const char *name)
{
	for (int i = 0; i < RT_N_NODE_MAPS; i++) {
		if (strcmp(rt_node_map_name(i), name) == 0)
			return env->node[i];
	}
	return -1;
}

static void empty(int map)
{
	enum { BATCH = 256, MAX_SIZE = 64 };
	uint8_t keys[BATCH * MAX_SIZE], values[BATCH * MAX_SIZE];
	uint32_t at, n;
	void *from = NULL;
	int r;

	do {
		n = BATCH;
		r = bpf_map_lookup_and_delete_batch(map, from, &at, keys, values, &n, NULL);
		from = &at;
	} while (!r);
}

void enforce_forget(struct enforce_env *env)
{
	static const char *const maps[] = {POLC_MAP_CT4, POLC_MAP_CT6, POLC_MAP_FRAG4,
					   POLC_MAP_FRAG6};

	for (size_t i = 0; i < sizeof(maps) / sizeof(*maps); i++) {
		int fd = enforce_node_map(env, maps[i]);

		if (fd >= 0)
			empty(fd);
	}
}

/* The first programs that need a node map make it; the next policy sets share it. */
static int adopt_node_maps(struct enforce_env *env, const struct rt_maps *maps)
{
	char path[128];

	for (int i = 0; i < RT_N_NODE_MAPS; i++) {
		if (maps->node[i] < 0 || env->node[i] >= 0)
			continue;
		snprintf(path, sizeof(path), "%s/%s", env->pins, rt_node_map_name(i));
		if (bpf_obj_pin(maps->node[i], path))
			return -errno;
		env->node[i] = dup(maps->node[i]);
	}
	return 0;
}

/* --- policy sets ---------------------------------------------------------------------- */

static int read_text(struct lang *l, const char *name, const char *text, enum lang_syntax syntax)
{
	if (!text || !*text)
		return 0;
	return lang_read_text(l, name, text, strlen(text), syntax, LANG_INPUT);
}

int enforced_compile(struct enforced *e, const char *yaml, const char *pol)
{
	int r;

	*e = (struct enforced){0};
	lang_init(&e->lang);
	r = read_text(&e->lang, "input.yaml", yaml, LANG_YAML);
	if (!r)
		r = read_text(&e->lang, "input.pol", pol, LANG_POL);
	if (!r)
		r = ir_resolve(&e->lang, &e->ir);
	if (!r)
		r = cls_build(e->ir, NULL, &e->lang.arena, &e->lang.diag, &e->cls);
	return r;
}

static int write_and_read(struct enforced *e, const struct enforce_env *env)
{
	const char *bpf_dir = getenv("POLC_BPF_DIR");
	struct bundle_options opts = {.bpf_dir = bpf_dir ? bpf_dir : POLC_TEST_BPF_DIR,
				      .cache_dir = env->cache};
	int r = bundle_write(e->cls, &e->lang.sources, env->bundle, &opts, &e->lang.diag);

	return r ? r : bundle_read(env->bundle, &e->lang.diag, &e->bundle);
}

static int open_programs(struct enforced *e)
{
	e->programs = calloc(e->bundle->endpoints.n * IR_N_DIRS + 1, sizeof(*e->programs));
	for (size_t i = 0; i < e->bundle->endpoints.n * IR_N_DIRS; i++) {
		e->programs[i] = rt_programs_open(e->image.programs, i);
		if (e->programs[i] < 0)
			return e->programs[i];
	}
	return 0;
}

int enforced_load(struct enforced *e, struct enforce_env *env)
{
	struct rt_image_options opts = {.pin_dir = env->pins};
	const struct bundle_endpoint **all;
	int r = write_and_read(e, env);

	if (r)
		return r;
	all = calloc(e->bundle->endpoints.n + 1, sizeof(*all));
	for (size_t i = 0; i < e->bundle->endpoints.n; i++)
		all[i] = &e->bundle->endpoints.v[i];
	r = rt_image_init(&e->image, e->bundle, all, e->bundle->endpoints.n, &opts, &e->lang.diag);
	free(all);
	if (r)
		return r;
	r = adopt_node_maps(env, &e->image.maps);
	return r ? r : open_programs(e);
}

void enforced_fini(struct enforced *e)
{
	for (size_t i = 0; e->programs && i < e->bundle->endpoints.n * IR_N_DIRS; i++) {
		if (e->programs[i] > 0)
			close(e->programs[i]);
	}
	if (e->image.n)
		rt_image_fini(&e->image);
	free(e->programs);
	bundle_free(&e->bundle);
	lang_fini(&e->lang);
}

void enforced_note(const struct enforced *e, int err)
{
	_cleanup_buf_ struct buf out = {0};

	diag_render_text(&e->lang.diag, &(struct diag_style){0}, &out);
	tap_note("the policy set does not load: %s", strerror(-err));
	tap_note_text(buf_str(&out));
}

/* --- packets -------------------------------------------------------------------------- */

static int read_counters(const struct enforce_env *env, struct polc_counter *out)
{
	uint32_t keys[N_COUNTERS], batch, n = N_COUNTERS;
	int r = bpf_map_lookup_batch(enforce_node_map(env, POLC_MAP_METRICS), NULL, &batch, keys,
				     out, &n, NULL);

	return r && r != -ENOENT ? r : 0;
}

/* Which counter of this direction grew by one; -1 if that is not all that happened. */
static int counted(const struct enforce_env *env, enum ir_dir dir)
{
	int found = -1;

	for (size_t i = 0; i < N_COUNTERS * env->n_cpus; i++) {
		uint64_t n = env->after[i].packets - env->before[i].packets;

		if (!n)
			continue;
		if (n > 1 || found >= 0)
			return -1;
		found = i / env->n_cpus;
	}
	if (found < 0 || found / POLC_N_REASONS != (int)dir)
		return -1;
	return found % POLC_N_REASONS;
}

int enforced_run(const struct enforced *e, struct enforce_env *env, const struct ir_endpoint *ep,
		 enum ir_dir dir, const struct packet *packet, struct enforce_result *out)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet->data, .data_size_in = packet->len,
		    .repeat = 1);
	const struct bundle_endpoint *at = bundle_find_endpoint(e->bundle, ep->name);
	int r;

	if (!at)
		return -ENOENT;
	r = read_counters(env, env->before);
	if (!r)
		r = bpf_prog_test_run_opts(
			e->programs[(at - e->bundle->endpoints.v) * IR_N_DIRS + dir], &opts);
	if (!r)
		r = read_counters(env, env->after);
	out->passed = (int)opts.retval == TC_ACT_UNSPEC;
	out->reason = r ? -1 : counted(env, dir);
	return r;
}
