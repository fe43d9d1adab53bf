/* SPDX-License-Identifier: Apache-2.0 */
#include "codegen/shape.h"

#include <assert.h>
#include <string.h>

#include "codegen/clang.h"
#include "lang/base/buf.h"

static const struct {
	uint32_t table[IR_N_DIRS], all[IR_N_DIRS], peers, cidrs;
} family_features[GEN_N_FAMILIES] = {
	[GEN_V4] = {{GEN_IN4, GEN_EG4}, {GEN_IN4_ALL, GEN_EG4_ALL}, GEN_PEERS4, GEN_CIDRS4},
	[GEN_V6] = {{GEN_IN6, GEN_EG6}, {GEN_IN6_ALL, GEN_EG6_ALL}, GEN_PEERS6, GEN_CIDRS6},
};
static const uint32_t row_features[IR_N_DIRS] = {GEN_IN_ROWS, GEN_EG_ROWS};
static const uint32_t col_features[IR_N_DIRS] = {GEN_IN_COLS, GEN_EG_COLS};
static const uint32_t request_features[IR_N_DIRS] = {GEN_IN_REQUESTS, GEN_EG_REQUESTS};
static const enum net_family net_families[GEN_N_FAMILIES] = {NET_V4, NET_V6};

/* --- the classes that packets of a family can meet ------------------------------------ */

/* A known endpoint: its class, and the class that its address alone would have. */
struct peer_pair {
	uint32_t cls, by_addr;
};

struct family {
	enum net_family net;
	uint32_t other; /* the class of addresses in no smaller prefix */
	VEC(uint32_t) cidrs;
	VEC(struct peer_pair) peers;
	bool open; /* peers of any other class may come, too */
};

/* The list is sorted with parents before their children: the last match is the longest. */
static uint32_t class_by_addr(const struct cls *cls, const struct family *fam,
			      const struct net_addr *addr)
{
	uint32_t found = fam->other;

	if (addr->family == NET_NONE)
		return found;
	vec_each (const struct cls_cidr, c, &cls->cidrs) {
		if (net_prefix_has_addr(&c->prefix, addr))
			found = c->cls;
	}
	return found;
}

static void family_init(struct family *fam, enum gen_family f, const struct cls *cls,
			struct arena *arena)
{
	*fam = (struct family){.net = net_families[f], .open = cls->classifier};
	vec_each (const struct cls_cidr, c, &cls->cidrs) {
		if (c->prefix.addr.family != fam->net)
			continue;
		if (c->prefix.len == 0)
			fam->other = c->cls;
		vec_push(arena, &fam->cidrs, c->cls);
		/* The node's addresses are known when policy is loaded. */
		vec_push(arena, &fam->peers, (struct peer_pair){c->node, c->cls});
	}
	/* An endpoint whose address is not known yet may get one of either family. */
	vec_each (const struct cls_point, p, &cls->points) {
		if (p->addr.family == NET_NONE || p->addr.family == fam->net)
			vec_push(arena, &fam->peers,
				 (struct peer_pair){p->cls, class_by_addr(cls, fam, &p->addr)});
	}
}

/* --- what a table needs --------------------------------------------------------------- */

static void mark_row(const struct cls_table *t, uint32_t row, bool seen[2])
{
	const uint8_t *cells = t->cells + (size_t)row * t->n_cols;

	for (uint32_t i = 0; i < t->n_cols && !(seen[0] && seen[1]); i++)
		seen[cells[i] == IR_OUTCOME_ALLOW] = true;
}

/* Marks the verdicts that packets of the family can meet in `seen`. */
static void mark_verdicts(const struct cls_table *t, const struct family *fam, bool seen[2])
{
	vec_each (const struct peer_pair, p, &fam->peers)
		mark_row(t, cls_table_row(t, p->cls), seen);
	vec_each (const uint32_t, c, &fam->cidrs)
		mark_row(t, cls_table_row(t, *c), seen);
	for (uint32_t row = 0; fam->open && row < t->n_rows; row++)
		mark_row(t, row, seen);
}

