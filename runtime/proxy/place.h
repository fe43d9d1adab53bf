/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the files of a node's proxies are: below /run/polc, or for another pin directory than the
 * usual one below /run/polc-HASH, so that two nodes of one machine do not meet. What is there
 * begins with a load and goes with the last endpoint. What the user of a proxy may write is in
 * directories of its own, where root only removes, reads regular files and asks; all names beside
 * them are root's.
 */
#pragma once

#include "bpf/abi.h"
#include "lang/base/arena.h"
#include "lang/base/diag.h"

struct proxy_files {
	const char *dir;
	const char *sets;   /* rule sets (sets.h), by the number of the listener */
	const char *parts;  /* where HAProxy sees what polc adds to it */
	const char *own;    /* a directory that HAProxy may write */
	const char *hits;   /* another one, for what its rules decided (hits.h) */
	const char *socket; /* in its own: HAProxy's commands */
	const char *told;   /* where HAProxy tells of requests (relay.h) */
	const char *denied; /* in it, too: what answers what is denied */
	const char *config;
	const char *log; /* what HAProxy says, of this start and the one before */
};

struct proxy_place {
	const char *root;
	const char *lock;     /* who runs the proxies holds it, by fcntl(2) */
	const char *mtu;      /* of their devices (mtu.h) */
	const char *requests; /* where one hears of requests (relay.h) */
	struct proxy_files of[POLC_DIRS];
};

void proxy_place_find(const char *pin_dir, struct arena *arena, struct proxy_place *out);
/* The directories, with their sets. Returns 0 or a negative errno after reporting. */
int proxy_place_make(const struct proxy_place *place, struct diag *diag);
/* One of its files, whole. The same. */
int proxy_write_text(const char *path, const char *text, struct diag *diag);
/* All of it. */
void proxy_place_remove(const struct proxy_place *place);

/* "ingress", "egress" */
const char *proxy_name(enum polc_dir dir);
/* The name of a rule set: the number of its listener. */
enum { PROXY_LISTENER_NAME = 12 };
void proxy_listener_name(uint32_t listener, char out[static PROXY_LISTENER_NAME]);
