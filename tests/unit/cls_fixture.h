/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A small world of classes, made by hand: what the tests of codegen/ start from, so that they
 * do not depend on the compiler.
 *
 *   class 0  0.0.0.0/0, ::/0        class 3  the endpoint shop/web (10.0.0.3, fd00::3)
 *   class 1  10.0.0.0/8             class 4  the endpoint shop/db  (10.0.0.4)
 *   class 2  2001:db8::/32          class 5  the endpoint shop/new (no address yet)
 */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/classes/classes.h"
#include "lang/base/buf.h"
#include "lang/base/diag.h"

enum { FIX_CLASSES = 6 };

struct fixture {
	struct arena arena;
	struct sources sources;
	struct diag diag;
	struct ir ir;
	struct cls cls;
	struct ir_tier tier;
};

static inline struct ir_endpoint *fix_endpoint(struct fixture *f, const char *name,
					       const char *addrs)
{
	struct ir_endpoint *ep = arena_new(&f->arena, struct ir_endpoint);
	char *list = arena_strdup(&f->arena, addrs), *save = NULL;

	ep->id = f->ir.endpoints.n;
	ep->name = name;
	ep->kind = "endpoint";
	for (char *s = strtok_r(list, " ", &save); s; s = strtok_r(NULL, " ", &save)) {
		struct net_addr addr;

		net_addr_parse(s, &addr);
		vec_push(&f->arena, &ep->addrs, addr);
	}
	vec_push(&f->arena, &f->ir.endpoints, ep);
	return ep;
}

static inline void fix_points(struct fixture *f, const struct ir_endpoint *ep, uint32_t cls)
{
	vec_each (const struct net_addr, addr, &ep->addrs)
		vec_push(&f->arena, &f->cls.points, (struct cls_point){ep, *addr, cls});
	if (!ep->addrs.n)
		vec_push(&f->arena, &f->cls.points, (struct cls_point){.ep = ep, .cls = cls});
}

static inline void fix_cidr(struct fixture *f, const char *text, uint32_t cls)
{
	struct cls_cidr c = {.cls = cls, .node = cls};

	net_prefix_parse(text, &c.prefix);
	vec_push(&f->arena, &f->cls.cidrs, c);
}

static inline void fix_init(struct fixture *f)
{
	static const char text[] = "policy front for web { ingress { allow from db on tcp/80 } }\n";

	memset(f, 0, sizeof(*f));
	arena_init(&f->arena);
	sources_init(&f->sources, &f->arena);
	diag_init(&f->diag, &f->arena, &f->sources);
	sources_add(&f->sources, "shop.pol", text, sizeof(text) - 1);
	f->ir.arena = &f->arena;
	intern_init(&f->ir.strings, &f->arena);
	f->cls.ir = &f->ir;
	f->cls.n_classes = FIX_CLASSES;
	fix_points(f, fix_endpoint(f, "shop/db", "10.0.0.4"), 4);
	fix_points(f, fix_endpoint(f, "shop/new", ""), 5);
	fix_points(f, fix_endpoint(f, "shop/web", "10.0.0.3 fd00::3"), 3);
	fix_cidr(f, "0.0.0.0/0", 0);
	fix_cidr(f, "10.0.0.0/8", 1);
	fix_cidr(f, "::/0", 0);
	fix_cidr(f, "2001:db8::/32", 2);
	f->cls.subject_of_endpoint = arena_array(&f->arena, uint32_t, f->ir.endpoints.n);
}

static inline void fix_fini(struct fixture *f)
{
	arena_fini(&f->arena);
}

/* A table from text: rows of cells with '/' between them ("00/01"), and for each class the
 * digit of its row ("000110"). Column 1 is tcp/80, column 2 is udp/53 and tcp/8000-8999. */
static inline struct cls_table *fix_table(struct fixture *f, const char *cells, const char *rows)
{
	static const struct cls_span spans[] = {
		{CLS_TCP, 0, 79, 0},      {CLS_TCP, 80, 80, 1},      {CLS_TCP, 81, 7999, 0},
		{CLS_TCP, 8000, 8999, 2}, {CLS_TCP, 9000, 65535, 0}, {CLS_UDP, 0, 52, 0},
		{CLS_UDP, 53, 53, 2},     {CLS_UDP, 54, 65535, 0},   {CLS_SCTP, 0, 65535, 0},
		{CLS_ICMP, 0, 65535, 0},  {CLS_ICMP6, 0, 65535, 0},  {CLS_OTHER, 0, 0, 0},
	};
	struct cls_table *t = arena_new(&f->arena, struct cls_table);
	size_t n = 0;

	t->id = f->cls.tables.n;
	t->n_rows = 1;
	t->cells = arena_alloc(&f->arena, strlen(cells));
	for (const char *c = cells; *c; c++) {
		if (*c == '/')
			t->n_rows++;
		else
			t->cells[n++] = *c - '0';
	}
	t->n_cols = n / t->n_rows;
	for (uint32_t i = 0; i < FIX_CLASSES; i++) {
		struct cls_run run = {i,
				      i < strlen(rows) ? (uint32_t)(rows[i] - '0') % t->n_rows : 0};

		if (!i || t->runs.list.v[t->runs.list.n - 1].row != run.row)
			vec_push(&f->arena, &t->runs.list, run);
	}
	for (size_t i = 0; i < sizeof(spans) / sizeof(*spans); i++) {
		struct cls_span s = spans[i];

		s.col = s.col < t->n_cols ? s.col : 0;
		vec_push(&f->arena, &t->spans, s);
	}
	vec_push(&f->arena, &f->cls.tables, t);
	return t;
}

/* The next endpoint (in order of name) gets these tables. */
static inline struct cls_subject *fix_subject(struct fixture *f, const struct cls_table *in,
					      const struct cls_table *eg)
{
	struct cls_subject *s = arena_new(&f->arena, struct cls_subject);
	struct ir_endpoint *ep = f->ir.endpoints.v[f->cls.subjects.n];

	s->id = f->cls.subjects.n;
	s->tables[IR_INGRESS] = in;
	s->tables[IR_EGRESS] = eg;
	vec_push(&f->arena, &s->endpoints, ep);
	f->cls.subject_of_endpoint[ep->id] = s->id;
	vec_push(&f->arena, &f->cls.subjects, s);
	return s;
}

/* A policy with one rule, which selects the subject. */
static inline void fix_policy(struct fixture *f, struct cls_subject *subject, const char *name)
{
	struct ir_policy *p = arena_new(&f->arena, struct ir_policy);
	struct ir_rule *r = arena_new(&f->arena, struct ir_rule);

	p->id = f->ir.policies.n;
	p->name = name;
	p->kind = "policy";
	p->tier = &f->tier;
	p->governs[IR_INGRESS] = true;
	p->loc = (struct loc){.line = 1, .col = 1, .end_line = 1, .end_col = 7};
	r->policy = p;
	r->id = f->ir.rules.n;
	r->loc = (struct loc){.line = 1, .col = 34, .end_line = 1, .end_col = 40};
	vec_push(&f->arena, &p->rules[IR_INGRESS], r);
	vec_push(&f->arena, &f->ir.policies, p);
	vec_push(&f->arena, &f->ir.rules, r);
	vec_push(&f->arena, &subject->policies, p);
}

static inline void fix_no_errors(struct fixture *f)
{
	_cleanup_buf_ struct buf text = {0};

	if (!f->diag.errors)
		return;
	diag_render_text(&f->diag, &(struct diag_style){0}, &text);
	fprintf(stderr, "%s", buf_str(&text));
}