static bool has_requests(const struct cls_table *t)
{
	vec_each (const struct cls_decision, d, &t->decisions) {
		if (d->outcome == IR_OUTCOME_REDIRECT)
			return true;
	}
	return false;
}

/* Is a rule or a tier to be told from others? Then it takes the table to know. */
static bool has_deciders(const struct cls_table *t)
{
	vec_each (const struct cls_decision, d, &t->decisions) {
		if (d->tier)
			return true;
	}
	return has_requests(t);
}

static enum gen_kind kind_of(const struct cls_table *t, const struct family *fam)
{
	bool seen[2] = {false, false};

	mark_verdicts(t, fam, seen);
	if ((seen[0] && seen[1]) || has_deciders(t))
		return GEN_KIND_TABLE;
	return seen[1] ? GEN_KIND_ALLOW : GEN_KIND_DENY;
}

/* Do prefixes of the family differ in this table? */
static bool cidrs_matter(const struct cls_table *t, const struct family *fam)
{
	vec_each (const uint32_t, c, &fam->cidrs) {
		if (cls_table_row(t, *c) != cls_table_row(t, fam->other))
			return true;
	}
	return false;
}

/* Does a known endpoint differ from what its address says? */
static bool peers_matter(const struct cls_table *t, const struct family *fam)
{
	vec_each (const struct peer_pair, p, &fam->peers) {
		if (cls_table_row(t, p->cls) != cls_table_row(t, p->by_addr))
			return true;
	}
	return fam->open && t->n_rows > 1;
}

/* The features that a table in direction `d` asks for in family `f`. */
static uint32_t table_features(const struct cls_table *t, const struct family *fam,
			       enum gen_family f, enum ir_dir d)
{
	enum gen_kind kind = kind_of(t, fam);
	uint32_t features;

	if (kind != GEN_KIND_TABLE)
		return kind == GEN_KIND_ALLOW ? family_features[f].all[d] : 0;
	features = family_features[f].table[d];
	features |= t->n_rows > 1 ? row_features[d] : 0;
	features |= t->n_cols > 1 ? col_features[d] : 0;
	features |= cidrs_matter(t, fam) ? family_features[f].cidrs : 0;
	features |= peers_matter(t, fam) ? family_features[f].peers : 0;
	features |= has_requests(t) ? request_features[d] : 0;
	return features;
}

/* A family is judged in one way in each direction. */
static bool is_consistent(struct gen_shape s)
{
	for (enum gen_family f = 0; f < GEN_N_FAMILIES; f++)
		for (enum ir_dir d = 0; d < IR_N_DIRS; d++)
			if (s.features & family_features[f].table[d] &&
			    s.features & family_features[f].all[d])
				return false;
	return true;
}

/* Of all subjects together: what a program needs that is to serve each of them. */
static uint32_t requests_of(const struct cls *cls)
{
	uint32_t features = 0;

	vec_each (struct cls_subject *, subject, &cls->subjects)
		for (enum ir_dir d = 0; d < IR_N_DIRS; d++)
			features |= has_requests((*subject)->tables[d]) ? request_features[d] : 0;
	return features;
}

struct gen_shape *gen_shapes_of(const struct cls *cls, uint32_t wishes, struct arena *arena)
{
	struct gen_shape *shapes = arena_array(arena, struct gen_shape, cls->subjects.n);
	uint32_t *of_table[IR_N_DIRS], requests = requests_of(cls);

	for (enum ir_dir d = 0; d < IR_N_DIRS; d++)
		of_table[d] = arena_array(arena, uint32_t, cls->tables.n);
	for (enum gen_family f = 0; f < GEN_N_FAMILIES; f++) {
		struct family fam;

		family_init(&fam, f, cls, arena);
		for (size_t i = 0; i < cls->tables.n; i++) {
			for (enum ir_dir d = 0; d < IR_N_DIRS; d++)
				of_table[d][i] |= table_features(cls->tables.v[i], &fam, f, d);
		}
	}
	for (size_t i = 0; i < cls->subjects.n; i++) {
		for (enum ir_dir d = 0; d < IR_N_DIRS; d++)
			shapes[i].features |= of_table[d][cls->subjects.v[i]->tables[d]->id];
		/* Where no rule has a say, none is counted. */
		shapes[i].features |=
			gen_shape_has_any_table(shapes[i]) ? wishes : wishes & ~GEN_RULES;
		if (wishes & GEN_GENERAL)
			shapes[i].features = wishes | requests;
		assert(is_consistent(shapes[i]));
	}
	return shapes;
}

