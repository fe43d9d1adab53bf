/* SPDX-License-Identifier: Apache-2.0 */
/* Peers, written and read: what a kind of peer consists of stands in one file. */
#include "compiler/ir/peer.h"
#include "compiler/ir_json/read.h"
#include "compiler/ir_json/write.h"

/* --- written ---------------------------------------------------------------------------- */

static json_t *prefixes_json(const struct net_prefix *v, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++) {
		char text[NET_PREFIX_STRLEN];

		json_array_append_new(list, json_string(net_prefix_format(&v[i], text)));
	}
	return list;
}

json_t *ir_json_peer(const struct intern *strings, const struct ir_peer *peer)
{
	const struct ir_cidr *cidr = &peer->cidr;

	switch (peer->kind) {
	case IR_PEER_SELECTOR:
		return json_pack("{s:o}", "selector", ir_json_selector(strings, &peer->selector));
	case IR_PEER_ENTITY:
		return json_pack("{s:s}", "entity", ir_entity_name(peer->entity));
	case IR_PEER_CIDR:
		return json_pack("{s:{s:o, s:o, s:b}}", "cidr", "in",
				 prefixes_json(cidr->in.v, cidr->in.n), "except",
				 prefixes_json(cidr->except.v, cidr->except.n), "matchEndpoints",
				 cidr->match_endpoints);
	}
	return json_null();
}

/* --- read ------------------------------------------------------------------------------- */

static const char *entity_word(unsigned i)
{
	return ir_entity_name((enum ir_entity)i);
}

static int read_prefix(struct ir_reader *r, const struct ir_value *v, struct net_prefix *out)
{
	const char *text = json_string_value(v->json);

	if (text && net_prefix_parse(text, out) == 0)
		return 0;
	return ir_refuse(r, v, "a prefix whose host bits are zero is wanted here");
}

static int read_in(struct ir_reader *r, const struct ir_value *v, void *to)
{
	struct ir_cidr *cidr = to;
	struct net_prefix prefix;
	int err = read_prefix(r, v, &prefix);

	if (!err)
		vec_push(r->arena, &cidr->in, prefix);
	return err;
}

static int read_except(struct ir_reader *r, const struct ir_value *v, void *to)
{
	struct ir_cidr *cidr = to;
	struct net_prefix prefix;
	int err = read_prefix(r, v, &prefix);

	if (!err)
		vec_push(r->arena, &cidr->except, prefix);
	return err;
}

static int read_cidr(struct ir_reader *r, const struct ir_value *v, void *to)
{
	static const struct ir_field fields[] = {
		IR_FIELD("in", read_in, .list = true),
		IR_FIELD("except", read_except, .list = true),
		IR_FIELD("matchEndpoints", ir_read_bool,
			 .at = offsetof(struct ir_cidr, match_endpoints)),
		{0},
	};
	int err = ir_read_object(r, v, fields, to, NULL);

	if (!err)
		ir_cidr_seal(to, r->arena);
	return err;
}

static int read_entity(struct ir_reader *r, const struct ir_value *v, void *to)
{
	enum ir_entity *out = to;
	unsigned entity;
	int err = ir_read_word(r, v, entity_word, IR_ENTITY_NONE + 1, &entity);

	*out = (enum ir_entity)entity;
	return err;
}

static const struct ir_field peer_fields[] = {
	IR_FIELD("selector", ir_read_selector, .at = offsetof(struct ir_peer, selector),
		 .need = IR_OPTIONAL),
	IR_FIELD("cidr", read_cidr, .at = offsetof(struct ir_peer, cidr), .need = IR_OPTIONAL),
	IR_FIELD("entity", read_entity, .at = offsetof(struct ir_peer, entity),
		 .need = IR_OPTIONAL),
	{0},
};
static const unsigned peer_kinds[] = {
	[IR_PEER_SELECTOR] = 1u << 0,
	[IR_PEER_CIDR] = 1u << 1,
	[IR_PEER_ENTITY] = 1u << 2,
};
enum { N_PEER_KINDS = sizeof(peer_kinds) / sizeof(*peer_kinds) };

int ir_read_peer(struct ir_reader *r, const struct ir_value *v, void *to)
{
	struct ir_peer *peer = to;
	unsigned seen = 0, kind;
	int err;

	*peer = (struct ir_peer){.loc = r->here};
	err = ir_read_object(r, v, peer_fields, peer, &seen);
	if (err)
		return err;
	kind = ir_read_kind(peer_kinds, N_PEER_KINDS, seen);
	if (kind == N_PEER_KINDS)
		return ir_refuse(r, v, "a peer is one of: selector, cidr, entity");
	peer->kind = (enum ir_peer_kind)kind;
	return 0;
}
