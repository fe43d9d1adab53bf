/* SPDX-License-Identifier: Apache-2.0 */
#include "codegen/bundle_json.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "codegen/clang.h"
#include "codegen/codes.h"
#include "config.h"

const char *const bundle_protos[CLS_N_PROTOS] = {
	[CLS_TCP] = "tcp",   [CLS_UDP] = "udp",      [CLS_SCTP] = "sctp",
	[CLS_ICMP] = "icmp", [CLS_ICMP6] = "icmpv6", [CLS_OTHER] = "other",
};

bool bundle_endpoint_name_ok(const char *name)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789._:-";
	enum { MAX_PART = 253, MAX_NAME = 1024 };

	if (strnlen(name, MAX_NAME + 1) > MAX_NAME)
		return false;
	for (;;) {
		size_t n = strspn(name, allowed);

		if (n == 0 || n > MAX_PART || strspn(name, ".") == n)
			return false;
		if (name[n] != '/')
			return name[n] == '\0';
		name += n + 1;
	}
}

/* --- text ----------------------------------------------------------------------------- */

/* Appends a value on one line and drops the reference to it. */
static void put_value(struct buf *out, json_t *value)
{
	char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);

	if (!text)
		abort(); /* out of memory: as the arena does */
	buf_puts(out, text);
	free(text);
	json_decref(value);
}

/* `{` or `,` and the key. */
static void put_key(struct buf *out, const char *key)
{
	buf_puts(out, out->n ? ",\n  " : "{\n  ");
	put_value(out, json_string(key));
	buf_puts(out, ": ");
}

static void put_number(struct buf *out, const char *key, uint32_t value)
{
	put_key(out, key);
	buf_printf(out, "%u", value);
}

/* An array of lines: begin, one item for each entry, end. */
static void put_item(struct buf *out, bool *first, json_t *value)
{
	buf_puts(out, *first ? "[\n    " : ",\n    ");
	*first = false;
	put_value(out, value);
}

static void put_end(struct buf *out, bool first)
{
	buf_puts(out, first ? "[]" : "\n  ]");
}

static json_t *addr_json(const struct net_addr *addr)
{
	char text[NET_ADDR_STRLEN];

	return json_string(net_addr_format(addr, text));
}

/* --- peers ---------------------------------------------------------------------------- */

static int point_cmp(const void *a, const void *b)
{
	const struct cls_point *const *p = a, *const *q = b;
	int c = net_addr_cmp(&(*p)->addr, &(*q)->addr);

	return c ? c : (*p < *q ? -1 : *p > *q);
}

/* The points that have an address, by address. */
static const struct cls_point **sorted_points(const struct cls *cls, size_t *n)
{
	const struct cls_point **points = calloc(cls->points.n + 1, sizeof(*points));

	if (!points)
		abort();
	*n = 0;
	vec_each (const struct cls_point, p, &cls->points) {
		if (p->addr.family != NET_NONE)
			points[(*n)++] = p;
	}
	qsort(points, *n, sizeof(*points), point_cmp);
	return points;
}

static void report_clash(const struct cls_point *a, const struct cls_point *b, struct diag *diag)
{
	char text[NET_ADDR_STRLEN];
	struct diag_item *item;

	item = diag_error(diag, b->ep->loc, GEN_CODE_ADDRESS_CLASH,
			  "'%s' and '%s' both have the address %s, but policy treats them "
			  "differently; a packet cannot tell them apart, so give each its own",
			  a->ep->name, b->ep->name, net_addr_format(&a->addr, text));
	diag_note(diag, item, a->ep->loc, "'%s' is here", a->ep->name);
}

