/* SPDX-License-Identifier: Apache-2.0 */
/* Templates of pods and of virtual machines, wherever they stand in objects of kinds that nobody
 * reads: what comes of them is not seen. */
#pragma once

#include "lang/yaml/node.h"

/* Do pods come of this object, or of an item if it is a list? */
bool k8s_has_pods_inside(const struct yaml_node *object, const char *kind, const char *api);
