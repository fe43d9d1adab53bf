/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `.polc.yaml` says, as if it stood on the command line before what does: the last one of an
 * option that is given once decides, so that the command line wins, and repeatable ones add up.
 */
#pragma once

#include "runtime/cli/cli.h"

/* Finds and reads the configuration, if the command has a use for one. Returns -1 to go on, or the
 * exit status after the diagnostics were printed. */
int cli_apply_config(struct cli *cli);
