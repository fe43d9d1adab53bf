/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the bench share: the run as a whole, and the field of one size. */
#pragma once

#include "tests/bench/datapath/lane.h"
#include "tests/bench/datapath/ours.h"
#include "tests/bench/datapath/wrap.h"
#include "tests/bench/report/results.h"
#include "tests/bench/rivals/cilium.h"

/* One run of the bench. */
struct bench {
	bool quick; /* see that it works; the numbers mean little */
	unsigned rounds;
	struct enforce_env env;
	struct wrap wrap;
	struct lane lanes[2]; /* that polc is loaded on: FIELD_OPEN and FIELD_STRICT */
	struct results results;
	json_t *machine;
	json_t *sizes;          /* what is no time a packet: one object a size */
	unsigned disagreements; /* verdicts that differ from the interpreter's */
	unsigned foreign;       /* the same of the kernel's own firewalls, a few */
	unsigned refused;       /* measurements that should have been possible and were not */
};

/* The programs that a packet can meet. X(ENUM, "name", judges) */
#define VARIANTS(X)                                                                                \
	X(NONE, "nothing", false)                                                                  \
	X(EMPTY, "empty program", false)                                                           \
	X(PARSE, "parse only", false)                                                              \
	X(OURS, "polc", true)                                                                      \
	X(OURS_STATELESS, "polc, stateless", true)                                                 \
	X(OURS_BOTH, "polc, both directions", true)                                                \
	X(CILIUM, "Cilium-shaped", true)                                                           \
	X(CILIUM_CT, "Cilium-shaped, conntrack", true)

enum variant {
#define X(id, name, judges) VARIANT_##id,
	VARIANTS(X)
#undef X
		N_VARIANTS
};

const char *variant_name(enum variant v);
bool variant_judges(enum variant v);

/* One policy in every form that is measured. */
struct field {
	unsigned rules;
	struct arena arena;
	struct ours ours;
	struct flat flat;
	struct cilium cilium;
	struct bpf_object *floor;
	struct traffic *traffic[TRAFFIC_N_MIXES];
	struct wrap_target targets[N_VARIANTS];
	json_t *out; /* its object in bench.sizes */
};

/* The devices that polc is loaded on. */
#define FIELD_OPEN   "bench-open"
#define FIELD_STRICT "bench-strict"

/* False after saying why; field_fini() is due in any case. */
bool field_init(struct field *f, struct bench *b, unsigned rules);
void field_fini(struct field *f, struct bench *b);
/* Prints a number about a size, and keeps it for the JSON. */
void field_say(struct field *f, const char *what, double n, const char *unit);

/* Times a packet with BPF_PROG_TEST_RUN, after holding every verdict against the policy. */
void test_run_bench(struct bench *b, struct field *f);
