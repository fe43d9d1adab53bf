/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/proxy/place.h"

#include <errno.h>
#include <fts.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "codegen/hash.h"
#include "runtime/codes.h"
#include "runtime/node/kernel/fail.h"
#include "runtime/proxy/sets.h"
#include "runtime/runtime.h"

#define USUAL_ROOT "/run/polc"

enum { HASH_DIGITS = 12 };

const char *proxy_name(enum polc_dir dir)
{
	return dir == POLC_INGRESS ? "ingress" : "egress";
}

void proxy_listener_name(uint32_t listener, char out[static PROXY_LISTENER_NAME])
{
	snprintf(out, PROXY_LISTENER_NAME, "%u", listener);
}

static const char *root_of(const char *pin_dir, struct arena *arena)
{
	char hash[GEN_HASH_STRLEN], real[PATH_MAX];

	if (!pin_dir || strcmp(pin_dir, RT_PIN_DIR) == 0)
		return USUAL_ROOT;
	if (!realpath(pin_dir, real))
		snprintf(real, sizeof(real), "%s", pin_dir);
	gen_hash(real, strlen(real), hash);
	return arena_printf(arena, USUAL_ROOT "-%.*s", HASH_DIGITS, hash);
}

void proxy_place_find(const char *pin_dir, struct arena *arena, struct proxy_place *out)
{
	out->root = root_of(pin_dir, arena);
	out->lock = arena_printf(arena, "%s/proxy.lock", out->root);
	out->mtu = arena_printf(arena, "%s/mtu", out->root);
	out->requests = arena_printf(arena, "%s/requests.sock", out->root);
	for (enum polc_dir d = 0; d < POLC_DIRS; d++) {
		struct proxy_files *f = &out->of[d];

		f->dir = arena_printf(arena, "%s/%s", out->root, proxy_name(d));
		f->sets = arena_printf(arena, "%s/sets", f->dir);
		f->parts = arena_printf(arena, "%s/parts", f->dir);
		f->own = arena_printf(arena, "%s/own", f->dir);
		f->hits = arena_printf(arena, "%s/hits", f->dir);
		f->socket = arena_printf(arena, "%s/admin.sock", f->own);
		f->told = arena_printf(arena, "%s/told.sock", f->dir);
		f->denied = arena_printf(arena, "%s/denied.sock", f->own);
		f->config = arena_printf(arena, "%s/haproxy.cfg", f->dir);
		f->log = arena_printf(arena, "%s/haproxy.log", f->dir);
	}
}

static int make_dir(const char *path, struct diag *diag)
{
	return mkdir(path, 0755) == 0 || errno == EEXIST
		       ? 0
		       : rt_fail(diag, -errno, RT_CODE_PROXY, "cannot make %s", path);
}

int proxy_place_make(const struct proxy_place *place, struct diag *diag)
{
	int r = make_dir(place->root, diag);

	for (enum polc_dir d = 0; d < POLC_DIRS && !r; d++) {
		const struct proxy_files *f = &place->of[d];

		r = make_dir(f->dir, diag);
		if (!r)
			r = make_dir(f->parts, diag);
		if (!r)
			r = make_dir(f->own, diag);
		if (!r)
			r = make_dir(f->hits, diag);
		if (!r && proxy_sets_make(f->sets))
			r = rt_fail(diag, -errno, RT_CODE_PROXY, "cannot make %s", f->sets);
	}
	return r;
}

int proxy_write_text(const char *path, const char *text, struct diag *diag)
{
	FILE *f = fopen(path, "we");
	bool written = f && fputs(text, f) >= 0;

	if (f && fclose(f))
		written = false;
	return written ? 0 : rt_fail(diag, -errno, RT_CODE_PROXY, "cannot write %s", path);
}

void proxy_place_remove(const struct proxy_place *place)
{
	char *const paths[] = {(char *)place->root, NULL};
	FTS *tree = fts_open(paths, FTS_PHYSICAL | FTS_NOSTAT | FTS_XDEV, NULL);
	const FTSENT *e;

	while (tree && (e = fts_read(tree))) {
		if (e->fts_info != FTS_D)
			remove(e->fts_accpath);
	}
	if (tree)
		fts_close(tree);
}
