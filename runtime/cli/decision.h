/* SPDX-License-Identifier: Apache-2.0 */
/* Who decided, in words: for the commands that count rules and name them in events. */
#pragma once

#include <jansson.h>

#include "codegen/bundle.h"
#include "runtime/cli/cli.h"

/* "allow shop.pol:12:5, policy front" or "default deny, tier default, policy front". */
void cli_decision_text(const struct bundle_decision *d, struct buf *out);
json_t *cli_decision_json(const struct bundle_decision *d);
