/* SPDX-License-Identifier: Apache-2.0 */
/* --kustomize: what kustomize makes of a directory, as an input. */
#pragma once

#include "lang/lang.h"

/*
 * Runs `kubectl kustomize DIR`, or `kustomize build DIR` where there is no kubectl, and reads what
 * it writes as the YAML stream `kustomize:DIR`. Returns 0, or -EINVAL after reporting.
 */
int kustomize_read(struct lang *l, const char *dir);
