/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/flow/witness.h"

#include "compiler/ir/peer.h"
#include "compiler/ir/port.h"
#include "compiler/space/addresses.h"
#include "lang/base/buf.h"
#include "verifier/flow/flowspec.h"

/* --- a plain model ------------------------------------------------------------------------ */

/* Wishes for the model. Each is granted if it does not contradict what is asserted and the
 * wishes granted before it. */
struct wishes {
	struct encoding *e;
	Z3_model model;  /* of all that is granted */
	unsigned pushed; /* scopes that granted wishes opened */
	bool whole;      /* a flow through all policies, not only through the rules involved */
};

static enum smt_answer wish(struct wishes *wishes, Z3_ast term)
{
	struct smt *s = wishes->e->smt;
	enum smt_answer r;
	bool already;

	/* Models differ from run to run; what is written down must not. */
	if (!s->emit && smt_model_bool(s, wishes->model, term, &already) && already) {
		smt_assert(s, term);
		return SMT_YES;
	}
	smt_push(s);
	smt_assert(s, term);
	r = smt_check(s, NULL);
	if (r != SMT_YES) {
		smt_pop(s, 1);
		return r;
	}
	wishes->pushed++;
	smt_model_free(s, wishes->model);
	wishes->model = smt_model(s);
	return wishes->model ? SMT_YES : SMT_ERROR;
}

static bool selector_has_key(const struct ir_selector *sel, const struct encoding_key *key)
{
	vec_each (const struct ir_req, req, &sel->reqs) {
		if (req->scope == key->scope && req->key == key->key)
			return true;
	}
	return false;
}

static bool rule_has_key(const struct ir_rule *rule, const struct encoding_key *key)
{
	vec_each (const struct ir_selector, sel, &rule->policy->subjects) {
		if (selector_has_key(sel, key))
			return true;
	}
	vec_each (const struct ir_peer, peer, &rule->peers) {
		const struct ir_selector *labels = ir_peer_aspects(peer).labels;

		if (labels && selector_has_key(labels, key))
			return true;
	}
	return false;
}

/* Labels that no involved rule mentions are left open by the model, and so absent. */
static bool concerns(const struct rule_list *involved, const struct encoding_key *key)
{
	if (key->scope == IR_SCOPE_NAMESPACE)
		return true;
	vec_each (const struct ir_rule *, rule, involved) {
		if (rule_has_key(*rule, key))
			return true;
	}
	return false;
}

/* Of the namespace that an end must be in: one that nobody mentions, each end another. */
static void wish_plain_namespaces(struct wishes *wishes)
{
	struct encoding *e = wishes->e;
	uint32_t name = intern_find(&e->ir->strings, IR_NS_NAME_KEY);
	const struct encoding_key *ns = encoding_find_key(e, IR_SCOPE_NAMESPACE, name);

	for (int end = 0; ns && e->ir->namespaced && end < SMT_N_ENDS; end++)
		wish(wishes, smt_eq(e->smt, ns->value[end],
				    smt_number(e->smt, e->label_width,
					       e->ir->strings.strings.n + 1 + (uint32_t)end)));
}

static void wish_plain_labels(struct wishes *wishes, const struct rule_list *involved)
{
	struct encoding *e = wishes->e;
	Z3_ast absent = smt_number(e->smt, e->label_width, 0);

	vec_each (const struct encoding_key, key, &e->keys) {
		if (!wishes->whole && !concerns(involved, key))
			continue;
		for (int end = 0; end < SMT_N_ENDS; end++)
			wish(wishes, smt_eq(e->smt, key->value[end], absent));
	}
	wish_plain_namespaces(wishes);
	vec_each (const struct encoding_name, name, &e->names) {
		for (int end = 0; end < SMT_N_ENDS; end++)
			wish(wishes, smt_not(e->smt, name->has[end]));
	}
}

/* Each refused is a question to the solver. */
enum { MAX_WISHED_PORTS = 64 };

/* A port that the rule writes down, among the first; false: none of them is possible. */
static bool wish_port_of(struct wishes *wishes, const struct ir_rule *rule)
{
	struct smt *s = wishes->e->smt;

	for (size_t i = 0; i < rule->ports.n && i < MAX_WISHED_PORTS; i++) {
		struct ir_port_aspects a = ir_port_aspects(&rule->ports.v[i]);

		if (ir_port_is_part(&a) &&
		    wish(wishes, smt_eq(s, wishes->e->port, smt_number(s, 16, a.lo))) == SMT_YES)
			return true;
	}
	return false;
}

