/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bundle reader on hostile bundles. The input is up to five texts with a NUL between them:
 * maps/peers.json, maps/table-0.json, maps/endpoints.json, maps/decisions.json, and
 * manifest.json. Without the last one there is a manifest whose hashes are right, so that the
 * contents are looked at; it lists no decisions if they are empty.
 * What is accepted must hold what the reader promises.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "codegen/bundle_json.h"
#include "codegen/image/pages.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { N_PARTS = 5, N_FIXED = 3, N_FILES = N_PARTS + N_FIXED };

struct world {
	struct bundle_file files[N_FILES];
	size_t n;
};

static int read_file(void *ctx, const char *name, size_t limit, char **data, size_t *size)
{
	const struct world *w = ctx;

	for (size_t i = 0; i < w->n; i++) {
		if (strcmp(w->files[i].name, name) != 0)
			continue;
		if (w->files[i].size > limit)
			return -EFBIG;
		*size = w->files[i].size;
		*data = malloc(*size + 1);
		if (*size)
			memcpy(*data, w->files[i].data, *size);
		return 0;
	}
	return -ENOENT;
}

static void require(int ok)
{
	if (!ok)
		abort();
}

static void check_table(const struct bundle *b, const struct bundle_table *t, struct arena *arena)
{
	struct gen_pages pages;

	for (uint32_t c = 0; c < b->n_classes; c++)
		require(t->row_of_class[c] < t->n_rows);
	for (size_t i = 0; i < (size_t)t->n_rows * t->n_cols; i++) {
		require(t->cells[i] <= (t->decided ? IR_OUTCOME_REDIRECT : IR_OUTCOME_ALLOW));
		require(!t->decided || t->decided[i] < b->decisions.n);
	}
	vec_each (const struct cls_span, s, &t->spans)
		require(s->col < t->n_cols && s->lo <= s->hi);
	gen_pages_build(t, b->n_classes, arena, &pages);
}

static void check_bundle(const struct bundle *b, struct arena *arena)
{
	vec_each (const struct bundle_peer, p, &b->peers)
		require(p->cls < b->n_classes);
	vec_each (const struct bundle_cidr, c, &b->cidrs)
		require(c->cls < b->n_classes);
	vec_each (const struct bundle_decision, d, &b->decisions) {
		require(!d->rule || (d->rule->policy->name && d->rule->at));
		require(!d->tier == !d->governing.n);
	}
	vec_each (struct bundle_table *, t, &b->tables)
		check_table(b, *t, arena);
	vec_each (const struct bundle_endpoint, ep, &b->endpoints) {
		require(ep->shape && ep->tables[0] && ep->tables[1]);
		require(bundle_find_endpoint(b, ep->name) == ep);
	}
}

/* What decisions refer to: a tier and a rule of a policy, each with the id 0. */
static const char policy[] = "{\"tiers\": [{\"name\": \"default\", \"policies\": [{\"id\": 0, "
			     "\"name\": \"front\", \"kind\": "
			     "\"policy\", \"at\": \"shop.pol:1:8\", \"ingress\": {\"governs\": "
			     "true, \"rules\": [{\"id\": 0, "
			     "\"action\": \"allow\", \"at\": \"shop.pol:2:1\"}]}}]}]}";

/* The name of the shape without features. */
#define DENY "3026a0ca485e"

/* Sorted by name, as a manifest lists them. */
static const char *const names[N_FILES] = {
	BUNDLE_IR,           BUNDLE_DECISIONS,        BUNDLE_ENDPOINTS,        BUNDLE_PEERS,
	"maps/table-0.json", "shapes/" DENY ".bpf.c", "shapes/" DENY ".bpf.o", BUNDLE_MANIFEST,
};
/* Which of them each part of the input is. */
static const size_t part_file[N_PARTS] = {3, 4, 2, 1, 7};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct world w = {.n = N_FILES};
	struct bundle_source src = {.read = read_file, .ctx = &w};
	_cleanup_buf_ struct buf manifest = {0};
	const char *at = (const char *)data, *end = at + size;
	struct sources sources;
	struct bundle *b = NULL;
	struct arena arena;
	struct diag diag;
	size_t part;

	for (size_t i = 0; i < N_FILES; i++)
		w.files[i] = (struct bundle_file){names[i], "{}", 2};
	w.files[0] = (struct bundle_file){names[0], policy, sizeof(policy) - 1};
	w.files[1].size = 0;
	w.files[6] = (struct bundle_file){names[6], "\177ELF", 4};
	for (part = 0; part < N_PARTS && at < end; part++) {
		const char *stop = memchr(at, '\0', end - at);

		w.files[part_file[part]].data = at;
		w.files[part_file[part]].size = (stop ? stop : end) - at;
		at = stop ? stop + 1 : end;
	}
	arena_init(&arena);
	sources_init(&sources, &arena);
	diag_init(&diag, &arena, &sources);
	if (part < N_PARTS) {
		struct bundle_file some[N_FILES];
		bundle_files listed = {.v = some};

		struct gen_shape deny = {0};
		gen_shape_list shapes = {.v = &deny, .n = 1};

		for (size_t i = 0; i < N_FILES - 1; i++) {
			if (w.files[i].size)
				some[listed.n++] = w.files[i];
		}
		bundle_json_manifest(&listed, &shapes, &sources, "clang 14.0.6", &manifest);
		w.files[N_FILES - 1].data = buf_str(&manifest);
		w.files[N_FILES - 1].size = manifest.n;
	}
	if (bundle_read_from(&src, &diag, &b) == 0)
		check_bundle(b, &arena);
	else
		require(b == NULL && diag.errors == 1);
	bundle_free(&b);
	arena_fini(&arena);
	return 0;
}
