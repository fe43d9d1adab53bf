/* SPDX-License-Identifier: Apache-2.0 */
#include "codegen/emit.h"

#include "bpf/abi.h"
#include "codegen/emit_endpoint.h"
#include "codegen/emit_path.h"
#include "codegen/hook.h"
#include "lang/base/buf.h"
#include "lang/base/source.h"

static bool has_peer_lookup(struct gen_shape s, enum gen_family f)
{
	return gen_shape_has_peers(s, f) || gen_shape_has_cidrs(s, f);
}

/* --- includes and maps -------------------------------------------------------------- */

static void emit_includes(struct gen_shape s, struct buf *out)
{
	bool v4 = gen_shape_tracks(s, GEN_V4), v6 = gen_shape_tracks(s, GEN_V6);
	bool peer = has_peer_lookup(s, GEN_V4) || has_peer_lookup(s, GEN_V6);
	const struct {
		bool needed;
		const char *name;
	} headers[] = {
		{v4 || v6, "conntrack.h"},
		{gen_shape_notes(s), "decision.h"},
		{s.features & GEN_EVENTS, "events.h"},
		{v4 || v6, "fragment.h"},
		{true, "ipv4.h"},
		{true, "ipv6.h"},
		{true, "link.h"},
		{true, "maps.h"},
		{true, "metrics.h"},
		{peer, "peer.h"},
		{gen_shape_has_any_requests(s), "proxy.h"},
		{v4, "related4.h"},
		{v6, "related6.h"},
		{v4 || v6, "stage.h"},
		{gen_shape_has_any_table(s), "verdict.h"},
		{true, "view.h"},
	};

	for (size_t i = 0; i < sizeof(headers) / sizeof(*headers); i++) {
		if (headers[i].needed)
			buf_printf(out, "#include \"%s\"\n", headers[i].name);
	}
	buf_putc(out, '\n');
}

static void emit_map(struct buf *out, const char *name, const char *args)
{
	buf_printf(out, "POLC_MAP(%s, %s);\n", name, args);
}

static void emit_policy_maps(struct gen_shape s, struct buf *out)
{
	emit_map(out, POLC_MAP_NODE, "ARRAY, __u32, struct polc_node, 1, BPF_F_MMAPABLE");
	emit_map(out, POLC_MAP_EPS,
		 "ARRAY, __u32, struct polc_ep, POLC_BANKS * POLC_ENDPOINTS, BPF_F_MMAPABLE");
	emit_map(out, POLC_MAP_PROGS,
		 "PROG_ARRAY, __u32, __u32, POLC_PROGRAMS * POLC_PROG_SLOTS, 0");
	if (gen_shape_has_any_table(s))
		emit_map(out, POLC_MAP_PAGES,
			 "ARRAY, __u32, struct polc_page, POLC_BANKS * POLC_PAGES, BPF_F_MMAPABLE");
	if (gen_shape_has_any_table(s))
		emit_map(out, POLC_MAP_CELLS,
			 "ARRAY, __u32, struct polc_cells_line, POLC_BANKS * POLC_CELL_LINES, "
			 "BPF_F_MMAPABLE");
	if (gen_shape_has_any_requests(s))
		emit_map(out, POLC_MAP_PROXY,
			 "ARRAY, __u32, struct polc_proxy, POLC_DIRS, BPF_F_MMAPABLE");
}

static void emit_peer_maps(struct gen_shape s, struct buf *out)
{
	if (has_peer_lookup(s, GEN_V4) || gen_shape_has_peers(s, GEN_V6))
		emit_map(out, POLC_MAP_ADDRS,
			 "ARRAY, __u32, struct polc_page, POLC_BANKS * POLC_ADDR_PAGES, "
			 "BPF_F_MMAPABLE");
	if (gen_shape_has_peers(s, GEN_V6))
		emit_map(out, POLC_MAP_PEERS6,
			 "HASH, struct polc_peer6_key, __u32, POLC_PEERS, BPF_F_NO_PREALLOC");
	if (gen_shape_has_cidrs(s, GEN_V6))
		emit_map(out, POLC_MAP_CIDRS6,
			 "LPM_TRIE, struct polc_lpm6, __u32, POLC_CIDRS, BPF_F_NO_PREALLOC");
}