/* A port that somebody wrote down beats any number in between. */
static void wish_written_port(struct wishes *wishes, const struct rule_list *involved)
{
	vec_each (const struct ir_rule *, rule, involved)
		if (wish_port_of(wishes, *rule))
			return;
}

static struct net_addr plain_address(const struct net_prefix *p)
{
	struct net_addr last = net_prefix_last(p), addr;

	space_plain_address(&p->addr, &last, &addr);
	return addr;
}

/* Ends of their own, at addresses that interfaces may have. */
static void wish_real_addresses(struct wishes *wishes)
{
	struct encoding *e = wishes->e;
	struct smt *s = e->smt;

	for (int end = 0; end < SMT_N_ENDS; end++) {
		for (size_t i = 0; i < NET_N_NOBODY; i++) {
			const struct net_prefix *p = &net_nobody[i];
			bool v6 = p->addr.family == NET_V6;
			Z3_ast at = v6 ? e->addr6[end] : e->addr4[end];

			if (end == SMT_PEER || wishes->whole)
				wish(wishes, smt_not(s, smt_has_prefix(s, at, v6 ? 128 : 32,
								       p->addr.bytes, p->len)));
		}
	}
	if (!wishes->whole)
		return;
	wish(wishes, smt_not(s, smt_eq(s, e->addr4[SMT_SUBJECT], e->addr4[SMT_PEER])));
	wish(wishes, smt_not(s, smt_eq(s, e->addr6[SMT_SUBJECT], e->addr6[SMT_PEER])));
}

static void wish_address(struct wishes *wishes, enum smt_end end, const struct net_addr *addr)
{
	struct encoding *e = wishes->e;
	bool v6 = addr->family == NET_V6;

	wish(wishes, smt_both(e->smt, v6 ? e->v6 : smt_not(e->smt, e->v6),
			      smt_has_prefix(e->smt, v6 ? e->addr6[end] : e->addr4[end],
					     v6 ? 128 : 32, addr->bytes, v6 ? 128 : 32)));
}

/* An address that no rule asks for is one of those reserved for documentation (RFC 5737,
 * RFC 3849); else the plain one of the first prefixes that may have it. */
static void wish_plain_address(struct wishes *wishes, const struct rule_list *involved)
{
	static const struct net_addr doc[] = {
		{NET_V4, {203, 0, 113, 10}},
		{NET_V6, {0x20, 0x01, 0x0d, 0xb8, [15] = 10}},
		{NET_V4, {203, 0, 113, 20}},
		{NET_V6, {0x20, 0x01, 0x0d, 0xb8, [15] = 20}},
	};
	int tries = 8;

	wish_address(wishes, SMT_PEER, &doc[0]);
	wish_address(wishes, SMT_PEER, &doc[1]);
	vec_each (const struct ir_rule *, rule, involved) {
		vec_each (const struct ir_peer, peer, &(*rule)->peers) {
			vec_each (const struct net_prefix, p, &peer->cidr.in) {
				struct net_addr addr = plain_address(p);

				if (tries-- > 0)
					wish_address(wishes, SMT_PEER, &addr);
			}
		}
	}
	if (wishes->whole) {
		wish_address(wishes, SMT_SUBJECT, &doc[2]);
		wish_address(wishes, SMT_SUBJECT, &doc[3]);
	}
}

static void wish_plain_flow(struct wishes *wishes, const struct rule_list *involved)
{
	struct encoding *e = wishes->e;
	struct smt *s = e->smt;

	wish(wishes, e->managed);
	wish(wishes, smt_not(s, e->host));
	wish(wishes, smt_not(s, e->v6));
	wish(wishes, smt_eq(s, e->proto, smt_number(s, 8, IR_PROTO_TCP)));
	wish(wishes, smt_eq(s, e->port, smt_number(s, 16, 80)));
	wish_written_port(wishes, involved);
	wish_plain_address(wishes, involved);
	wish_real_addresses(wishes);
}

/* --- from the model to endpoints ------------------------------------------------------------ */

static bool is_mentioned(const struct encoding_key *key, uint64_t value)
{
	vec_each (const uint32_t, id, &key->mentioned) {
		if (*id + 1ull == value)
			return true;
	}
	return false;
}

