/* SPDX-License-Identifier: Apache-2.0 */
#include "codegen/emit_path.h"

#include "lang/base/buf.h"

/* What is being written: a family, a direction, and the other direction, that of replies. */
struct path {
	struct gen_shape s;
	enum gen_family f;
	enum ir_dir d, opposite;
	enum gen_kind kind, opposite_kind;
	int digit;        /* 4 or 6 */
	const char *name; /* "in" or "eg" */
	struct buf *out;
};

const char *gen_dir_prefix(enum ir_dir d)
{
	return d == IR_INGRESS ? "in" : "eg";
}

const char *gen_dir_macro(enum ir_dir d)
{
	return d == IR_INGRESS ? "POLC_INGRESS" : "POLC_EGRESS";
}

int gen_family_digit(enum gen_family f)
{
	return f == GEN_V4 ? 4 : 6;
}

bool gen_path_needs_class(struct gen_shape s, enum gen_family f, enum ir_dir d)
{
	return gen_shape_kind(s, f, d) == GEN_KIND_TABLE && gen_shape_has_rows(s, d);
}

static struct path path_of(struct gen_shape s, enum gen_family f, enum ir_dir d, struct buf *out)
{
	enum ir_dir opposite = ir_dir_other(d);

	return (struct path){
		.s = s,
		.f = f,
		.d = d,
		.opposite = opposite,
		.kind = gen_shape_kind(s, f, d),
		.opposite_kind = gen_shape_kind(s, f, opposite),
		.digit = gen_family_digit(f),
		.name = gen_dir_prefix(d),
		.out = out,
	};
}

/* The address of the packet that is the peer's. */
static const char *peer_of(const struct path *p)
{
	return p->d == IR_INGRESS ? "saddr" : "daddr";
}

static bool has_requests(const struct path *p)
{
	return gen_shape_has_requests(p->s, p->f, p->d) ||
	       gen_shape_has_requests(p->s, p->f, p->opposite);
}

/* "	cls = peer4(view, pkt->saddr.v4_be);" for the address of the peer in `pkt`, which is
 * "pkt->" or "quote.". */
static void emit_class(const struct path *p, const char *pkt, const char *field)
{
	if (!gen_shape_has_peers(p->s, p->f) && !gen_shape_has_cidrs(p->s, p->f))
		buf_printf(p->out, "\tcls = view->bank->class%d;\n", p->digit);
	else if (p->f == GEN_V4)
		buf_printf(p->out, "\tcls = peer4(view, %s%s.v4_be);\n", pkt, field);
	else
		buf_printf(p->out, "\tcls = peer6(view, &%s%s);\n", pkt, field);
}

/* "in_verdict(view, cls, pkt->l4.proto, pkt->l4.port)", with what the table depends on. */
static void emit_verdict_call(const struct path *p, enum ir_dir d, const char *pkt, bool opener)
{
	buf_printf(p->out, "%s_verdict(view", gen_dir_prefix(d));
	if (gen_shape_has_rows(p->s, d))
		buf_puts(p->out, ", cls");
	if (gen_shape_has_cols(p->s, d)) {
		buf_printf(p->out, ", %sl4.proto, ", pkt);
		if (opener)
			buf_printf(p->out, "polc_opener_port(&%sl4)", pkt);
		else
			buf_printf(p->out, "%sl4.port", pkt);
	}
	if (gen_shape_notes(p->s))
		buf_printf(p->out, ", %scell", pkt);
	buf_puts(p->out, ")");
}

/* --- ICMP errors -------------------------------------------------------------------- */

/* One way for the quoted flow to be on record: opened by the sender of the quoted packet
 * (its own key, judged in the opposite direction) or by its receiver. */
static void emit_related_case(const struct path *p, enum ir_dir d, bool opener)
{
	enum gen_kind kind = gen_shape_kind(p->s, p->f, d);

	if (kind == GEN_KIND_DENY)
		return;
	buf_printf(p->out, "\tif (ct%d_asks(view, &quote, %s, %s)", p->digit,
		   gen_dir_macro(p->opposite), opener ? "POLC_CT_ANSWERED" : "POLC_CT_OPENED");
	if (kind == GEN_KIND_TABLE) {
		/* A verdict by port is too long for one line. */
		buf_puts(p->out, gen_shape_has_cols(p->s, d) ? " &&\n\t    " : " && ");
		emit_verdict_call(p, d, "quote.", opener);
		buf_puts(p->out, " > 0");
	}
	buf_puts(p->out, ")\n\t\treturn POLC_PASS_RELATED;\n");
}

/* One way for the quoted packet to be a proxy's: sent to the server, or to the client. To the
 * endpoint it is nothing then, whatever policy says. */