static void emit_lasting_maps(struct gen_shape s, struct buf *out)
{
	if (gen_shape_tracks(s, GEN_V4)) {
		emit_map(out, POLC_MAP_CT4,
			 "ARRAY, __u32, struct polc_ct4_bucket, POLC_CT4_BUCKETS, BPF_F_MMAPABLE");
		emit_map(out, POLC_MAP_FRAG4,
			 "LRU_HASH, struct polc_frag4_key, struct polc_l4, POLC_FRAG_ENTRIES, 0");
	}
	if (gen_shape_tracks(s, GEN_V6)) {
		emit_map(out, POLC_MAP_CT6,
			 "ARRAY, __u32, struct polc_ct6_bucket, POLC_CT6_BUCKETS, BPF_F_MMAPABLE");
		emit_map(out, POLC_MAP_FRAG6,
			 "LRU_HASH, struct polc_frag6_key, struct polc_l4, POLC_FRAG_ENTRIES, 0");
	}
	if (gen_shape_tracks(s, GEN_V4) || gen_shape_tracks(s, GEN_V6))
		emit_map(out, POLC_MAP_CT_FATES, "PERCPU_ARRAY, __u32, __u64, POLC_CT_N_FATES, 0");
}

static void emit_telling_maps(struct gen_shape s, struct buf *out)
{
	if (!(s.features & GEN_UNCOUNTED))
		emit_map(out, POLC_MAP_METRICS,
			 "PERCPU_ARRAY, __u32, struct polc_counter, POLC_METRICS_ENTRIES, 0");
	if (s.features & GEN_RULES)
		emit_map(out, POLC_MAP_HITS,
			 "PERCPU_ARRAY, __u32, struct polc_counter, POLC_BANKS * POLC_DECISIONS, "
			 "0");
	if (s.features & GEN_EVENTS) {
		buf_puts(out, "POLC_RINGBUF(" POLC_MAP_EVENTS ", POLC_EVENTS_SIZE);\n");
		emit_map(out, POLC_MAP_BUDGET, "PERCPU_ARRAY, __u32, struct polc_budget, 1, 0");
	}
}

/* --- functions ---------------------------------------------------------------------- */

static void emit_conntrack(struct gen_shape s, enum gen_family f, struct buf *out)
{
	if (gen_shape_tracks(s, f))
		buf_printf(out, "POLC_CT_DEFINE(%d)\n\n", gen_family_digit(f));
}

static void emit_peer4(struct gen_shape s, struct buf *out)
{
	buf_printf(out,
		   "POLC_INLINE __u32 peer4(const struct polc_view *view, __be32 addr)\n"
		   "{\n"
		   "\treturn polc_peer4(view, &polc_addrs, %s, addr);\n"
		   "}\n\n",
		   gen_shape_has_peers(s, GEN_V4) ? "true" : "false");
}

/* Not inline: its keys are large, and the stack of all functions under way is 512 bytes. */
static void emit_peer6(struct gen_shape s, struct buf *out)
{
	buf_printf(out,
		   "static __noinline __u32 peer6(const struct polc_view *view, "
		   "const union polc_addr *addr)\n"
		   "{\n"
		   "\treturn polc_peer6(view, %s, %s, addr);\n"
		   "}\n\n",
		   gen_shape_has_peers(s, GEN_V6) ? "&polc_addrs, &polc_peers6" : "NULL, NULL",
		   gen_shape_has_cidrs(s, GEN_V6) ? "&polc_cidrs6" : "NULL");
}

static void emit_verdict(struct gen_shape s, enum ir_dir d, struct buf *out)
{
	bool rows = gen_shape_has_rows(s, d), cols = gen_shape_has_cols(s, d);
	const char *p = gen_dir_prefix(d);

	if (!gen_shape_has_table(s, d))
		return;
	buf_printf(out, "/* %s by %s%s%s. */\n", d == IR_INGRESS ? "Ingress" : "Egress",
		   rows ? "peer" : "", rows && cols ? ", " : "", cols ? "protocol and port" : "");
	buf_printf(out, "POLC_INLINE int %s_verdict(const struct polc_view *view%s%s%s)\n{\n", p,
		   rows ? ", __u32 cls" : "", cols ? ", __u32 proto, __u32 port" : "",
		   gen_shape_notes(s) ? ", __u32 *cells" : "");
	buf_printf(out, "\tconst struct polc_table *t = &view->ep->tables[%s];\n",
		   gen_dir_macro(d));
	if (rows)
		buf_puts(out, "\tint row = polc_row(view, &polc_pages, t, cls);\n");
	if (cols)
		buf_puts(out, "\tint col = polc_col(&polc_pages, view->ep, t, proto, port);\n");
	buf_printf(out, "\n\treturn %s(&polc_cells, t, %s, %s",
		   gen_shape_notes(s) ? "polc_noted_cell" : "polc_cell", rows ? "row" : "0",
		   cols ? "col" : "0");
	if (gen_shape_notes(s))
		buf_printf(out, ", &cells[%s]", gen_dir_macro(d));
	buf_puts(out, ");\n}\n\n");
}

/* Each appends a program, with the functions that only it calls before it. */
typedef void emitter(struct gen_shape s, const struct gen_hook_ops *ops, struct buf *out);

