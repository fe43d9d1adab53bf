/* SPDX-License-Identifier: Apache-2.0 */
/* Templates of ytt are YAML whose comments `#@` make values and documents: as they stand they can
 * be read, and say something else. */
#pragma once

#include <stddef.h>

#include "lang/base/source.h"

/* The first such comment in a document of this source, or right above it; NULL: there is none. */
const char *k8s_find_ytt(const struct source *src, const char *text, size_t len);
