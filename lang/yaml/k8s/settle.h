/* SPDX-License-Identifier: Apache-2.0 */
/* What becomes of a document that had errors: only what is lost with it is worth stopping for. */
#pragma once

#include "lang/yaml/decode.h"

/* The document that the stream last gave out, or failed at, had errors since `mark`; `root` is what
 * was read of it, or NULL. Returns 0 if it is skipped, which is noted, or -EINVAL. Sets `c->within`
 * where a template begins or ends. */
int k8s_settle(struct yaml_ctx *c, struct yaml_stream *s, const struct diag_mark *mark,
	       const struct yaml_node *root);
/* The document with this root, that the stream last gave out, can be read, and is a template of a
 * policy or workload all the same, which is counted. False: it is none. */
bool k8s_settle_template(struct yaml_ctx *c, struct yaml_stream *s, const struct yaml_node *root);
/* A kustomization need not say that it is one. False: the file is none. */
bool k8s_skip_kustomization(struct yaml_ctx *c, struct loc loc);
