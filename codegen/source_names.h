/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The names of sources inside a bundle: as seen from the nearest directory that holds all of
 * them. So a bundle says the same wherever the sources lie, and however they were named when it
 * was built. What is told to the user keeps the names as given.
 */
#pragma once

#include "lang/base/source.h"

/* The same sources by these names; "-" stays. `cwd` is where relative names start. Only text is
 * compared: no link is followed. Memory comes from `arena`. */
void gen_source_names(const struct sources *sources, const char *cwd, struct arena *arena,
		      struct sources *out);