int bundle_json_peers(const struct cls *cls, struct diag *diag, struct buf *out)
{
	_cleanup_buf_ struct buf b = {0};
	const struct cls_point **points;
	bool first = true;
	int err = 0;
	size_t n;

	put_number(&b, "classes", cls->n_classes);
	put_key(&b, "peers");
	points = sorted_points(cls, &n);
	for (size_t i = 0; i < n; i++) {
		const struct cls_point *p = points[i], *before = i ? points[i - 1] : NULL;

		if (before && net_addr_eq(&before->addr, &p->addr)) {
			if (before->cls == p->cls)
				continue;
			report_clash(before, p, diag);
			err = -EINVAL;
		}
		put_item(&b, &first, json_pack("[o,i]", addr_json(&p->addr), (int)p->cls));
	}
	free(points);
	put_end(&b, first);
	put_key(&b, "cidrs");
	first = true;
	vec_each (const struct cls_cidr, c, &cls->cidrs) {
		char text[NET_PREFIX_STRLEN];

		put_item(&b, &first,
			 json_pack("[s,i,i]", net_prefix_format(&c->prefix, text), (int)c->cls,
				   (int)c->node));
	}
	put_end(&b, first);
	buf_puts(&b, "\n}\n");
	buf_add(out, b.s, b.n);
	return err;
}

/* --- tables --------------------------------------------------------------------------- */

static json_t *row_json(const struct cls_table *t, uint32_t row)
{
	_cleanup_buf_ struct buf cells = {0};

	for (uint32_t col = 0; col < t->n_cols; col++)
		buf_putc(&cells, (char)('0' + t->cells[(size_t)row * t->n_cols + col]));
	return json_stringn(buf_str(&cells), cells.n);
}

static json_t *decision_json(const struct cls_decision *d)
{
	json_t *obj = json_pack("{s:s}", "verdict", ir_outcome_name(d->outcome)), *policies;

	if (d->outcome == IR_OUTCOME_REDIRECT) {
		json_t *rules = json_array();

		vec_each (const struct ir_rule *, rule, &d->asked)
			json_array_append_new(rules, json_integer((*rule)->id));
		json_object_set_new(obj, "rules", rules);
	} else if (d->rule) {
		json_object_set_new(obj, "rule", json_integer(d->rule->id));
	} else if (d->tier) {
		policies = json_array();
		vec_each (const struct ir_policy *, p, &d->governing)
			json_array_append_new(policies, json_integer((*p)->id));
		json_object_set_new(obj, "tier", json_integer(d->tier->id));
		json_object_set_new(obj, "direction", json_string(ir_dir_name(d->dir)));
		json_object_set_new(obj, "policies", policies);
	}
	return obj;
}

void bundle_json_decisions(const struct gen_decisions *decisions, struct buf *out)
{
	_cleanup_buf_ struct buf b = {0};
	bool first = true;

	put_key(&b, "decisions");
	vec_each (const struct cls_decision *, d, &decisions->list)
		put_item(&b, &first, decision_json(*d));
	put_end(&b, first);
	buf_puts(&b, "\n}\n");
	buf_add(out, b.s, b.n);
}

static void put_decided(const struct cls_table *t, const uint32_t *numbers, struct buf *out)
{
	bool first = true;

	put_key(out, "decided");
	for (uint32_t row = 0; row < t->n_rows; row++) {
		json_t *list = json_array();

		for (uint32_t col = 0; col < t->n_cols; col++)
			json_array_append_new(
				list,
				json_integer(numbers[t->decided[(size_t)row * t->n_cols + col]]));
		put_item(out, &first, list);
	}
	put_end(out, first);
}

void bundle_json_table(const struct cls_table *t, uint32_t n_classes, const uint32_t *numbers,
		       struct buf *out)
{
	_cleanup_buf_ struct buf b = {0};
	bool first = true;

	put_number(&b, "rows", t->n_rows);
	put_number(&b, "cols", t->n_cols);
	put_key(&b, "cells");
	for (uint32_t row = 0; row < t->n_rows; row++)
		put_item(&b, &first, row_json(t, row));
	put_end(&b, first);
	put_key(&b, "classes");
	first = true;
	vec_each (const struct cls_run, run, &t->runs.list) {
		uint32_t end = run + 1 < t->runs.list.v + t->runs.list.n ? run[1].first : n_classes;

		for (uint32_t c = run->first; run->row && c < end; c++)
			put_item(&b, &first, json_pack("[i,i]", (int)c, (int)run->row));
	}
	put_end(&b, first);
	put_key(&b, "spans");
	first = true;
	vec_each (const struct cls_span, s, &t->spans)
		put_item(
			&b, &first,
			json_pack("[s,i,i,i]", bundle_protos[s->proto], s->lo, s->hi, (int)s->col));
	put_end(&b, first);
	if (t->decided)
		put_decided(t, numbers, &b);
	buf_puts(&b, "\n}\n");
	buf_add(out, b.s, b.n);
}

