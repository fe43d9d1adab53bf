/* SPDX-License-Identifier: Apache-2.0 */
/* Puts the files of a bundle into a directory: all of them, or none. */
#pragma once

#include "codegen/bundle_json.h"

/* The directory may be absent, empty or a bundle. Returns 0; -EEXIST for anything else there,
 * or -EIO, after reporting. */
int bundle_install(const bundle_files *files, const char *dir, struct diag *diag);
