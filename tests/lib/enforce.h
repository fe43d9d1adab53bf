/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From policy text to programs in the kernel that judge packets, without a device: text,
 * IR, classes, a bundle on disk, read again, loaded by the runtime on a node of its own. Packets go
 * through BPF_PROG_TEST_RUN. Files and pins are private to the test process: they lie in a mount
 * namespace of its own, which ends with it.
 */
#pragma once

#include <limits.h>

#include "bpf/abi.h"
#include "codegen/bundle.h"
#include "codegen/decisions.h"
#include "compiler/classes/classes.h"
#include "compiler/ir.h"
#include "lang/lang.h"
#include "runtime/node/state/session.h"
#include "tests/lib/objects.h"
#include "tests/lib/packet.h"

/* The surroundings of all policy sets of one test program. */
struct enforce_env {
	const char *bundle, *pins; /* on a file system of this process alone */
	struct objects kept;
	const char *cache; /* objects by content */
	struct sources sources;
	struct diag diag;
	struct arena arena;
	struct rt_session session; /* the node's maps */
	size_t n_cpus;
	struct polc_counter *before, *after; /* of polc_metrics: entry * n_cpus + cpu */
};

/* 0; -EPERM where BPF or mount namespaces are not ours to use. */
int enforce_env_init(struct enforce_env *env);
void enforce_env_fini(struct enforce_env *env);

/* All connections on record were just seen: for models that know no time. The shortest time-out
 * of the datapath is 10 s, and machines may be slow. */
void enforce_freshen(const struct enforce_env *env);
/* Forgets all connections and fragments. */
void enforce_forget(struct enforce_env *env);
/* The descriptor of a node map, or -1: no program needed it yet. */
int enforce_node_map(const struct enforce_env *env, const char *name);
/* A mappable node map in memory, `*size` bytes that the caller unmaps; NULL: not there. */
uint64_t *enforce_map_memory(const struct enforce_env *env, const char *name, size_t *size);

/* A policy set. */
struct enforced {
	struct lang lang;
	struct ir *ir;
	struct cls *cls;
	struct bundle *bundle;
	bool telling; /* programs count rules and tell of drops */
	bool general; /* one program serves all endpoints; set it before the load */
	struct gen_decisions decisions; /* of the tables, by number */
	uint16_t *listeners;            /* by number of the decision; 0: it has none */
	uint32_t bank;
	int *programs; /* shape * IR_N_DIRS + direction */
};

/* Reads, resolves and compiles; either text may be NULL. enforced_fini() is due in any case.
 * -EINVAL: the diagnostics of e->lang.diag say why. */
int enforced_compile(struct enforced *e, const char *yaml, const char *pol);
/* The same for programs that count rules and tell of drops. */
int enforced_compile_telling(struct enforced *e, const char *yaml, const char *pol);
/* The same for endpoints to come. */
int enforced_compile_open(struct enforced *e, const char *yaml, const char *pol);
/* Writes the bundle and reads it. */
int enforced_read(struct enforced *e, const struct enforce_env *env);
/* Writes the bundle, reads it, loads the programs of its shapes, and puts the policy of all its
 * endpoints into force, each in the slot after its index. The set before it is done with then. */
int enforced_load(struct enforced *e, struct enforce_env *env);
void enforced_fini(struct enforced *e);
/* Says as a TAP comment why one of the two did not work. */
void enforced_note(const struct enforced *e, int err);

/* What the kernel did with a packet. */
struct enforce_result {
	bool passed; /* or is on its way to a proxy */
	int reason;  /* enum polc_reason; -1: not exactly one reason of this direction counted */
	uint32_t listener; /* of the proxy that it is on its way to; 0: to none */
};

/* The devices of the proxies, which nobody has; 0: the packet comes from elsewhere. */
enum { ENFORCE_PROXY_IN = 0x70000000, ENFORCE_PROXY_OUT };

/* The program of a managed endpoint, which stands in slot 0 until another one does. A descriptor
 * that stays the policy set's, or a negative errno as below. */
int enforced_program(const struct enforced *e, const struct enforce_env *env,
		     const struct ir_endpoint *ep, enum ir_dir dir);
/* Runs the program of a managed endpoint, whose slot a test run cannot name: it stands in slot 0
 * meanwhile. 0 or -errno; -ESTALE: another set is in force. */
int enforced_run(const struct enforced *e, struct enforce_env *env, const struct ir_endpoint *ep,
		 enum ir_dir dir, const struct packet *packet, struct enforce_result *out);

/* The same for a packet that came in by this device. */
int enforced_run_from(const struct enforced *e, struct enforce_env *env,
		      const struct ir_endpoint *ep, enum ir_dir dir, const struct packet *packet,
		      uint32_t ifindex, struct enforce_result *out);

/* Of the decision about a flow whose requests decide; 0: it has none. */
uint32_t enforced_listener(const struct enforced *e, const struct ir_flow *flow, enum ir_dir dir);

/* What a decision of the bundle has counted since the load. */
uint64_t enforced_hits(const struct enforced *e, const struct enforce_env *env, uint32_t decision);
