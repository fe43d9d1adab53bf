/* SPDX-License-Identifier: Apache-2.0 */
/* Paths in a repository as git has them: from its top, which is "", without "." and "..". */
#pragma once

#include <stdbool.h>

#include "lang/base/arena.h"

/* The path of one that is written in the directory `dir`; NULL if it leads outside. */
const char *git_path(struct arena *arena, const char *dir, const char *path);
/* The directory that holds it. */
const char *git_path_dir(struct arena *arena, const char *path);
/* The rest of the path of what lies in `dir`, or is it (""); NULL: elsewhere. */
const char *git_path_below(const char *path, const char *dir);
bool git_path_is_ignore_file(const char *path);
