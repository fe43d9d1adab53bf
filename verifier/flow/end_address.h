/* SPDX-License-Identifier: Apache-2.0 */
/* Ends that are said by an address, as flow_end_parse() reads them: `cidr:IP` and `NAME@IP`. */
#pragma once

#include "verifier/flow/flowspec.h"

#define FLOW_CIDR_PREFIX "cidr:"
#define FLOW_WORLD       "world"
#define FLOW_HOST        "host"

/* `cidr:IP`? */
bool flow_end_is_address(const char *text);
/* Both return 0, or -EINVAL after reporting an address that is none, or that the end cannot have.
 */
int flow_end_parse_cidr(const struct ir *ir, const char *text, const char *what,
			struct arena *arena, struct diag *diag, struct flow_end *out);
/* The end of this name is at this address; `text` is both. */
int flow_end_place(const struct ir *ir, const char *text, const char *what, struct arena *arena,
		   struct diag *diag, struct flow_end *end);
