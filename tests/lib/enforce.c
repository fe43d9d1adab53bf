/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "tests/lib/enforce.h"

#include <assert.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/pkt_cls.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "runtime/node/load/bank/bank.h"
#include "runtime/node/load/programs.h"
#include "tests/lib/random_flow.h"
#include "tests/lib/tap.h"

/* So that a direction is the number of its hook here. */
static_assert((int)IR_INGRESS == (int)POLC_HOOK_EP_IN && (int)IR_EGRESS == (int)POLC_HOOK_EP_OUT,
	      "directions are no longer counted as the hooks of an endpoint");

enum { N_COUNTERS = POLC_N_EP_HOOKS * POLC_N_REASONS };

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
	int r = mount_scratch();

	if (r)
		return r;
	*env = (struct enforce_env){.bundle = SCRATCH "/bundle",
				    .pins = SCRATCH "/pins/node",
				    .n_cpus = libbpf_num_possible_cpus()};
	env->cache = objects_dir(&env->kept, "");
	if (!env->cache)
		env->cache = SCRATCH "/objects";
	env->before = calloc(N_COUNTERS * env->n_cpus, sizeof(*env->before));
	env->after = calloc(N_COUNTERS * env->n_cpus, sizeof(*env->after));
	if (!env->before || !env->after)
		return -ENOMEM;
	arena_init(&env->arena);
	sources_init(&env->sources, &env->arena);
	diag_init(&env->diag, &env->arena, &env->sources);
	return rt_session_open(&env->session, &(struct rt_options){.pin_dir = env->pins},
			       RT_SESSION_LOAD, &env->diag);
}

void enforce_env_fini(struct enforce_env *env)
{
	rt_session_tidy(&env->session);
	rt_session_close(&env->session);
	arena_fini(&env->arena);
	free(env->before);
	free(env->after);
}

int enforce_node_map(const struct enforce_env *env, const char *name)
{
	int map = rt_map_find(name);

	return map < 0 ? -1 : env->session.node.fd[map];
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

uint64_t *enforce_map_memory(const struct enforce_env *env, const char *name, size_t *size)
{
	struct bpf_map_info info = {0};
	__u32 len = sizeof(info);
	int fd = enforce_node_map(env, name);
	void *p;

	if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &len))
		return NULL;
	*size = (size_t)info.max_entries * info.value_size;
	p = mmap(NULL, *size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	return p == MAP_FAILED ? NULL : p;
}

void enforce_forget(struct enforce_env *env)
{
	static const char *const flows[] = {POLC_MAP_CT4, POLC_MAP_CT6};
	static const char *const fragments[] = {POLC_MAP_FRAG4, POLC_MAP_FRAG6};

	for (size_t i = 0; i < sizeof(flows) / sizeof(*flows); i++) {
		size_t size;
		uint64_t *table = enforce_map_memory(env, flows[i], &size);

		if (!table)
			continue;
		memset(table, 0, size);
		munmap(table, size);
	}
	for (size_t i = 0; i < sizeof(fragments) / sizeof(*fragments); i++) {
		int fd = enforce_node_map(env, fragments[i]);

		if (fd >= 0)
			empty(fd);
	}
}

static void freshen(const struct enforce_env *env, const char *name, size_t bucket, size_t slots,
		    size_t words, uint64_t time)
{
	size_t size;
	uint64_t *table = enforce_map_memory(env, name, &size);

	if (!table)
		return;
	for (size_t b = 0; b < size / sizeof(*table); b += bucket) {
		for (size_t i = 0; i < slots; i++) {
			uint64_t *meta = &table[b + i * (words + 1) + words];

			if (*meta)
				*meta = (*meta &
					 ~((uint64_t)POLC_CT_TIME_MASK << POLC_CT_TIME_SHIFT)) |
					time << POLC_CT_TIME_SHIFT;
		}
	}
	munmap(table, size);
}