/* A value that no policy mentions gets a number that no string has: one past the last, or
 * two past it for the peer's, if the subject's is another such value. */
static uint32_t label_value(const struct encoding *e, const struct encoding_key *key,
			    uint64_t value, bool second)
{
	if (is_mentioned(key, value))
		return (uint32_t)(value - 1);
	return (uint32_t)e->ir->strings.strings.n + second;
}

static void take_labels(struct encoding *e, Z3_model m, enum smt_end end, struct ir_endpoint *ep)
{
	vec_each (const struct encoding_key, key, &e->keys) {
		uint64_t value, subject;
		bool second;

		smt_model_number(e->smt, m, key->value[end], &value);
		smt_model_number(e->smt, m, key->value[SMT_SUBJECT], &subject);
		second = value != subject && subject && !is_mentioned(key, subject);
		if (value)
			vec_push(e->smt->arena, &ep->labels,
				 (struct ir_label){.scope = key->scope,
						   .key = key->key,
						   .value = label_value(e, key, value, second)});
	}
	vec_each (const struct encoding_name, name, &e->names) {
		uint64_t port;
		bool has;

		smt_model_bool(e->smt, m, name->has[end], &has);
		smt_model_number(e->smt, m, name->port[end], &port);
		if (has)
			vec_push(e->smt->arena, &ep->ports,
				 (struct ir_named_port){.name = name->name,
							.proto = name->proto,
							.port = (uint16_t)port});
	}
}

static struct net_addr take_address(struct encoding *e, Z3_model m, enum smt_end end)
{
	struct net_addr addr = {.family = NET_V4};
	bool v6;

	smt_model_bool(e->smt, m, e->v6, &v6);
	addr.family = v6 ? NET_V6 : NET_V4;
	smt_model_bytes(e->smt, m, v6 ? e->addr6[end] : e->addr4[end], v6 ? 16 : 4, addr.bytes);
	return addr;
}

static void take_flow(struct encoding *e, Z3_model m, bool whole, struct witness *out)
{
	struct ir_end subject = {.ep = &out->subject},
		      peer = {.addr = take_address(e, m, SMT_PEER)};
	uint64_t proto, port;
	bool managed, host, node;

	smt_model_number(e->smt, m, e->proto, &proto);
	smt_model_number(e->smt, m, e->port, &port);
	smt_model_bool(e->smt, m, e->managed, &managed);
	smt_model_bool(e->smt, m, e->host, &host);
	smt_model_bool(e->smt, m, e->node, &node);
	out->subject = (struct ir_endpoint){.name = "subject", .kind = "endpoint"};
	out->peer = (struct ir_endpoint){
		.name = "peer", .kind = "endpoint", .host = host, .node = node};
	take_labels(e, m, SMT_SUBJECT, &out->subject);
	if (managed)
		take_labels(e, m, SMT_PEER, &out->peer);
	if (managed || host) {
		vec_push(e->smt->arena, &out->peer.addrs, peer.addr);
		peer.ep = &out->peer;
	}
	if (whole)
		subject.addr = take_address(e, m, SMT_SUBJECT);
	out->flow = (struct ir_flow){.proto = (uint16_t)proto, .port = (uint16_t)port};
	out->flow.src = out->dir == IR_INGRESS ? peer : subject;
	out->flow.dst = out->dir == IR_INGRESS ? subject : peer;
}

bool witness_looks_at_addresses(const struct ir_rule *rule)
{
	vec_each (const struct ir_peer, peer, &rule->peers)
		if (ir_peer_places_endpoints(peer))
			return true;
	return false;
}

static bool any_looks_at_addresses(const struct rule_list *involved)
{
	vec_each (const struct ir_rule *, rule, involved)
		if (witness_looks_at_addresses(*rule))
			return true;
	return false;
}

static enum smt_answer find(struct encoding *e, enum ir_dir dir, const struct rule_list *involved,
			    bool whole, struct witness *out)
{
	struct wishes wishes = {.e = e, .whole = whole};
	enum smt_answer r;

	*out = (struct witness){.dir = dir, .show_addr = any_looks_at_addresses(involved)};
	smt_push(e->smt);
	r = smt_check(e->smt, NULL);
	if (r == SMT_YES) {
		wishes.model = smt_model(e->smt);
		r = wishes.model ? SMT_YES : SMT_ERROR;
	}
	if (r == SMT_YES) {
		wish_plain_flow(&wishes, involved);
		wish_plain_labels(&wishes, involved);
		take_flow(e, wishes.model, whole, out);
		r = e->smt->failed ? SMT_ERROR : SMT_YES;
	}
	smt_model_free(e->smt, wishes.model);
	smt_pop(e->smt, wishes.pushed + 1);
	return r;
}

