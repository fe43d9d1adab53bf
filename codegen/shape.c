/* SPDX-License-Identifier: Apache-2.0 */
#include "codegen/shape.h"

#include "lang/base/buf.h"

static const struct {
	uint32_t table[IR_N_DIRS], all[IR_N_DIRS], peers, cidrs;
} family_features[GEN_N_FAMILIES] = {
	[GEN_V4] = {{GEN_IN4, GEN_EG4}, {GEN_IN4_ALL, GEN_EG4_ALL}, GEN_PEERS4, GEN_CIDRS4},
	[GEN_V6] = {{GEN_IN6, GEN_EG6}, {GEN_IN6_ALL, GEN_EG6_ALL}, GEN_PEERS6, GEN_CIDRS6},
};
static const uint32_t row_features[IR_N_DIRS] = {GEN_IN_ROWS, GEN_EG_ROWS};
static const uint32_t col_features[IR_N_DIRS] = {GEN_IN_COLS, GEN_EG_COLS};
static const enum net_family net_families[GEN_N_FAMILIES] = {NET_V4, NET_V6};

/* An endpoint whose address is not known yet may get one of either family. */
static bool point_is_of(const struct cls_point *p, enum gen_family f)
{
	return p->addr.family == NET_NONE || p->addr.family == net_families[f];
}

static bool cidr_is_of(const struct cls_cidr *c, enum gen_family f)
{
	return c->prefix.addr.family == net_families[f];
}

/* Marks verdicts of the row in `seen`. */
static void row_verdicts(const struct cls_table *t, uint32_t cls, bool seen[2])
{
	const uint8_t *row = t->cells + (size_t)t->row_of_class[cls] * t->n_cols;

	for (uint32_t i = 0; i < t->n_cols; i++)
		seen[row[i] == IR_VERDICT_ALLOW] = true;
}

/* Every row that packets of the family can meet. */
static enum gen_kind kind_of(const struct cls *cls, const struct cls_table *t, enum gen_family f)
{
	bool seen[2] = {false, false};

	vec_each (const struct cls_point, p, &cls->points) {
		if (point_is_of(p, f))
			row_verdicts(t, p->cls, seen);
	}
	vec_each (const struct cls_cidr, c, &cls->cidrs) {
		if (cidr_is_of(c, f))
			row_verdicts(t, c->cls, seen);
	}
	if (seen[0] && seen[1])
		return GEN_KIND_TABLE;
	return seen[1] ? GEN_KIND_ALLOW : GEN_KIND_DENY;
}

/* The class of an address that is no known endpoint: its longest prefix. The list is sorted
 * with parents before their children, so the last match is the longest. */
static uint32_t cidr_class(const struct cls *cls, const struct net_addr *addr, enum gen_family f)
{
	uint32_t found = 0;

	vec_each (const struct cls_cidr, c, &cls->cidrs) {
		bool matches = addr->family == NET_NONE ? c->prefix.len == 0
							: net_prefix_has_addr(&c->prefix, addr);

		if (cidr_is_of(c, f) && matches)
			found = c->cls;
	}
	return found;
}

static uint32_t default_class(const struct cls *cls, enum gen_family f)
{
	return cidr_class(cls, &(struct net_addr){0}, f);
}

/* Do prefixes of the family differ in this table? */
static bool cidrs_matter(const struct cls *cls, const struct cls_table *t, enum gen_family f)
{
	uint32_t row = t->row_of_class[default_class(cls, f)];

	vec_each (const struct cls_cidr, c, &cls->cidrs) {
		if (cidr_is_of(c, f) && t->row_of_class[c->cls] != row)
			return true;
	}
	return false;
}

/* Does a known endpoint differ from what its address says? */
static bool peers_matter(const struct cls *cls, const struct cls_table *t, enum gen_family f)
{
	vec_each (const struct cls_point, p, &cls->points) {
		if (point_is_of(p, f) &&
		    t->row_of_class[p->cls] != t->row_of_class[cidr_class(cls, &p->addr, f)])
			return true;
	}
	return false;
}

struct gen_shape gen_shape_of(const struct cls *cls, const struct cls_subject *subject)
{
	struct gen_shape s = {0};

	for (enum gen_family f = 0; f < GEN_N_FAMILIES; f++) {
		for (enum ir_dir d = 0; d < IR_N_DIRS; d++) {
			const struct cls_table *t = subject->tables[d];
			enum gen_kind kind = kind_of(cls, t, f);

			if (kind == GEN_KIND_ALLOW)
				s.features |= family_features[f].all[d];
			if (kind != GEN_KIND_TABLE)
				continue;
			s.features |= family_features[f].table[d];
			s.features |= t->n_rows > 1 ? row_features[d] : 0;
			s.features |= t->n_cols > 1 ? col_features[d] : 0;
			s.features |= cidrs_matter(cls, t, f) ? family_features[f].cidrs : 0;
			s.features |= peers_matter(cls, t, f) ? family_features[f].peers : 0;
		}
	}
	return s;
}

enum gen_kind gen_shape_kind(struct gen_shape s, enum gen_family f, enum ir_dir d)
{
	if (s.features & family_features[f].table[d])
		return GEN_KIND_TABLE;
	return s.features & family_features[f].all[d] ? GEN_KIND_ALLOW : GEN_KIND_DENY;
}

bool gen_shape_tracks(struct gen_shape s, enum gen_family f)
{
	enum gen_kind in = gen_shape_kind(s, f, IR_INGRESS), eg = gen_shape_kind(s, f, IR_EGRESS);

	return in != eg || in == GEN_KIND_TABLE;
}

bool gen_shape_has_table(struct gen_shape s, enum ir_dir d)
{
	return s.features & (family_features[GEN_V4].table[d] | family_features[GEN_V6].table[d]);
}

bool gen_shape_has_rows(struct gen_shape s, enum ir_dir d)
{
	return s.features & row_features[d];
}

bool gen_shape_has_cols(struct gen_shape s, enum ir_dir d)
{
	return s.features & col_features[d];
}

bool gen_shape_has_peers(struct gen_shape s, enum gen_family f)
{
	return s.features & family_features[f].peers;
}

bool gen_shape_has_cidrs(struct gen_shape s, enum gen_family f)
{
	return s.features & family_features[f].cidrs;
}

void gen_shape_name(struct gen_shape s, struct buf *out)
{
	static const char *const names[] = {
#define X(id, name, text) name,
		GEN_FEATURES(X)
#undef X
	};
	const char *sep = "";

	if (!s.features)
		buf_puts(out, "deny");
	for (uint32_t i = 0; i < GEN_N_FEATURES; i++) {
		if (!(s.features & 1u << i))
			continue;
		buf_printf(out, "%s%s", sep, names[i]);
		sep = "-";
	}
}
