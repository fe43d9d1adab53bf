/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of a NetworkPolicy rule: peers (peer.c), their ranges (range.c) and ports (port.c). */
#pragma once

#include "lang/yaml/decode.h"

/* A rule under construction. It knows the policy's namespace, as a peer without a
 * namespaceSelector stays in it. */
struct np_rule {
	const struct ast_name *ns;
	struct ast_rule *ast;
};

/* Items of `from`, `to` and `ports`; *out is an np_rule. */
yaml_reader np_read_peer, np_read_port;

/* The text of a `cidr` or of an item of `except`. */
int np_read_range(struct yaml_ctx *c, const struct yaml_node *n, struct ast_prefix *out);

/* The pods with these labels (NULL: all) in the namespaces with those labels (NULL: only in
 * `ns`), as a peer at out->loc. */
void np_selector_peer(struct yaml_ctx *c, const struct ast_labels *pods,
		      const struct ast_labels *namespaces, const struct ast_name *ns,
		      struct ast_peer *out);