/* --- what a shape says ------------------------------------------------------------------ */

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

bool gen_shape_has_any_table(struct gen_shape s)
{
	return gen_shape_has_table(s, IR_INGRESS) || gen_shape_has_table(s, IR_EGRESS);
}

bool gen_shape_decides(struct gen_shape s)
{
	return (s.features & (GEN_RULES | GEN_EVENTS)) && gen_shape_has_any_table(s);
}

bool gen_shape_notes(struct gen_shape s)
{
	return gen_shape_decides(s) || gen_shape_has_any_requests(s);
}

bool gen_shape_has_requests(struct gen_shape s, enum gen_family f, enum ir_dir d)
{
	return s.features & request_features[d] && gen_shape_kind(s, f, d) == GEN_KIND_TABLE;
}

bool gen_shape_has_any_requests(struct gen_shape s)
{
	return s.features & (GEN_IN_REQUESTS | GEN_EG_REQUESTS);
}

bool gen_shape_has_related(struct gen_shape s, enum gen_family f, enum ir_dir d)
{
	return gen_shape_tracks(s, f) && (gen_shape_kind(s, f, d) != GEN_KIND_ALLOW ||
					  gen_shape_has_requests(s, f, ir_dir_other(d)));
}

bool gen_shape_has_related_stage(struct gen_shape s, enum ir_dir d)
{
	return gen_shape_has_related(s, GEN_V4, d) || gen_shape_has_related(s, GEN_V6, d);
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

/* --- names ------------------------------------------------------------------------------ */

static const struct {
	const char *name, *text;
} feature_words[] = {
#define X(id, name, text) {name, text},
	GEN_FEATURES(X)
#undef X
};

const char *gen_feature_name(enum gen_feature_bit bit)
{
	return feature_words[bit].name;
}

const char *gen_feature_text(enum gen_feature_bit bit)
{
	return feature_words[bit].text;
}

enum gen_feature_bit gen_feature_find(const char *name)
{
	enum gen_feature_bit bit = 0;

	while (bit < GEN_N_FEATURES && strcmp(feature_words[bit].name, name) != 0)
		bit++;
	return bit;
}

void gen_shape_features_text(struct gen_shape s, struct buf *out)
{
	const char *sep = "";

	if (!s.features)
		buf_puts(out, "deny");
	for (enum gen_feature_bit bit = 0; bit < GEN_N_FEATURES; bit++) {
		if (!(s.features & 1u << bit))
			continue;
		buf_printf(out, "%s%s", sep, gen_feature_name(bit));
		sep = "-";
	}
}

json_t *gen_shape_features_value(struct gen_shape s)
{
	json_t *list = json_array();

	for (enum gen_feature_bit bit = 0; bit < GEN_N_FEATURES; bit++) {
		if (s.features & 1u << bit)
			json_array_append_new(list, json_string(gen_feature_name(bit)));
	}
	return list;
}

void gen_shape_name(struct gen_shape s, struct buf *out)
{
	_cleanup_buf_ struct buf text = {0};
	char hash[GEN_HASH_STRLEN];

	gen_shape_features_text(s, &text);
	gen_hash(buf_str(&text), text.n, hash);
	buf_add(out, hash, GEN_SHAPE_NAME);
}

void gen_shape_title(struct gen_shape s, struct buf *out)
{
	gen_shape_name(s, out);
	buf_puts(out, " (");
	gen_shape_features_text(s, out);
	buf_putc(out, ')');
}
