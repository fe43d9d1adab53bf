/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reader of a classifier on hostile documents. What it refuses it must have explained, once.
 * What it accepts must hold together: it can be asked about endpoints, and is the same after
 * writing and reading.
 */
#include <stdlib.h>
#include <string.h>

#include "compiler/classes/classifier_json.h"
#include "lang/base/diag.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct cls_classifier_limits limits = {.classes = 3, .tables = 2};

static void require(int ok)
{
	if (!ok)
		abort();
}

static void ask(struct cls_classifier *c, struct arena *arena)
{
	static const struct net_addr addrs[] = {{NET_V4, {10, 0, 0, 1}}, {NET_V6, {0xfd}}, {0}};
	struct ir_endpoint ep = {0};
	uint32_t cls, tables[IR_N_DIRS];

	vec_push(arena, &ep.labels,
		 (struct ir_label){.key = intern_add(c->own, "app"),
				   .value = intern_add(c->own, "web")});
	for (size_t i = 0; i < sizeof(addrs) / sizeof(*addrs); i++)
		require(cls_classify(c, &ep, &addrs[i], &cls) != CLS_FOUND || cls < limits.classes);
	if (cls_classify_subject(c, &ep, tables) == CLS_FOUND)
		require(tables[0] < limits.tables && tables[1] < limits.tables);
}

static void check_again(const struct cls_classifier *c, struct arena *arena, struct diag *diag)
{
	_cleanup_buf_ struct buf first = {0}, second = {0};
	struct cls_classifier *read;

	cls_classifier_json(c, &first);
	require(cls_classifier_read("again", buf_str(&first), first.n, &limits, arena, diag,
				    &read) == 0);
	cls_classifier_json(read, &second);
	require(strcmp(buf_str(&first), buf_str(&second)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_buf_ struct buf text = {0};
	struct cls_classifier *c;
	struct sources sources;
	struct arena arena;
	struct diag diag;

	arena_init(&arena);
	sources_init(&sources, &arena);
	diag_init(&diag, &arena, &sources);
	if (cls_classifier_read("fuzz", (const char *)data, size, &limits, &arena, &diag, &c)) {
		require(c == NULL && diag.errors == 1);
		diag_render_text(&diag, &(struct diag_style){0}, &text);
	} else {
		require(diag.errors == 0);
		ask(c, &arena);
		check_again(c, &arena, &diag);
	}
	arena_fini(&arena);
	return 0;
}
