/* SPDX-License-Identifier: Apache-2.0 */
#include "codegen/emit_endpoint.h"

#include "codegen/emit_path.h"
#include "lang/base/buf.h"

/* One family: "	if (frame.type == ETH_P_IP)" and its path. */
static void emit_family(struct gen_shape s, enum gen_family f, const struct gen_hook_ops *ops,
			struct buf *out)
{
	const char *p = gen_dir_prefix(ops->dir);
	int digit = gen_family_digit(f);
	const char *type = f == GEN_V4 ? "ETH_P_IP" : "ETH_P_IPV6";

	if (!gen_shape_has_related(s, f, ops->dir)) {
		buf_printf(out,
			   "\tif (frame.type == %s)\n"
			   "\t\treturn %s%d(skb, frame.at, view, pkt);\n",
			   type, p, digit);
		return;
	}
	buf_printf(out,
		   "\tif (frame.type == %s) {\n"
		   "\t\treason = %s%d(skb, frame.at, view, pkt);\n"
		   "\t\tif (reason == POLC_ASK_RELATED)\n"
		   "\t\t\treason = polc_stage_go(skb, view, pkt, %s, &polc_progs,\n"
		   "\t\t\t\t\t       POLC_PROG_KEY(polc_program, %s,\n"
		   "\t\t\t\t\t\t\t     POLC_STAGE_RELATED));\n"
		   "\t\treturn reason;\n"
		   "\t}\n",
		   type, p, digit, gen_dir_macro(ops->dir), ops->macro);
}

/* The head of `in()` and `in_related()`: reads the frame. */
static void emit_frame_read(struct gen_shape s, enum ir_dir d, const char *suffix, struct buf *out)
{
	buf_printf(out,
		   "POLC_INLINE int %s%s(struct __sk_buff *skb, const struct polc_view *view, "
		   "struct polc_pkt *pkt)\n"
		   "{\n"
		   "\tstruct polc_frame frame;\n"
		   "\tint reason = polc_frame_read(skb, &frame);\n"
		   "\n"
		   "\tif (reason != POLC_GO)\n"
		   "\t\treturn reason;\n",
		   gen_dir_prefix(d), suffix);
	if (s.features & GEN_EVENTS)
		buf_puts(out, "\tpkt->type = frame.type;\n");
}

/* `in()`: from the frame to a reason. */
static void emit_frame(struct gen_shape s, const struct gen_hook_ops *ops, struct buf *out)
{
	emit_frame_read(s, ops->dir, "", out);
	for (enum gen_family f = 0; f < GEN_N_FAMILIES; f++)
		emit_family(s, f, ops, out);
	buf_puts(out, "\treturn frame.type == ETH_P_ARP ? POLC_PASS_LINK : POLC_DROP_ETHERTYPE;\n"
		      "}\n\n");
}

/* Who decided is asked for every packet only if rules are counted. */
static void emit_telling(struct gen_shape s, const struct gen_hook_ops *ops, struct buf *out)
{
	static const char decide[] =
		"\tdecision = polc_decision(&polc_pages, view, pkt, %s, reason);\n";
	const char *dir = gen_dir_macro(ops->dir);
	bool rules = s.features & GEN_RULES;

	if (rules) {
		buf_printf(out, decide, dir);
		buf_puts(out, "\tpolc_hit(&polc_hits, skb, view, decision);\n");
	}
	if (!(s.features & GEN_EVENTS))
		return;
	buf_puts(out, "\tif (reason < POLC_FIRST_DROP)\n\t\treturn;\n");
	if (gen_shape_decides(s) && !rules)
		buf_printf(out, decide, dir);
	buf_printf(out,
		   "\tpolc_tell(&polc_events, &polc_budget, skb, view, pkt, %s, %s, reason,\n"
		   "\t\t  %s);\n",
		   ops->macro, dir, gen_shape_decides(s) ? "decision" : "POLC_NO_DECISION");
}

static bool tells(struct gen_shape s)
{
	return s.features & (GEN_RULES | GEN_EVENTS);
}

/* `in_tell()`: what becomes of a packet is known, and some want to know of it. */
static void emit_tell(struct gen_shape s, const struct gen_hook_ops *ops, struct buf *out)
{
	if (!tells(s))
		return;
	buf_printf(out,
		   "POLC_INLINE void %s_tell(struct __sk_buff *skb, const struct polc_view *view,\n"
		   "\t\t\t const struct polc_pkt *pkt, int reason)\n"
		   "{\n",
		   gen_dir_prefix(ops->dir));
	if (gen_shape_decides(s))
		buf_puts(out, "\t__u32 decision;\n\n");
	emit_telling(s, ops, out);
	buf_puts(out, "}\n\n");
}

