/* SPDX-License-Identifier: Apache-2.0 */
/* The assertions of what is to be enforced. */
#pragma once

struct cli;
struct ir;

/* Judges them as `polc check` does, at the addresses that endpoints without one may get; the IR is
 * as it was afterwards. Findings are in the diagnostics. Returns CLI_OK, CLI_FINDINGS if one fails
 * or has no answer, or what else `polc check` would. */
int cli_judge_asserts(struct cli *cli, struct ir *ir);