static emitter *const emitters[POLC_N_EP_HOOKS][POLC_N_STAGES] = {
	[POLC_HOOK_EP_IN] = {[POLC_STAGE_MAIN] = gen_emit_endpoint,
			     [POLC_STAGE_RELATED] = gen_emit_endpoint_related},
	[POLC_HOOK_EP_OUT] = {[POLC_STAGE_MAIN] = gen_emit_endpoint,
			      [POLC_STAGE_RELATED] = gen_emit_endpoint_related},
};

static void emit_hook(struct gen_shape s, enum polc_hook hook, struct buf *out)
{
	for (enum polc_stage i = 0; i < POLC_N_STAGES; i++) {
		if (gen_stage(s, hook, i))
			emitters[hook][i](s, gen_hook(hook), out);
	}
}

void gen_emit_program(struct gen_shape s, struct buf *out)
{
	buf_puts(out, "#line 1 \"");
	gen_shape_name(s, out);
	buf_puts(out, ".bpf.c\"\n");
	emit_includes(s, out);
	emit_policy_maps(s, out);
	emit_peer_maps(s, out);
	emit_lasting_maps(s, out);
	emit_telling_maps(s, out);
	buf_puts(out, "\nconst volatile __u32 " POLC_VAR_PROGRAM ";\n\n");
	for (enum gen_family f = 0; f < GEN_N_FAMILIES; f++)
		emit_conntrack(s, f, out);
	if (has_peer_lookup(s, GEN_V4))
		emit_peer4(s, out);
	if (has_peer_lookup(s, GEN_V6))
		emit_peer6(s, out);
	for (enum ir_dir d = 0; d < IR_N_DIRS; d++)
		emit_verdict(s, d, out);
	for (enum polc_hook h = 0; h < POLC_N_EP_HOOKS; h++)
		emit_hook(s, h, out);
	buf_puts(out, "char _license[] SEC(\"license\") = \"Dual BSD/GPL\";\n");
}

/* --- provenance --------------------------------------------------------------------- */

/* Names can hold anything that a comment cannot. */
static void emit_name(struct buf *out, const char *name)
{
	for (const char *c = name; *c; c++)
		buf_putc(out, *c < 0x20 || *c == '*' || *c == 0x7f ? '?' : *c);
}

static void emit_place(const struct sources *sources, struct loc loc, struct buf *out)
{
	if (!loc.line)
		return;
	buf_putc(out, ' ');
	emit_name(out, sources_get(sources, loc.file)->name);
	buf_printf(out, ":%u", loc.line);
}

static void emit_policy(const struct ir_policy *policy, const struct sources *sources,
			struct buf *out)
{
	buf_printf(out, " *   %s ", policy->kind);
	emit_name(out, policy->name);
	emit_place(sources, policy->loc, out);
	buf_putc(out, '\n');
	for (enum ir_dir d = 0; d < IR_N_DIRS; d++) {
		vec_each (struct ir_rule *, rule, &policy->rules[d]) {
			buf_printf(out, " *     %s %s", ir_dir_name(d),
				   ir_action_name((*rule)->action));
			emit_place(sources, (*rule)->loc, out);
			buf_putc(out, '\n');
		}
	}
}

static void emit_subject(const struct cls_subject *subject, const struct sources *sources,
			 struct buf *out)
{
	enum { MAX_NAMES = 8 };

	buf_puts(out, " *\n * Endpoints:");
	for (size_t i = 0; i < subject->endpoints.n && i < MAX_NAMES; i++) {
		buf_putc(out, ' ');
		emit_name(out, subject->endpoints.v[i]->name);
	}
	if (subject->endpoints.n > MAX_NAMES)
		buf_printf(out, " and %zu more", subject->endpoints.n - MAX_NAMES);
	buf_putc(out, '\n');
	if (!subject->policies.n)
		buf_puts(out, " *   no policy selects them\n");
	vec_each (const struct ir_policy *, policy, &subject->policies)
		emit_policy(*policy, sources, out);
}

static void emit_features(struct gen_shape shape, struct buf *out)
{
	buf_puts(out, "/* Generated by polc. Shape ");
	gen_shape_name(shape, out);
	buf_puts(out, shape.features ? ":\n" : ": nothing passes\n");
	for (enum gen_feature_bit bit = 0; bit < GEN_N_FEATURES; bit++) {
		if (shape.features & 1u << bit)
			buf_printf(out, " *   %-9s %s\n", gen_feature_name(bit),
				   gen_feature_text(bit));
	}
}

void gen_emit_provenance(struct gen_shape shape, const struct gen_shape *shapes,
			 const struct cls *cls, const struct sources *sources, struct buf *out)
{
	buf_puts(out, "/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */\n");
	emit_features(shape, out);
	vec_each (struct cls_subject *, subject, &cls->subjects) {
		if (shapes[(*subject)->id].features == shape.features)
			emit_subject(*subject, sources, out);
	}
	buf_puts(out, " */\n");
}
