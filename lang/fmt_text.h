/* SPDX-License-Identifier: Apache-2.0 */
/* The canonical text of what stands within one line of .pol. Private to lang/fmt.c. */
#pragma once

#include "lang/ast.h"
#include "lang/base/buf.h"

void fmt_item_head(struct buf *b, const struct ast_item *item); /* of items without rules */
void fmt_policy_head(struct buf *b, const struct ast_policy *policy);
void fmt_tier_head(struct buf *b, const struct ast_tier *tier);
/* Without its requests, which follow in lines of their own. */
void fmt_rule(struct buf *b, const struct ast_rule *rule, enum ast_dir dir);
void fmt_l7_rule(struct buf *b, const struct ast_l7_rule *rule, enum ast_l7_kind kind);
void fmt_labels(struct buf *b, const struct ast_label *labels, size_t n);
void fmt_addresses(struct buf *b, const struct ast_address *addresses, size_t n);
void fmt_endpoint_port(struct buf *b, const struct ast_endpoint_port *port);
void fmt_service_port(struct buf *b, const struct ast_service_port *port);
/* Up to its requests, if it names them. */
void fmt_claim(struct buf *b, const struct ast_claim *claim);