/* The end of a program: count, say pass or drop. */
static void emit_leave(struct gen_shape s, const struct gen_hook_ops *ops, struct buf *out)
{
	bool requests = gen_shape_has_any_requests(s);

	buf_puts(out, requests ? "\treturn polc_proxy_action(reason, " : "\treturn ");
	if (s.features & GEN_UNCOUNTED)
		buf_puts(out, "polc_action(reason)");
	else
		buf_printf(out, "polc_leave(&polc_metrics, skb, %s, reason)", ops->macro);
	buf_puts(out, requests ? ");\n}\n\n" : ";\n}\n\n");
}

static void emit_entry(struct gen_shape s, const struct gen_hook_ops *ops, struct buf *out)
{
	const char *p = gen_dir_prefix(ops->dir);

	buf_printf(out,
		   "SEC(\"%s\")\n"
		   "int %s(struct __sk_buff *skb)\n"
		   "{\n"
		   "\tstruct polc_view view;\n"
		   "\tint reason;\n"
		   "\n"
		   "\tif (!polc_view_get(&polc_node, &polc_eps, skb->tc_classid, &view)) {\n"
		   "\t\treason = POLC_DROP_INTERNAL;\n"
		   "\t} else if (view.ep->program != polc_program) {\n"
		   "\t\treason = polc_other_program(skb, view.ep, &polc_progs, %s);\n"
		   "\t} else {\n"
		   "\t\tstruct polc_pkt pkt = {};\n"
		   "\n"
		   "\t\treason = %s(skb, &view, &pkt);\n",
		   ops->section, ops->stages[POLC_STAGE_MAIN].program, ops->macro, p);
	if (tells(s))
		buf_printf(out, "\t\t%s_tell(skb, &view, &pkt, reason);\n", p);
	buf_puts(out, "\t}\n");
	emit_leave(s, ops, out);
}

void gen_emit_endpoint(struct gen_shape s, const struct gen_hook_ops *ops, struct buf *out)
{
	for (enum gen_family f = 0; f < GEN_N_FAMILIES; f++)
		gen_emit_path(s, f, ops->dir, out);
	emit_frame(s, ops, out);
	emit_tell(s, ops, out);
	emit_entry(s, ops, out);
}

/* --- the stage for ICMP errors -------------------------------------------------------- */

/* `in_related()`: the frame again. */
static void emit_related_frame(struct gen_shape s, enum ir_dir d, struct buf *out)
{
	emit_frame_read(s, d, "_related", out);
	for (enum gen_family f = 0; f < GEN_N_FAMILIES; f++) {
		if (gen_shape_has_related(s, f, d))
			buf_printf(out,
				   "\tif (frame.type == %s)\n"
				   "\t\treturn %s%d_related(skb, frame.at, view, pkt);\n",
				   f == GEN_V4 ? "ETH_P_IP" : "ETH_P_IPV6", gen_dir_prefix(d),
				   gen_family_digit(f));
	}
	buf_puts(out, "\treturn POLC_DROP_INTERNAL;\n}\n\n");
}

void gen_emit_endpoint_related(struct gen_shape s, const struct gen_hook_ops *ops, struct buf *out)
{
	const char *p = gen_dir_prefix(ops->dir);

	for (enum gen_family f = 0; f < GEN_N_FAMILIES; f++) {
		if (gen_shape_has_related(s, f, ops->dir))
			gen_emit_related(s, f, ops->dir, out);
	}
	emit_related_frame(s, ops->dir, out);
	buf_printf(out,
		   "SEC(\"%s\")\n"
		   "int %s(struct __sk_buff *skb)\n"
		   "{\n"
		   "\tstruct polc_view view;\n"
		   "\tint reason = POLC_DROP_INTERNAL;\n"
		   "\n"
		   "\tif (polc_stage_view(&polc_node, &polc_eps, skb, &view)) {\n"
		   "\t\tstruct polc_pkt pkt = {};\n"
		   "\n"
		   "\t\treason = %s_related(skb, &view, &pkt);\n",
		   ops->section, ops->stages[POLC_STAGE_RELATED].program, p);
	if (tells(s))
		buf_printf(out, "\t\t%s_tell(skb, &view, &pkt, reason);\n", p);
	buf_puts(out, "\t}\n");
	emit_leave(s, ops, out);
}
