/* SPDX-License-Identifier: Apache-2.0 */
#include "codegen/emit.h"

#include "bpf/abi.h"
#include "codegen/emit_path.h"
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
	bool table = gen_shape_has_table(s, IR_INGRESS) || gen_shape_has_table(s, IR_EGRESS);
	bool peer = has_peer_lookup(s, GEN_V4) || has_peer_lookup(s, GEN_V6);
	const struct {
		bool needed;
		const char *name;
	} headers[] = {
		{v4 || v6, "conntrack.h"}, {v4 || v6, "fragment.h"}, {true, "ipv4.h"},
		{true, "ipv6.h"},          {true, "link.h"},         {true, "maps.h"},
		{true, "metrics.h"},       {peer, "peer.h"},         {v4, "related4.h"},
		{v6, "related6.h"},        {table, "verdict.h"},
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

static void emit_node_maps(struct gen_shape s, struct buf *out)
{
	if (gen_shape_tracks(s, GEN_V4)) {
		emit_map(out, POLC_MAP_CT4,
			 "LRU_HASH, struct polc_ct4_key, struct polc_ct, POLC_CT_ENTRIES, 0");
		emit_map(out, POLC_MAP_FRAG4,
			 "LRU_HASH, struct polc_frag4_key, struct polc_l4, POLC_FRAG_ENTRIES, 0");
	}
	if (gen_shape_tracks(s, GEN_V6)) {
		emit_map(out, POLC_MAP_CT6,
			 "LRU_HASH, struct polc_ct6_key, struct polc_ct, POLC_CT_ENTRIES, 0");
		emit_map(out, POLC_MAP_FRAG6,
			 "LRU_HASH, struct polc_frag6_key, struct polc_l4, POLC_FRAG_ENTRIES, 0");
	}
	emit_map(out, POLC_MAP_METRICS,
		 "PERCPU_ARRAY, __u32, struct polc_counter, POLC_METRICS_ENTRIES, 0");
}

static void emit_bundle_maps(struct gen_shape s, struct buf *out)
{
	static const struct {
		const char *peers, *peers_args, *cidrs, *cidrs_args;
	} maps[GEN_N_FAMILIES] = {
		{POLC_MAP_PEERS4, "HASH, __be32, __u32, POLC_SIZED_BY_LOADER, 0", POLC_MAP_CIDRS4,
		 "LPM_TRIE, struct polc_lpm4, __u32, POLC_SIZED_BY_LOADER, BPF_F_NO_PREALLOC"},
		{POLC_MAP_PEERS6, "HASH, union polc_addr, __u32, POLC_SIZED_BY_LOADER, 0",
		 POLC_MAP_CIDRS6,
		 "LPM_TRIE, struct polc_lpm6, __u32, POLC_SIZED_BY_LOADER, BPF_F_NO_PREALLOC"},
	};

	for (enum gen_family f = 0; f < GEN_N_FAMILIES; f++) {
		if (gen_shape_has_peers(s, f))
			emit_map(out, maps[f].peers, maps[f].peers_args);
		if (gen_shape_has_cidrs(s, f))
			emit_map(out, maps[f].cidrs, maps[f].cidrs_args);
	}
}

static void emit_table_maps(struct gen_shape s, enum ir_dir d, struct buf *out)
{
	static const struct {
		const char *rows, *ports, *pages, *cells;
	} maps[IR_N_DIRS] = {
		{POLC_MAP_IN_ROWS, POLC_MAP_IN_PORTS, POLC_MAP_IN_PAGES, POLC_MAP_IN_CELLS},
		{POLC_MAP_EG_ROWS, POLC_MAP_EG_PORTS, POLC_MAP_EG_PAGES, POLC_MAP_EG_CELLS},
	};
	const char *page16 = "ARRAY, __u32, struct polc_page16, POLC_SIZED_BY_LOADER, 0";

	if (!gen_shape_has_table(s, d))
		return;
	if (gen_shape_has_rows(s, d))
		emit_map(out, maps[d].rows, page16);
	if (gen_shape_has_cols(s, d)) {
		emit_map(out, maps[d].ports, page16);
		emit_map(out, maps[d].pages, page16);
	}
	emit_map(out, maps[d].cells, "ARRAY, __u32, struct polc_page8, POLC_SIZED_BY_LOADER, 0");
}

/* --- functions ---------------------------------------------------------------------- */

static void emit_peer(struct gen_shape s, enum gen_family f, struct buf *out)
{
	int digit = gen_family_digit(f);

	if (!has_peer_lookup(s, f))
		return;
	buf_printf(out,
		   "static __noinline __u32 peer%d(%s)\n"
		   "{\n"
		   "\treturn polc_peer%d(",
		   digit, f == GEN_V4 ? "__be32 addr" : "const union polc_addr *addr", digit);
	if (gen_shape_has_peers(s, f))
		buf_printf(out, "&polc_peers%d, ", digit);
	else
		buf_puts(out, "NULL, ");
	if (gen_shape_has_cidrs(s, f))
		buf_printf(out, "&polc_cidrs%d, ", digit);
	else
		buf_puts(out, "NULL, ");
	buf_printf(out, "addr, polc_self.class%d);\n}\n\n", digit);
}

static void emit_verdict(struct gen_shape s, enum ir_dir d, struct buf *out)
{
	bool rows = gen_shape_has_rows(s, d), cols = gen_shape_has_cols(s, d);
	const char *p = gen_dir_prefix(d);

	if (!gen_shape_has_table(s, d))
		return;
	buf_printf(out, "/* %s by %s%s%s. */\n", d == IR_INGRESS ? "Ingress" : "Egress",
		   rows ? "peer" : "", rows && cols ? ", " : "", cols ? "protocol and port" : "");
	buf_printf(out, "static __noinline int %s_verdict(%s%s%s)\n{\n", p, rows ? "__u32 cls" : "",
		   rows && cols ? ", " : "", cols ? "__u32 proto, __u32 port" : "");
	if (rows)
		buf_printf(out, "\tint row = polc_row(&%s_rows, cls);\n", p);
	if (cols)
		buf_printf(out, "\tint col = polc_col(&%s_ports, &%s_pages, proto, port);\n", p, p);
	buf_printf(out, "\n\treturn polc_cell(&%s_cells, %s, %s, polc_self.%s_cols);\n}\n\n", p,
		   rows ? "row" : "0", cols ? "col" : "0", p);
}

static void emit_entry(enum ir_dir d, struct buf *out)
{
	const char *p = gen_dir_prefix(d);

	buf_printf(out,
		   "SEC(\"tc\")\n"
		   "int %s(struct __sk_buff *skb)\n"
		   "{\n"
		   "\tstruct polc_frame frame;\n"
		   "\tint reason = polc_frame_read(skb, &frame);\n"
		   "\n"
		   "\tif (reason == POLC_GO) {\n"
		   "\t\tif (frame.type == ETH_P_IP)\n"
		   "\t\t\treason = %s4(skb, frame.at);\n"
		   "\t\telse if (frame.type == ETH_P_IPV6)\n"
		   "\t\t\treason = %s6(skb, frame.at);\n"
		   "\t\telse if (frame.type == ETH_P_ARP)\n"
		   "\t\t\treason = POLC_PASS_LINK;\n"
		   "\t\telse\n"
		   "\t\t\treason = POLC_DROP_ETHERTYPE;\n"
		   "\t}\n"
		   "\treturn polc_leave(&polc_metrics, skb, %s, reason);\n"
		   "}\n\n",
		   d == IR_INGRESS ? POLC_PROG_INGRESS : POLC_PROG_EGRESS, p, p, gen_dir_macro(d));
}

void gen_emit_program(struct gen_shape s, struct buf *out)
{
	buf_puts(out, "#line 1 \"");
	gen_shape_name(s, out);
	buf_puts(out, ".bpf.c\"\n");
	emit_includes(s, out);
	emit_node_maps(s, out);
	emit_bundle_maps(s, out);
	emit_table_maps(s, IR_INGRESS, out);
	emit_table_maps(s, IR_EGRESS, out);
	buf_puts(out, "\nconst volatile struct polc_self polc_self;\n\n");
	for (enum gen_family f = 0; f < GEN_N_FAMILIES; f++)
		emit_peer(s, f, out);
	for (enum ir_dir d = 0; d < IR_N_DIRS; d++)
		emit_verdict(s, d, out);
	for (enum ir_dir d = 0; d < IR_N_DIRS; d++) {
		for (enum gen_family f = 0; f < GEN_N_FAMILIES; f++)
			gen_emit_path(s, f, d, out);
		emit_entry(d, out);
	}
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

void gen_emit_provenance(struct gen_shape shape, const struct gen_shape *shapes,
			 const struct cls *cls, const struct sources *sources, struct buf *out)
{
	buf_puts(out, "/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */\n"
		      "/* Generated by polc. Shape ");
	gen_shape_name(shape, out);
	buf_puts(out, ".\n");
	vec_each (struct cls_subject *, subject, &cls->subjects) {
		if (shapes[(*subject)->id].features == shape.features)
			emit_subject(*subject, sources, out);
	}
	buf_puts(out, " */\n");
}
