/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include <stdlib.h>

#include "codegen/image/pages.h"
#include "lang/base/arena.h"
#include "tests/lib/campaign.h"

enum { SEED = 20261123 };

/* What the datapath does with the pages (bpf/verdict.h), in plain C. */
static uint32_t page_col(const struct gen_pages *p, enum cls_proto proto, uint32_t port)
{
	uint32_t page = p->ports.v[proto].v[port / POLC_PAGE];

	assert_true(page < p->ports.n);
	return p->ports.v[page].v[port % POLC_PAGE];
}

static uint8_t page_verdict(const struct gen_pages *p, uint32_t cls, uint32_t col)
{
	uint32_t row, i;

	assert_true(cls >> 8 < p->rows.n);
	row = p->rows.v[cls >> 8].v[cls & 255];
	i = row * p->n_cols + col;
	assert_true(i / POLC_LINE_BITS < p->cells.n);
	return p->cells.v[i / POLC_LINE_BITS].word[i / 64 % POLC_LINE_WORDS] >> (i % 64) & 1;
}

/* A random table: spans with random borders, random columns and rows. */
static void random_table(struct arena *arena, struct bundle_table *t, uint32_t n_classes)
{
	*t = (struct bundle_table){.n_rows = 1 + rand() % 700, .n_cols = 1 + rand() % 90};
	t->cells = arena_alloc(arena, (size_t)t->n_rows * t->n_cols);
	for (size_t i = 0; i < (size_t)t->n_rows * t->n_cols; i++)
		t->cells[i] = rand() % 2;
	t->row_of_class = arena_array(arena, uint32_t, n_classes);
	for (uint32_t i = 0; i < n_classes; i++)
		t->row_of_class[i] = rand() % t->n_rows;
	for (enum cls_proto proto = 0; proto < CLS_OTHER; proto++) {
		for (uint32_t lo = 0, hi; lo <= UINT16_MAX; lo = hi + 1) {
			hi = lo + rand() % (rand() % 2 ? 5000 : 3);
			if (hi > UINT16_MAX)
				hi = UINT16_MAX;
			vec_push(arena, &t->spans,
				 (struct cls_span){proto, lo, hi, rand() % t->n_cols});
		}
	}
	vec_push(arena, &t->spans, (struct cls_span){CLS_OTHER, 0, 0, rand() % t->n_cols});
}

TEST(pages_have_the_column_of_every_protocol_and_port)
{
	struct campaign c = campaign_begin(100, 0.1);
	uint64_t seed;

	while (campaign_next(&c, &seed)) {
		struct bundle_table t;
		struct gen_pages p;
		struct arena arena;

		srand((unsigned)seed);
		arena_init(&arena);
		random_table(&arena, &t, 1);
		gen_pages_build(&t, 1, &arena, &p);
		vec_each (const struct cls_span, s, &t.spans) {
			for (uint32_t port = s->lo; port <= s->hi; port++) {
				if (page_col(&p, s->proto, port) != s->col)
					fail_msg("seed %" PRIu64 ": protocol %d port %u", seed,
						 s->proto, port);
			}
		}
		arena_fini(&arena);
	}
}

TEST(pages_have_the_verdict_of_every_class_and_column)
{
	static const uint32_t sizes[] = {1, 2, 255, 256, 257, 5000};

	srand(SEED);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		struct bundle_table t;
		struct gen_pages p;
		struct arena arena;

		arena_init(&arena);
		random_table(&arena, &t, sizes[i]);
		gen_pages_build(&t, sizes[i], &arena, &p);
		for (uint32_t cls = 0; cls < sizes[i]; cls++) {
			const uint8_t *row = t.cells + (size_t)t.row_of_class[cls] * t.n_cols;

			for (uint32_t col = 0; col < t.n_cols; col++)
				assert_int_equal(page_verdict(&p, cls, col), row[col]);
		}
		arena_fini(&arena);
	}
}

TEST(pages_have_the_decision_of_every_cell_where_there_are_any)
{
	struct bundle_table t;
	struct gen_pages p;
	struct arena arena;

	srand(SEED);
	arena_init(&arena);
	random_table(&arena, &t, 1);
	gen_pages_build(&t, 1, &arena, &p);
	assert_int_equal(p.decided.n, 0);
	t.decided = arena_array(&arena, uint16_t, (size_t)t.n_rows * t.n_cols);
	for (size_t i = 0; i < (size_t)t.n_rows * t.n_cols; i++)
		t.decided[i] = (uint16_t)rand();
	gen_pages_build(&t, 1, &arena, &p);
	for (size_t i = 0; i < (size_t)t.n_rows * t.n_cols; i++)
		assert_int_equal(p.decided.v[i / POLC_PAGE].v[i % POLC_PAGE], t.decided[i]);
	arena_fini(&arena);
}

TEST(equal_pages_are_stored_once)
{
	struct bundle_table t = {.n_rows = 1, .n_cols = 1};
	struct gen_pages p;
	struct arena arena;

	arena_init(&arena);
	t.cells = arena_alloc(&arena, 1);
	t.row_of_class = arena_array(&arena, uint32_t, 1);
	for (enum cls_proto proto = 0; proto < CLS_N_PROTOS; proto++)
		vec_push(&arena, &t.spans,
			 (struct cls_span){proto, 0, proto == CLS_OTHER ? 0 : UINT16_MAX, 0});
	gen_pages_build(&t, 1, &arena, &p);
	assert_int_equal(p.ports.n, CLS_N_PROTOS + 1);
	assert_int_equal(p.rows.n, 1);
	assert_int_equal(p.cells.n, 1);
	arena_fini(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pages_have_the_column_of_every_protocol_and_port),
		cmocka_unit_test(pages_have_the_verdict_of_every_class_and_column),
		cmocka_unit_test(pages_have_the_decision_of_every_cell_where_there_are_any),
		cmocka_unit_test(equal_pages_are_stored_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
