/* SPDX-License-Identifier: Apache-2.0 */
/* Which kinds of objects are policies that this version does not read. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Of an apiVersion, the part before the '/'; 0 for the core group. */
size_t k8s_group_len(const char *api);
bool k8s_is_in_group(const char *api, const char *group);

/* Groups of Kubernetes itself; another group may have a kind of the same name. */
bool k8s_is_kubernetes_api(const char *api);

/*
 * For a kind that no reader has. True if it is a policy, or a misspelt one; *meant is then the kind
 * of Kubernetes that was probably meant, or NULL.
 */
bool k8s_is_unread_policy(const char *kind, const char *api, const char **meant);
