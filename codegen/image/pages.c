/* SPDX-License-Identifier: Apache-2.0 */
#include "codegen/image/pages.h"

#include <assert.h>
#include <string.h>

/* What the compiler and the datapath count alike, each by a list of its own. */
_Static_assert((int)IR_INGRESS == (int)POLC_INGRESS && (int)IR_EGRESS == (int)POLC_EGRESS,
	       "directions differ");
_Static_assert(CLS_N_PROTOS == (int)POLC_PROTOS, "the datapath knows other protocols");
_Static_assert((int)CLS_TCP == (int)POLC_TCP && (int)CLS_UDP == (int)POLC_UDP &&
		       (int)CLS_SCTP == (int)POLC_SCTP && (int)CLS_ICMP == (int)POLC_ICMP &&
		       (int)CLS_ICMP6 == (int)POLC_ICMP6 && (int)CLS_OTHER == (int)POLC_OTHER &&
		       (int)CLS_N_PROTOS == (int)POLC_PROTOS,
	       "protocols differ");
_Static_assert((int)CLS_MAX_CLASSES < (int)POLC_TRIE_CHILD, "a class reads like a child");
_Static_assert((int)CLS_MAX_DECISIONS <= (int)POLC_NO_DECISION, "a decision reads like none");

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
			line.word[i / 64] |= (uint64_t)(t->cells[base + i] == IR_OUTCOME_ALLOW)
					     << (i % 64);
		vec_push(arena, &out->cells, line);
	}
}

static void build_decided(const struct bundle_table *t, struct arena *arena, struct gen_pages *out)
{
	size_t n = t->decided ? (size_t)t->n_rows * t->n_cols : 0;

	for (size_t base = 0; base < n; base += POLC_PAGE) {
		size_t left = n - base;
		struct polc_page page = {0};

		memcpy(page.v, t->decided + base,
		       (left < POLC_PAGE ? left : POLC_PAGE) * sizeof(page.v[0]));
		vec_push(arena, &out->decided, page);
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
	assert(out->ports.n <= UINT16_MAX);
	return (uint16_t)(out->ports.n - 1);
}

/* The columns of the ports from `base` on; moves *span to the one of the last port. */
static void fill_page(const struct cls_span **span, uint32_t base, struct polc_page *page)
{
	for (uint32_t i = 0; i < POLC_PAGE; i++) {
		while ((*span)->hi < base + i)
			(*span)++;
		page->v[i] = (*span)->col;
	}
}

/* The spans of a protocol, as pages of columns. Most pages lie within one span, which is that
 * of the page before. */
static void build_ports(const struct cls_span *span, struct arena *arena, struct gen_pages *out)
{
	enum cls_proto proto = span->proto;
	const struct cls_span *whole = NULL;
	uint16_t number = 0;

	for (uint32_t page = 0; page < POLC_PAGE; page++) {
		uint32_t base = page * POLC_PAGE, last = base + POLC_PAGE - 1;
		struct polc_page columns;

		if (!whole || whole->hi < last) {
			fill_page(&span, base, &columns);
			number = page_number(&columns, arena, out);
			whole = columns.v[0] == columns.v[POLC_PAGE - 1] && span->lo <= base ? span
											     : NULL;
		}
		out->ports.v[proto].v[page] = number;
	}
}

/* OTHER has port 0 alone; the rest of its pages is never looked at. */
static void build_other(const struct cls_span *span, struct arena *arena, struct gen_pages *out)
{
	struct polc_page columns = {.v = {(uint16_t)span->col}};
	uint16_t number = page_number(&columns, arena, out);

	for (uint32_t page = 0; page < POLC_PAGE; page++)
		out->ports.v[CLS_OTHER].v[page] = number;
}

void gen_pages_build(const struct bundle_table *table, uint32_t n_classes, struct arena *arena,
		     struct gen_pages *out)
{
	const struct cls_span *span = table->spans.v, *end = span + table->spans.n;

	assert(table->n_rows && table->n_cols && table->spans.n);
	*out = (struct gen_pages){.n_cols = table->n_cols};
	for (int i = 0; i < CLS_N_PROTOS; i++)
		vec_push(arena, &out->ports, (struct polc_page){0});
	build_rows(table, n_classes, arena, out);
	build_cells(table, arena, out);
	build_decided(table, arena, out);
	while (span < end) {
		const struct cls_span *first = span;

		if (first->proto == CLS_OTHER)
			build_other(first, arena, out);
		else
			build_ports(first, arena, out);
		while (span < end && span->proto == first->proto)
			span++;
	}
}
