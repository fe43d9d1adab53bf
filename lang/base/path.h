/* SPDX-License-Identifier: Apache-2.0 */
/* Paths as text and on the disk. A canonical path begins with '/' and has no symbolic link, no "."
 * and no ".." in it. What is returned lives in the arena, or is part of an argument. */
#pragma once

#include <stdbool.h>

#include "lang/base/arena.h"

const char *path_join(struct arena *a, const char *dir, const char *name);
/* The directory that holds a path, as text: "." of a bare name, "/" of what lies there. */
const char *path_dir(struct arena *a, const char *path);
/* What follows behind the last '/'. */
const char *path_base(const char *path);
/* The canonical path; NULL if there is no such file. */
const char *path_real(struct arena *a, const char *path);
/* The directory above a canonical path; NULL: `path` is the topmost. */
const char *path_parent(struct arena *a, const char *path);
/* What of a canonical path follows behind `dir`, "" if it is `dir` itself; NULL if it does not lie
 * there. */
const char *path_below(const char *dir, const char *path);
/* A canonical path as seen from the canonical directory `here`: "x/y", "../x", "."; as it is if
 * they have nothing in common. */
const char *path_from(struct arena *a, const char *here, const char *path);
/* The nearest directory with a `.git`, a canonical directory itself or one above; NULL: none. */
const char *path_repository(struct arena *a, const char *dir);
/* Does it pass a `.git`? What git keeps there of a repository may open others. */
bool path_is_of_git(const char *path);
