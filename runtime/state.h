/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the kernel remembers for us, all of it below the pin directory:
 *
 *   polc_ct4, ...   the node maps of bpf/abi.h
 *   polc_state      HASH rt_key -> rt_record: one for each attached endpoint
 *   polc_next       the same for what a running load is about to attach or detach
 *   polc_progs      PROG_ARRAY: the programs of polc_next, by rt_record.slot
 *
 * polc_next and polc_progs are a journal. They are pinned, polc_progs last, when everything
 * is loaded and before the first filter changes; they are unpinned, polc_progs first, after
 * the last. If both are there, a load was killed during its swap and everything needed to
 * finish it is at hand; if only polc_next is there, no filter has changed, or all have.
 *
 * Programs are pinned nowhere else: the filters alone keep them alive. So a program that no
 * longer exists tells that its device is gone, also from another network namespace.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "codegen/bundle.h"
#include "lang/base/arena.h"
#include "lang/base/diag.h"
#include "runtime/log.h"
#include "runtime/runtime.h"

/* A namespace and a name: 63 + 1 + 253 bytes in Kubernetes. */
enum { RT_NAME_SIZE = 320, RT_DEVICE_SIZE = 16 };

/* A device of the whole machine. */
struct rt_key {
	uint64_t netns; /* inode of the network namespace */
	uint32_t ifindex, pad;
};

enum {
	RT_RECORD_CHECK_SOURCE = 1, /* loaded with the source check */
	RT_RECORD_CLSACT = 2,       /* we made the device's clsact */
	RT_RECORD_DETACH = 4,       /* polc_next only: this endpoint is to be detached */
};

struct rt_record {
	char name[RT_NAME_SIZE];
	char device[RT_DEVICE_SIZE]; /* its name when it was attached */
	char hash[BUNDLE_HASH_STRLEN + 3];
	uint32_t flags; /* RT_RECORD_* */
	uint32_t generation;
	uint32_t slot; /* polc_next only: endpoint number for rt_image_slot() */
	uint64_t loaded_at;
	uint32_t programs[IR_N_DIRS]; /* kernel ids */
	uint32_t tables[IR_N_DIRS];   /* index in the bundle */
};

struct rt_entry {
	struct rt_key key;
	struct rt_record rec;
};

struct rt_entries {
	struct rt_entry *v;
	size_t n, cap;
};

enum rt_session_mode {
	RT_SESSION_LOOK, /* beside others who look */
	RT_SESSION_UNDO, /* alone; where there is no pin directory there is nothing to undo */
	RT_SESSION_LOAD, /* alone; makes the pin directory and mounts bpffs if need be */
};

/* One call of the runtime: the locked pin directory and what is needed all along. */
struct rt_session {
	enum rt_session_mode mode;
	struct diag *diag; /* borrowed */
	const char *pin_dir;
	bool ready; /* opened without an error */
	int dir_fd; /* open and locked; -1: there is no pin directory (not when loading) */
	int state;  /* polc_state; -1: none yet */
	uint64_t netns;
	struct arena arena; /* of this call */
	struct rt_log log;
};

/* rt_session_close() is due in any case; unless we only looked, it removes the pins and the
 * directory if nothing is attached. */
int rt_session_open(struct rt_session *s, const struct rt_options *opts, enum rt_session_mode mode,
		    struct diag *diag);
void rt_session_close(struct rt_session *s);
#define _cleanup_rt_session_ __attribute__((cleanup(rt_session_close)))

/* --- pins ----------------------------------------------------------------------------- */

#define RT_PIN_STATE "polc_state"
/* The kernel's name of the map tells which bpf/abi.h the node maps beside it follow. */
#define RT_STATE_NAME RT_PIN_STATE "_v" POLC_ABI
#define RT_PIN_NEXT   "polc_next"
#define RT_PIN_PROGS  "polc_progs"

enum { RT_PIN_NAME_SIZE = 32 }; /* a slash and any of our names */

/* A descriptor of a pinned map; -ENOENT (unreported): no such pin. */
int rt_pin_open(struct rt_session *s, const char *name);
int rt_pin_set(struct rt_session *s, const char *name, int fd);
/* Removing what is not there is fine. Returns -errno unreported: how bad it is depends. */
int rt_pin_remove(struct rt_session *s, const char *name);

/* --- records -------------------------------------------------------------------------- */

/* A new map of records, pinned nowhere, with room for n. */
int rt_records_new(struct rt_session *s, const char *name, uint32_t n);
/* Makes polc_state if there is none. */
int rt_state_ensure(struct rt_session *s);
/* All records of a map in order of endpoint names; fd -1: none. */
int rt_records_read(struct rt_session *s, int fd, struct rt_entries *out);
int rt_record_put(struct rt_session *s, int fd, const struct rt_entry *e);
int rt_record_remove(struct rt_session *s, int fd, const struct rt_key *key);

/* Is the device of an endpoint still there, in our network namespace? `name` takes its present
 * name. When in doubt, yes. */
bool rt_entry_has_device(const struct rt_session *s, const struct rt_entry *e,
			 char name[static RT_DEVICE_SIZE]);
/* What became of an attached endpoint. Changes e->rec.device to the device's present name.
 * Returns 0 or a negative errno after reporting that one cannot tell. */
int rt_entry_state(struct rt_session *s, struct rt_entry *e, enum rt_endpoint_state *out);
