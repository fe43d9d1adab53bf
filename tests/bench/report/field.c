/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <bpf/libbpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/bench/bench.h"
#include "tests/bench/measure.h"
#include "tests/bench/policy.h"

static const struct {
	const char *name;
	bool judges;
} variants[] = {
#define X(id, name, judges) {name, judges},
	VARIANTS(X)
#undef X
};

const char *variant_name(enum variant v)
{
	return variants[v].name;
}

bool variant_judges(enum variant v)
{
	return variants[v].judges;
}

void field_say(struct field *f, const char *what, double n, const char *unit)
{
	printf("  %-30s %10.1f %s\n", what, n, unit);
	json_object_set_new(f->out, what, json_real(n));
}

/* --- polc --------------------------------------------------------------------------------- */

static bool load_ours(struct field *f, struct bench *b)
{
	const struct rt_attach attach[] = {{POLICY_OPEN, FIELD_OPEN},
					   {POLICY_STRICT, FIELD_STRICT}};
	_cleanup_buf_ struct buf text = {0};

	policy_write(f->rules, &text);
	if (!ours_build(&f->ours, &b->env, buf_str(&text)) ||
	    !ours_load(&f->ours, &b->env, attach, 2))
		return false;
	field_say(f, "text to classes", f->ours.compile_s * 1000, "ms");
	field_say(f, "classes to bundle and back", f->ours.bundle_s * 1000, "ms");
	field_say(f, "load on two devices", f->ours.load_s * 1000, "ms");
	field_say(f, "peer classes", f->ours.bundle->n_classes, "");
	return ours_target(&f->ours, &b->env, POLICY_OPEN, IR_INGRESS, POLICY_OPEN_ADDR,
			   &f->targets[VARIANT_OURS]) &&
	       ours_stateless_target(&f->ours, &b->env, POLICY_OPEN, IR_INGRESS, POLICY_OPEN_ADDR,
				     &f->targets[VARIANT_OURS_STATELESS]) &&
	       ours_target(&f->ours, &b->env, POLICY_STRICT, IR_INGRESS, POLICY_STRICT_ADDR,
			   &f->targets[VARIANT_OURS_BOTH]);
}

/* --- the others ----------------------------------------------------------------------------- */

static bool load_cilium(struct field *f)
{
	int r = flat_build(f->ours.e.ir, POLICY_OPEN, &f->arena, &f->flat);
	double start = measure_now();

	if (r) {
		printf("the policy cannot be said with identities: %s\n", strerror(-r));
		return false;
	}
	if (!cilium_init(&f->cilium, &f->flat))
		return false;
	field_say(f, "Cilium-shaped, load", (measure_now() - start) * 1000, "ms");
	field_say(f, "Cilium-shaped, ipcache", f->cilium.ips, "entries");
	field_say(f, "Cilium-shaped, policy map", f->cilium.policies, "entries");
	f->targets[VARIANT_CILIUM].fd = dup(f->cilium.classify);
	f->targets[VARIANT_CILIUM_CT].fd = dup(f->cilium.classify_ct);
	return true;
}

static int floor_program(struct field *f, const char *name)
{
	return dup(bpf_program__fd(bpf_object__find_program_by_name(f->floor, name)));
}

static bool load_floor(struct field *f)
{
	f->floor = wrap_open("floor");
	if (!f->floor || !wrap_load_object(f->floor))
		return false;
	f->targets[VARIANT_EMPTY].fd = floor_program(f, "empty");
	f->targets[VARIANT_PARSE].fd = floor_program(f, "parse");
	return true;
}

/* --- packets ---------------------------------------------------------------------------------- */

static bool draw_traffic(struct field *f, struct bench *b)
{
	for (int i = 0; i < TRAFFIC_N_MIXES; i++) {
		struct traffic *t =
			traffic_new(f->ours.e.ir, f->ours.e.cls, POLICY_OPEN, (enum traffic_mix)i);

		if (!t)
			return false;
		f->traffic[i] = t;
		b->disagreements += t->disagreements;
		printf("  %s: %u packets, %.0f %% allowed; interpreter and tables disagree on %u\n",
		       traffic_mix_name((enum traffic_mix)i), t->n, 100.0 * t->n_allowed / t->n,
		       t->disagreements);
	}
	return true;
}

bool field_init(struct field *f, struct bench *b, unsigned rules)
{
	*f = (struct field){.rules = rules, .out = json_pack("{s:i}", "rules", (int)rules)};
	arena_init(&f->arena);
	json_array_append(b->sizes, f->out);
	for (int i = 0; i < N_VARIANTS; i++)
		f->targets[i] = (struct wrap_target){.fd = -1, .addr = POLICY_OPEN_ADDR};
	printf("\n%u rules, %u pods\n", rules, POLICY_PODS);
	return load_ours(f, b) && load_floor(f) && load_cilium(f) && draw_traffic(f, b);
}

void field_fini(struct field *f, struct bench *b)
{
	for (int i = 0; i < N_VARIANTS; i++) {
		if (f->targets[i].fd >= 0)
			close(f->targets[i].fd);
	}
	for (int i = 0; i < TRAFFIC_N_MIXES; i++)
		free(f->traffic[i]);
	cilium_fini(&f->cilium);
	bpf_object__close(f->floor);
	ours_unload(&b->env);
	ours_fini(&f->ours);
	arena_fini(&f->arena);
	json_decref(f->out);
}
