/* SPDX-License-Identifier: Apache-2.0 */
/* Parts of ir.json that stand elsewhere, too, as JSON values; the caller drops the reference.
 * Numbers of strings are those of `strings`. */
#pragma once

#include <jansson.h>

#include "compiler/ir.h"

json_t *ir_json_string(const struct intern *strings, uint32_t id);
json_t *ir_json_selector(const struct intern *strings, const struct ir_selector *sel);
json_t *ir_json_peer(const struct intern *strings, const struct ir_peer *peer);
/* `at` makes the text of a place. */
json_t *ir_json_l7(const struct ir_l7 *l7, json_t *(*at)(void *ctx, struct loc loc), void *ctx);
json_t *ir_json_port(const struct intern *strings, const struct ir_port *port);
json_t *ir_json_labels(const struct intern *strings, const struct ir_endpoint *ep,
		       enum ir_scope scope);
json_t *ir_json_addrs(const struct ir_endpoint *ep);
/* Without its namespace, as another than an inventory knows none; takes over `at`. */
json_t *ir_json_endpoint(const struct intern *strings, const struct ir_endpoint *ep, json_t *at);
