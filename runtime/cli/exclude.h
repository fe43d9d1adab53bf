/* SPDX-License-Identifier: Apache-2.0 */
/* What --exclude and the configuration leave out of directories, and telling what was left out. */
#pragma once

#include "runtime/cli/cli.h"

/* Tells `lang` the patterns. If it reads a copy `to` of the canonical directory `from`, they are
 * about the copy; NULL, NULL: it does not. */
void cli_exclude(const struct cli *cli, struct lang *lang, const char *from, const char *to);
/* With -v: what was left out, and why. `side` is the name of a side of a diff, or NULL. */
void cli_tell_left_out(const struct cli *cli, const struct lang *lang, const char *side);