static void emit_proxys_case(const struct path *p, enum ir_dir d, bool opener)
{
	const char *dir = gen_dir_macro(d);

	if (!gen_shape_has_requests(p->s, p->f, d))
		return;
	buf_puts(p->out, "\tif (quote.l4.proto == IPPROTO_TCP &&\n\t    !");
	emit_verdict_call(p, d, "quote.", opener);
	buf_printf(
		p->out,
		" &&\n"
		"\t    polc_listener(&polc_pages, view, %s, &quote.cell[%s]) &&\n"
		"\t    polc_proxy_sent%d(skb, &polc_proxy, %s, &quote))\n"
		"\t\treturn polc_proxy_send(skb, &polc_proxy, %s, 0, POLC_PASS_PROXY_RELATED);\n",
		dir, dir, p->digit, dir, dir);
}

/* The quoted flow, and what the error is where that says nothing. */
static void emit_related_cases(const struct path *p)
{
	if (has_requests(p)) {
		emit_proxys_case(p, p->opposite, false);
		emit_proxys_case(p, p->d, true);
	}
	if (p->kind == GEN_KIND_ALLOW) {
		buf_puts(p->out, "\treturn POLC_PASS_POLICY;\n");
		return;
	}
	if (has_requests(p) && p->kind == GEN_KIND_TABLE)
		buf_puts(p->out, "\tif (pkt->l4.flags & POLC_L4_ALLOWED)\n"
				 "\t\treturn POLC_PASS_POLICY;\n");
	emit_related_case(p, p->opposite, false);
	emit_related_case(p, p->d, true);
	buf_puts(p->out, "\treturn POLC_DROP_POLICY;\n");
}

void gen_emit_related(struct gen_shape s, enum gen_family f, enum ir_dir d, struct buf *out)
{
	struct path path = path_of(s, f, d, out), *p = &path;
	const char *peer = p->d == IR_INGRESS ? "daddr" : "saddr";
	bool cls = gen_path_needs_class(p->s, p->f, p->d) ||
		   gen_path_needs_class(p->s, p->f, p->opposite);

	buf_printf(p->out,
		   "/* An ICMP error %s the endpoint passes with the flow that it is about. */\n"
		   "static __noinline int %s%d_related(struct __sk_buff *skb, __u32 at,\n"
		   "\t\t\t\t const struct polc_view *view, struct polc_pkt *pkt)\n"
		   "{\n"
		   "\tstruct polc_pkt quote = {};\n"
		   "%s"
		   "\tint reason = polc_ip%d_read(skb, at, pkt, false);\n\n"
		   "\tif (reason != POLC_GO)\n"
		   "\t\treturn reason;\n"
		   "\tpolc_stage_packet(skb, %s, pkt);\n"
		   "\tif (!polc_quote%d(skb, pkt, %s, &quote))\n"
		   "\t\treturn %s;\n",
		   p->d == IR_INGRESS ? "to" : "from", p->name, p->digit,
		   cls ? "\t__u32 cls;\n" : "", p->digit, gen_dir_macro(p->d), p->digit,
		   gen_dir_macro(p->d),
		   has_requests(p) ? "polc_error_alone(pkt)" : "POLC_DROP_POLICY");
	if (cls)
		emit_class(p, "quote.", peer);
	emit_related_cases(p);
	buf_puts(p->out, "}\n\n");
}

/* --- the path ----------------------------------------------------------------------- */

static void emit_locals(const struct path *p, bool tracks, bool cls)
{
	bool verdict = p->kind == GEN_KIND_TABLE ||
		       (p->kind == GEN_KIND_DENY && p->opposite_kind == GEN_KIND_TABLE) ||
		       has_requests(p);

	if (cls)
		buf_puts(p->out, "\t__u32 cls;\n");
	if (gen_shape_has_requests(p->s, p->f, p->d))
		buf_puts(p->out, "\t__u32 listener;\n");
	buf_printf(p->out, "\tint reason%s;\n\n", tracks && verdict ? ", verdict" : "");
}

/* Headers, source, transport: each step has a reason to stop or goes on. */
static void emit_headers(const struct path *p, bool tracks)
{
	const char *go = "\tif (reason == POLC_GO)\n";

	buf_printf(p->out, "\treason = polc_ip%d_read(skb, at, pkt, false);\n", p->digit);
	if (p->d == IR_EGRESS && p->f == GEN_V4)
		buf_printf(p->out, "%s\t\treason = polc_source4(view->ep, pkt);\n", go);
	if (p->d == IR_EGRESS && p->f == GEN_V6)
		buf_printf(p->out, "%s\t\treason = polc_source6(skb, view->ep, pkt);\n", go);
	if (p->d == IR_INGRESS && p->f == GEN_V6)
		buf_printf(p->out, "%s\t\treason = polc_link6(skb, pkt);\n", go);
	if (!tracks && p->d == IR_INGRESS && p->kind == GEN_KIND_DENY)
		buf_printf(p->out, "%s\t\treason = polc_back%d(skb, pkt);\n", go, p->digit);
	if (tracks)
		buf_printf(p->out, "%s\t\treason = polc_transport%d(skb, &polc_frag%d, pkt);\n", go,
			   p->digit, p->digit);
}