/* --- endpoints ------------------------------------------------------------------------ */

static json_t *endpoint_json(const struct cls_subject *subject, struct gen_shape shape,
			     const struct ir_endpoint *ep)
{
	_cleanup_buf_ struct buf name = {0};
	json_t *addrs = json_array();

	vec_each (const struct net_addr, addr, &ep->addrs)
		json_array_append_new(addrs, addr_json(addr));
	gen_shape_name(shape, &name);
	return json_pack("{s:s,s:o,s:s,s:i,s:i}", "name", ep->name, "addresses", addrs, "shape",
			 buf_str(&name), "ingress", (int)subject->tables[IR_INGRESS]->id, "egress",
			 (int)subject->tables[IR_EGRESS]->id);
}

int bundle_json_endpoints(const struct cls *cls, const struct gen_shape *shapes, struct diag *diag,
			  struct buf *out)
{
	_cleanup_buf_ struct buf b = {0};
	bool first = true;
	int err = 0;

	put_key(&b, "endpoints");
	vec_each (struct ir_endpoint *, ep, &cls->ir->endpoints) {
		uint32_t subject = cls->subject_of_endpoint[(*ep)->id];

		if (subject == UINT32_MAX)
			continue;
		if (!bundle_endpoint_name_ok((*ep)->name)) {
			diag_error(
				diag, (*ep)->loc, GEN_CODE_ENDPOINT_NAME,
				"the endpoint name '%s' cannot be enforced: use letters, digits, "
				"'.', '_', ':' and '-', in parts divided by '/'",
				(*ep)->name);
			err = -EINVAL;
		}
		put_item(&b, &first, endpoint_json(cls->subjects.v[subject], shapes[subject], *ep));
	}
	put_end(&b, first);
	buf_puts(&b, "\n}\n");
	buf_add(out, b.s, b.n);
	return err;
}

/* --- resources ------------------------------------------------------------------------ */

void bundle_json_resources(const struct gen_resources *r, struct buf *out)
{
	json_t *value = gen_resources_value(r);
	char *text = json_dumps(value, JSON_INDENT(2));

	if (!text)
		abort();
	buf_printf(out, "%s\n", text);
	free(text);
	json_decref(value);
}

/* --- the manifest --------------------------------------------------------------------- */

static void put_hashed(struct buf *out, bool *first, const char *name, const char *data,
		       size_t size)
{
	char hash[GEN_HASH_STRLEN];

	gen_hash(data, size, hash);
	put_item(
		out, first,
		json_pack("{s:s,s:I,s:s}", "name", name, "size", (json_int_t)size, "sha256", hash));
}

static json_t *shape_json(struct gen_shape shape)
{
	_cleanup_buf_ struct buf name = {0};

	gen_shape_name(shape, &name);
	return json_pack("{s:s,s:o}", "name", buf_str(&name), "features",
			 gen_shape_features_value(shape));
}

void bundle_json_manifest(const bundle_files *files, const gen_shape_list *shapes,
			  const struct sources *sources, const char *compiler, struct buf *out)
{
	_cleanup_buf_ struct buf b = {0};
	bool first = true;

	put_number(&b, "format", BUNDLE_FORMAT);
	put_key(&b, "tool");
	put_value(&b, json_string(PACKAGE_NAME " " PACKAGE_VERSION));
	put_key(&b, "compiler");
	put_value(&b, json_string(compiler));
	put_key(&b, "sources");
	vec_each (const struct source, s, &sources->list)
		if (!s->aside)
			put_hashed(&b, &first, s->name, s->text, s->len);
	put_end(&b, first);
	put_key(&b, "shapes");
	first = true;
	vec_each (const struct gen_shape, s, shapes)
		put_item(&b, &first, shape_json(*s));
	put_end(&b, first);
	put_key(&b, "files");
	first = true;
	vec_each (const struct bundle_file, f, files)
		put_hashed(&b, &first, f->name, f->data, f->size);
	put_end(&b, first);
	buf_puts(&b, "\n}\n");
	buf_add(out, b.s, b.n);
}
