/* SPDX-License-Identifier: Apache-2.0 */
/* The templates of pods in objects of kinds that nobody reads: what comes of them is not seen. */
#pragma once

#include "lang/yaml/node.h"

/* Of the object, or of an item if it is a list: do pods come of it, whatever its kind? */
bool k8s_holds_pod_template(const struct yaml_node *object);