/* The flow goes on record. */
static void emit_track(const struct path *p, const char *indent)
{
	buf_printf(p->out,
		   "%sif (!(pkt->l4.flags & POLC_L4_QUIET))\n"
		   "%s\tct%d_track(view, pkt, %s);\n",
		   indent, indent, p->digit, gen_dir_macro(p->d));
}

/* What policy allows may be about a packet that a proxy has sent. */
static void emit_ask_proxy(const struct path *p, const char *indent)
{
	if (!has_requests(p))
		return;
	buf_printf(p->out,
		   "%sif (pkt->l4.flags & POLC_L4_ERROR) {\n"
		   "%s\tpkt->l4.flags |= POLC_L4_ALLOWED;\n"
		   "%s\treturn POLC_ASK_RELATED;\n"
		   "%s}\n",
		   indent, indent, indent, indent);
}

/* What policy allows at once. */
static void emit_policy(const struct path *p)
{
	const char *indent = p->kind == GEN_KIND_TABLE ? "\t\t" : "\t";

	if (p->kind == GEN_KIND_DENY)
		return;
	if (p->kind == GEN_KIND_TABLE) {
		if (gen_path_needs_class(p->s, p->f, p->d))
			emit_class(p, "pkt->", peer_of(p));
		buf_puts(p->out, "\tverdict = ");
		emit_verdict_call(p, p->d, "pkt->", false);
		buf_puts(p->out, ";\n"
				 "\tif (verdict < 0)\n"
				 "\t\treturn POLC_DROP_INTERNAL;\n"
				 "\tif (verdict) {\n");
	}
	emit_ask_proxy(p, indent);
	emit_track(p, indent);
	buf_printf(p->out, "%sreturn POLC_PASS_POLICY;\n", indent);
	if (p->kind == GEN_KIND_TABLE)
		buf_puts(p->out, "\t}\n");
}

/* --- requests ----------------------------------------------------------------------- */

/* What the other direction's proxy sent in the name of the endpoint has its answers here. They
 * come first: to the endpoint itself they are nothing, whatever policy says. */
static void emit_answer(const struct path *p)
{
	const char *dir = gen_dir_macro(p->opposite);

	if (!gen_shape_has_requests(p->s, p->f, p->opposite))
		return;
	buf_puts(p->out, "\tif (pkt->l4.proto == IPPROTO_TCP) {\n");
	if (gen_path_needs_class(p->s, p->f, p->opposite)) {
		buf_putc(p->out, '\t');
		emit_class(p, "pkt->", peer_of(p));
	}
	buf_puts(p->out, "\t\tverdict = ");
	emit_verdict_call(p, p->opposite, "pkt->", true);
	buf_printf(p->out,
		   ";\n"
		   "\t\tif (!verdict &&\n"
		   "\t\t    polc_listener(&polc_pages, view, %s, &pkt->cell[%s]) &&\n"
		   "\t\t    polc_proxy_has%d(skb, &polc_proxy, %s, pkt))\n"
		   "\t\t\treturn polc_proxy_send(skb, &polc_proxy, %s, 0, "
		   "POLC_PASS_PROXY_REPLY);\n"
		   "\t}\n",
		   dir, dir, p->digit, dir, dir);
}

/* A client's packet goes to the proxy of its direction, and what that makes of it to the endpoint.
 * What the endpoint sends is noted, so that the proxy may answer. */
static void emit_redirect(const struct path *p)
{
	const char *dir = gen_dir_macro(p->d);

	if (!gen_shape_has_requests(p->s, p->f, p->d))
		return;
	buf_printf(p->out,
		   "\tlistener = polc_listener(&polc_pages, view, %s, &pkt->cell[%s]);\n"
		   "\tif (listener) {\n",
		   dir, dir);
	if (p->d == IR_INGRESS)
		buf_printf(p->out, "\t\tif (!polc_from_proxy(skb, &polc_proxy, %s))\n\t", dir);
	else
		emit_track(p, "\t\t");
	buf_printf(p->out,
		   "\t\treturn polc_proxy_send(skb, &polc_proxy, %s, listener, "
		   "POLC_PASS_PROXY);\n",
		   dir);
	if (p->d == IR_INGRESS) {
		emit_track(p, "\t\t");
		buf_puts(p->out, "\t\treturn POLC_PASS_POLICY;\n");
	}
	buf_puts(p->out, "\t}\n");
}

