/* SPDX-License-Identifier: Apache-2.0 */
/* Files and directories that appear whole or not at all. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Writes a new file; `durable` waits until it is on disk. Returns 0 or -errno. */
int gen_file_write(int dirfd, const char *name, const void *data, size_t n, bool durable);

/* Deletes a directory with everything in it; symbolic links are not followed. */
int gen_dir_remove(const char *path);

/* Makes the name of a directory and what is in it durable. */
int gen_dir_sync(const char *path);