enum smt_answer witness_find(struct encoding *e, enum ir_dir dir, const struct rule_list *involved,
			     struct witness *out)
{
	return find(e, dir, involved, false, out);
}

enum smt_answer witness_find_flow(struct encoding *e, enum ir_dir dir, const struct rule_list *like,
				  struct witness *out)
{
	return find(e, dir, like, true, out);
}

bool witness_confirms(const struct witness *wit, const struct ir_rule *rule)
{
	return rule->dir == wit->dir && ir_policy_selects(rule->policy, &wit->subject) &&
	       ir_rule_matches(rule, &wit->flow);
}

/* --- text ------------------------------------------------------------------------------------- */

static const char *value_text(const struct ir *ir, uint32_t value)
{
	size_t n = ir->strings.strings.n;

	if (value < n)
		return intern_str(&ir->strings, value);
	return value == n ? "<other>" : "<another>";
}

static size_t count_labels(const struct ir_endpoint *ep, enum ir_scope scope)
{
	size_t n = 0;

	vec_each (const struct ir_label, label, &ep->labels)
		n += label->scope == scope;
	return n;
}

static void put_labels(const struct ir *ir, const struct ir_endpoint *ep, enum ir_scope scope,
		       struct buf *out)
{
	const char *sep = "{ ";

	vec_each (const struct ir_label, label, &ep->labels) {
		if (label->scope != scope)
			continue;
		buf_printf(out, "%s%s = %s", sep, intern_str(&ir->strings, label->key),
			   value_text(ir, label->value));
		sep = ", ";
	}
	buf_puts(out, *sep == '{' ? "{}" : " }");
}

static void put_namespace(const struct ir *ir, const struct ir_endpoint *ep, struct buf *out)
{
	uint32_t key = intern_find(&ir->strings, IR_NS_NAME_KEY);
	uint32_t name =
		key == INTERN_NONE ? INTERN_NONE : ir_endpoint_label(ep, IR_SCOPE_NAMESPACE, key);
	size_t n = count_labels(ep, IR_SCOPE_NAMESPACE);

	if (!n)
		return;
	buf_puts(out, "namespace ");
	if (n == 1 && name != INTERN_NONE)
		buf_puts(out, value_text(ir, name));
	else
		put_labels(ir, ep, IR_SCOPE_NAMESPACE, out);
	buf_putc(out, ' ');
}

static void put_end(const struct ir *ir, const struct ir_end *end, bool show_addr, struct buf *out)
{
	char addr[NET_ADDR_STRLEN];

	if (!end->ep || end->ep->host) {
		buf_printf(out, "%s%s",
			   !end->ep        ? ""
			   : end->ep->node ? "its own node at "
					   : "the host at ",
			   net_addr_format(&end->addr, addr));
		return;
	}
	if (!end->ep->labels.n) {
		buf_puts(out, "an endpoint without labels");
	} else {
		put_namespace(ir, end->ep, out);
		put_labels(ir, end->ep, IR_SCOPE_ENDPOINT, out);
	}
	if (show_addr && end->addr.family)
		buf_printf(out, " at %s", net_addr_format(&end->addr, addr));
}

const char *witness_text(const struct encoding *e, const struct witness *wit)
{
	const struct ir_end *dst = &wit->flow.dst;
	_cleanup_buf_ struct buf b = {0};
	char port[FLOW_PORT_STRLEN];

	buf_puts(&b, "from ");
	put_end(e->ir, &wit->flow.src, wit->show_addr, &b);
	buf_puts(&b, " to ");
	put_end(e->ir, dst, wit->show_addr, &b);
	buf_printf(&b, " on %s", flow_port_format(wit->flow.proto, wit->flow.port, port));
	if (dst->ep) {
		vec_each (const struct ir_named_port, p, &dst->ep->ports) {
			if (p->proto == wit->flow.proto && p->port == wit->flow.port)
				buf_printf(&b, ", its port '%s'",
					   intern_str(&e->ir->strings, p->name));
		}
	}
	return arena_strdup(e->smt->arena, buf_str(&b));
}