/* A reply, where the proxy may have a say in either direction. */
static void emit_reply(const struct path *p)
{
	const char *dir = gen_dir_macro(p->opposite);

	if (p->opposite_kind == GEN_KIND_DENY)
		return;
	if (p->opposite_kind == GEN_KIND_TABLE) {
		if (gen_path_needs_class(p->s, p->f, p->opposite) &&
		    !gen_path_needs_class(p->s, p->f, p->d))
			emit_class(p, "pkt->", peer_of(p));
		buf_puts(p->out, "\tverdict = ");
		emit_verdict_call(p, p->opposite, "pkt->", true);
		buf_puts(p->out, ";\n");
		if (gen_shape_has_requests(p->s, p->f, p->opposite))
			buf_printf(p->out,
				   "\tif (!verdict)\n"
				   "\t\tverdict = polc_listener(&polc_pages, view, %s, "
				   "&pkt->cell[%s]);\n",
				   dir, dir);
		buf_puts(p->out, "\tif (verdict < 0)\n"
				 "\t\treturn POLC_DROP_INTERNAL;\n");
	}
	buf_printf(p->out,
		   "\tif (%sct%d_asks(view, pkt, %s, POLC_CT_ANSWERS))\n"
		   "\t\treturn POLC_PASS_REPLY;\n",
		   p->opposite_kind == GEN_KIND_TABLE ? "verdict && " : "", p->digit,
		   gen_dir_macro(p->d));
}

static void emit_miss_of_requests(const struct path *p)
{
	buf_puts(p->out, "\tif (pkt->l4.flags & POLC_L4_ERROR)\n"
			 "\t\treturn POLC_ASK_RELATED;\n");
	emit_reply(p);
	emit_redirect(p);
	buf_puts(p->out, "\treturn POLC_DROP_POLICY;\n");
}

/* What policy denies may still answer a flow, or be an error about one. */
static void emit_miss(const struct path *p)
{
	if (p->kind == GEN_KIND_ALLOW)
		return;
	if (has_requests(p)) {
		emit_miss_of_requests(p);
		return;
	}
	buf_puts(p->out, "\tif (pkt->l4.flags & POLC_L4_ERROR)\n"
			 "\t\treturn POLC_ASK_RELATED;\n");
	if (p->opposite_kind == GEN_KIND_DENY) {
		buf_puts(p->out, "\treturn POLC_DROP_POLICY;\n");
		return;
	}
	if (p->opposite_kind == GEN_KIND_TABLE) {
		if (gen_path_needs_class(p->s, p->f, p->opposite) &&
		    !gen_path_needs_class(p->s, p->f, p->d))
			emit_class(p, "pkt->", peer_of(p));
		buf_puts(p->out, "\tverdict = ");
		emit_verdict_call(p, p->opposite, "pkt->", true);
		buf_puts(p->out, ";\n"
				 "\tif (verdict <= 0)\n"
				 "\t\treturn polc_judge(verdict, POLC_PASS_REPLY);\n");
	}
	buf_printf(p->out,
		   "\tif (ct%d_asks(view, pkt, %s, POLC_CT_ANSWERS))\n"
		   "\t\treturn POLC_PASS_REPLY;\n"
		   "\treturn POLC_DROP_POLICY;\n",
		   p->digit, gen_dir_macro(p->d));
}

void gen_emit_path(struct gen_shape s, enum gen_family f, enum ir_dir d, struct buf *out)
{
	struct path p = path_of(s, f, d, out);
	bool tracks = gen_shape_tracks(s, f);
	bool cls =
		gen_path_needs_class(s, f, d) || ((p.kind != GEN_KIND_ALLOW || has_requests(&p)) &&
						  gen_path_needs_class(s, f, p.opposite));

	buf_printf(out, "/* IPv%d %s the endpoint. */\n", p.digit, d == IR_INGRESS ? "to" : "from");
	buf_printf(out,
		   "%s int %s%d(struct __sk_buff *skb, __u32 at, const struct polc_view *view,\n"
		   "\t\t    struct polc_pkt *pkt)\n{\n",
		   f == GEN_V4 ? "POLC_INLINE" : "static __noinline", p.name, p.digit);
	emit_locals(&p, tracks, cls);
	emit_headers(&p, tracks);
	if (tracks) {
		buf_puts(out, "\tif (reason != POLC_GO)\n\t\treturn reason;\n");
		emit_answer(&p);
		emit_policy(&p);
		emit_miss(&p);
	} else {
		buf_printf(out, "\treturn reason == POLC_GO ? POLC_%s : reason;\n",
			   p.kind == GEN_KIND_ALLOW ? "PASS_POLICY" : "DROP_POLICY");
	}
	buf_puts(out, "}\n\n");
}