void enforce_freshen(const struct enforce_env *env)
{
	struct timespec now;
	uint64_t ticks;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	ticks = ((uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec) >> 32;
	ticks &= POLC_CT_TIME_MASK;
	freshen(env, POLC_MAP_CT4, sizeof(struct polc_ct4_bucket) / 8, POLC_CT4_SLOTS,
		POLC_CT4_WORDS, ticks);
	freshen(env, POLC_MAP_CT6, sizeof(struct polc_ct6_bucket) / 8, POLC_CT6_SLOTS,
		POLC_CT6_WORDS, ticks);
}

/* --- policy sets ---------------------------------------------------------------------- */

static int read_text(struct lang *l, const char *name, const char *text, enum lang_syntax syntax)
{
	if (!text || !*text)
		return 0;
	return lang_read_text(l, name, text, strlen(text), syntax, LANG_INPUT);
}

/* The kernel knows a node by its addresses, and here it has none of those in the input. */
static void forget_nodes(struct ir *ir)
{
	vec_each (struct ir_endpoint *, ep, &ir->endpoints)
		(*ep)->on_node = NULL;
}

static int compile(struct enforced *e, const struct cls_options *opts, const char *yaml,
		   const char *pol)
{
	int r;

	*e = (struct enforced){.telling = opts->decisions};
	lang_init(&e->lang);
	r = read_text(&e->lang, "input.yaml", yaml, LANG_YAML);
	if (!r)
		r = read_text(&e->lang, "input.pol", pol, LANG_POL);
	if (!r)
		r = ir_resolve(&e->lang, &e->ir);
	if (!r)
		forget_nodes(e->ir);
	if (!r)
		r = cls_build(e->ir, opts, &e->lang.arena, &e->lang.diag, &e->cls);
	return r;
}

int enforced_compile(struct enforced *e, const char *yaml, const char *pol)
{
	return compile(e, &(struct cls_options){0}, yaml, pol);
}

int enforced_compile_telling(struct enforced *e, const char *yaml, const char *pol)
{
	return compile(e, &(struct cls_options){.decisions = true}, yaml, pol);
}

int enforced_compile_open(struct enforced *e, const char *yaml, const char *pol)
{
	return compile(e, &(struct cls_options){.open = true}, yaml, pol);
}

int enforced_read(struct enforced *e, const struct enforce_env *env)
{
	const char *bpf_dir = getenv("POLC_BPF_DIR");
	struct bundle_options opts = {.bpf_dir = bpf_dir ? bpf_dir : POLC_TEST_BPF_DIR,
				      .cache_dir = env->cache,
				      .rules = e->telling,
				      .events = e->telling,
				      .general = e->general};
	int r = bundle_write(e->cls, &e->lang.sources, env->bundle, &opts, &e->lang.diag);

	return r ? r : bundle_read(env->bundle, &e->lang.diag, &e->bundle);
}

static int load_programs(struct enforced *e, struct rt_session *s, uint32_t *numbers)
{
	bool used[POLC_PROGRAMS] = {0};
	size_t n = e->bundle->shapes.n;
	int r = rt_programs_need(s, e->bundle,
				 (const struct bundle_shape *const *)e->bundle->shapes.v, numbers);

	if (r)
		return r;
	e->programs = calloc(n * POLC_N_EP_HOOKS + 1, sizeof(*e->programs));
	for (size_t i = 0; i < n * POLC_N_EP_HOOKS; i++) {
		used[numbers[i / POLC_N_EP_HOOKS]] = true;
		e->programs[i] =
			rt_program_open(s, numbers[i / POLC_N_EP_HOOKS], i % POLC_N_EP_HOOKS);
		if (e->programs[i] < 0)
			return e->programs[i];
	}
	rt_programs_drop(s, used);
	return 0;
}

/* They are nowhere, but programs think that they are. */
static int put_proxies(struct rt_session *s)
{
	int r = 0;

	for (uint32_t d = 0; d < POLC_DIRS && !r; d++)
		r = bpf_map_update_elem(
			s->node.fd[RT_MAP_PROXY], &d,
			&(struct polc_proxy){.ifindex = ENFORCE_PROXY_IN + d,
					     .netns = (uint32_t)BPF_F_CURRENT_NETNS},
			BPF_ANY);
	return r;
}

static int enforce(struct enforced *e, struct rt_session *s)
{
	size_t n = e->bundle->endpoints.n;
	struct rt_member *places = arena_array(&s->arena, struct rt_member, n);
	uint32_t *numbers = arena_array(&s->arena, uint32_t, e->bundle->shapes.n);
	struct rt_bank_addrs addrs = {0};
	struct rt_bank bank;
	int r = load_programs(e, s, numbers);

	if (!r)
		r = put_proxies(s);
	for (size_t i = 0; i < RANDOM_N_NODE_ADDRS; i++)
		vec_push(&s->arena, &addrs.node.list, random_node_addr(i));

	for (size_t i = 0; i < n; i++) {
		const struct bundle_endpoint *ep = &e->bundle->endpoints.v[i];

		places[i] = (struct rt_member){.ep = ep,
					       .slot = (uint32_t)i + 1,
					       .program = numbers[ep->shape->id],
					       .check_source = true};
	}
	s->node.state->slots = (uint32_t)n + 1;
	if (!r)
		r = rt_bank_build(s, e->bundle, &addrs, places, n, &bank);
	if (!r)
		r = rt_bank_write(s, &bank);
	if (r)
		return r;
	e->bank = bank.number;
	gen_decisions_number(e->cls, &e->lang.arena, &e->decisions);
	e->listeners = arena_array(&e->lang.arena, uint16_t, e->decisions.list.n);
	for (size_t i = 0; i < bank.listeners.n; i++)
		e->listeners[i] = bank.listeners.of_decision[i];
	rt_node_flip(&s->node);
	return rt_node_settle(s);
}

int enforced_load(struct enforced *e, struct enforce_env *env)
{
	struct rt_session *s = &env->session;
	int r = enforced_read(e, env);

	if (r)
		return r;
	s->diag = &e->lang.diag;
	r = enforce(e, s);
	s->diag = &env->diag;
	arena_fini(&s->arena);
	arena_init(&s->arena);
	return r;
}

void enforced_fini(struct enforced *e)
{
	for (size_t i = 0; e->programs && i < e->bundle->shapes.n * POLC_N_EP_HOOKS; i++) {
		if (e->programs[i] > 0)
			close(e->programs[i]);
	}
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

int enforced_program(const struct enforced *e, const struct enforce_env *env,
		     const struct ir_endpoint *ep, enum ir_dir dir)
{
	const struct bundle_endpoint *at = bundle_find_endpoint(e->bundle, ep->name);
	const struct rt_node *node = &env->session.node;

	if (!at)
		return -ENOENT;
	if (rt_node_active(node) != e->bank)
		return -ESTALE;
	*rt_node_ep(node, e->bank, 0) =
		*rt_node_ep(node, e->bank, (uint32_t)(at - e->bundle->endpoints.v) + 1);
	return e->programs[at->shape->id * POLC_N_EP_HOOKS + dir];
}

/* What the Ethernet header says of a packet that goes to a proxy. */
static uint32_t listener_of(const uint8_t *frame)
{
	static const uint8_t to[] = {POLC_PROXY_MAC_HEAD, POLC_PROXY_MAC_TAIL};
	static const uint8_t from[] = {POLC_PROXY_MAC_HEAD};

	if (memcmp(frame, to, sizeof(to)) != 0 ||
	    memcmp(frame + sizeof(to), from, sizeof(from)) != 0)
		return 0;
	return (uint32_t)frame[sizeof(to) + sizeof(from)] << 8 |
	       frame[sizeof(to) + sizeof(from) + 1];
}

static bool asks_the_same(const struct cls_decision *a, const struct cls_decision *b)
{
	if (a->outcome != b->outcome || a->dir != b->dir || a->asked.n != b->asked.n)
		return false;
	for (size_t i = 0; i < a->asked.n; i++)
		if (a->asked.v[i] != b->asked.v[i])
			return false;
	return true;
}

uint32_t enforced_listener(const struct enforced *e, const struct ir_flow *flow, enum ir_dir dir)
{
	const struct cls_decision *d = cls_decision_dir(e->cls, flow, dir);
	size_t i = 0;

	while (i < e->decisions.list.n && !asks_the_same(e->decisions.list.v[i], d))
		i++;
	return i < e->decisions.list.n ? e->listeners[i] : 0;
}

int enforced_run_from(const struct enforced *e, struct enforce_env *env,
		      const struct ir_endpoint *ep, enum ir_dir dir, const struct packet *packet,
		      uint32_t ifindex, struct enforce_result *out)
{
	struct __sk_buff ctx = {.ingress_ifindex = ifindex};
	uint8_t *after = malloc(packet->len);
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet->data, .data_size_in = packet->len,
		    .data_out = after, .data_size_out = packet->len, .ctx_in = &ctx,
		    .ctx_size_in = sizeof(ctx), .repeat = 1);
	int program = enforced_program(e, env, ep, dir), r = program < 0 ? program : 0;

	if (!r)
		r = read_counters(env, env->before);
	if (!r)
		r = bpf_prog_test_run_opts(program, &opts);
	if (!r)
		r = read_counters(env, env->after);
	*out = (struct enforce_result){.passed = (int)opts.retval == TC_ACT_UNSPEC ||
						 (int)opts.retval == TC_ACT_REDIRECT,
				       .reason = r ? -1 : counted(env, dir)};
	if (!r && (int)opts.retval == TC_ACT_REDIRECT)
		out->listener = listener_of(after);
	free(after);
	return r;
}

int enforced_run(const struct enforced *e, struct enforce_env *env, const struct ir_endpoint *ep,
		 enum ir_dir dir, const struct packet *packet, struct enforce_result *out)
{
	return enforced_run_from(e, env, ep, dir, packet, 0, out);
}

uint64_t enforced_hits(const struct enforced *e, const struct enforce_env *env, uint32_t decision)
{
	uint32_t key = e->bank * POLC_DECISIONS + decision;
	int map = enforce_node_map(env, POLC_MAP_HITS);
	uint64_t packets = 0;

	if (map < 0 || bpf_map_lookup_elem(map, &key, env->before))
		return 0;
	for (size_t i = 0; i < env->n_cpus; i++)
		packets += env->before[i].packets;
	return packets;
}
