/* SPDX-License-Identifier: Apache-2.0 */
#include "codegen/pages.h"

#include <string.h>

static void build_rows(const struct bundle_table *t, uint32_t n_classes, struct arena *arena,
		       struct gen_pages *out)
{
	for (uint32_t base = 0; base < n_classes; base += POLC_PAGE) {
		struct polc_page page = {0};

		for (uint32_t i = 0; i < POLC_PAGE && base + i < n_classes; i++)
			page.v[i] = t->row_of_class[base + i];
		vec_push(arena, &out->rows, page);
	}
}

static void build_cells(const struct bundle_table *t, struct arena *arena, struct gen_pages *out)
{
	size_t n = (size_t)t->n_rows * t->n_cols;

	for (size_t base = 0; base < n; base += POLC_LINE_BITS) {
		size_t left = n - base;
		struct polc_cells_line line = {0};

		for (size_t i = 0; i < POLC_LINE_BITS && i < left; i++)
			line.word[i / 64] |= (uint64_t)t->cells[base + i] << (i % 64);
		vec_push(arena, &out->cells, line);
	}
}

/* The number of an equal page, which is added if there is none. */
static uint16_t page_number(const struct polc_page *page, struct arena *arena,
			    struct gen_pages *out)
{
	for (size_t i = CLS_N_PROTOS; i < out->ports.n; i++) {
		if (!memcmp(&out->ports.v[i], page, sizeof(*page)))
			return i;
	}
	vec_push(arena, &out->ports, *page);
	return out->ports.n - 1;
}

/* The spans of a protocol, from `span` on, as pages of columns. OTHER has port 0 alone; the
 * rest of its pages is never looked at. */
static const struct cls_span *build_ports(const struct cls_span *span, const struct cls_span *end,
					  struct arena *arena, struct gen_pages *out)
{
	enum cls_proto proto = span->proto;

	for (uint32_t base = 0; base < POLC_PAGE; base++) {
		struct polc_page page = {0};
		uint16_t number;

		for (uint32_t i = 0; i < POLC_PAGE; i++) {
			uint32_t port = base * POLC_PAGE + i;

			while (span < end && span->proto == proto && span->hi < port)
				span++;
			if (span < end && span->proto == proto)
				page.v[i] = span->col;
		}
		number = page_number(&page, arena, out);
		out->ports.v[proto].v[base] = number;
	}
	while (span < end && span->proto == proto)
		span++;
	return span;
}

void gen_pages_build(const struct bundle_table *table, uint32_t n_classes, struct arena *arena,
		     struct gen_pages *out)
{
	const struct cls_span *span = table->spans.v, *end = span + table->spans.n;

	*out = (struct gen_pages){.n_cols = table->n_cols};
	for (int i = 0; i < CLS_N_PROTOS; i++)
		vec_push(arena, &out->ports, (struct polc_page){0});
	build_rows(table, n_classes, arena, out);
	build_cells(table, arena, out);
	while (span < end)
		span = build_ports(span, end, arena, out);
}
