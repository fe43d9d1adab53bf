/* SPDX-License-Identifier: Apache-2.0 */
#include "lang/yaml/k8s/templates.h"

#include <string.h>

enum { MAX_PATH = 7 };

/* Where kinds of others have the templates of their pods; `*` is every value of a map or a list. */
static const char *const template_paths[][MAX_PATH + 1] = {
	{"spec", "template"}, /* a DeploymentConfig, a Rollout, a CloneSet */
	{"spec", "jobTemplate", "spec", "template"},
	{"spec", "template", "jobTemplate", "spec", "template"},
	{"spec", "jobTargetRef", "template"},
	{"spec", "replicatedJobs", "*", "template", "spec", "template"},
	{"spec", "headGroupSpec", "template"},
	{"spec", "workerGroupSpecs", "*", "template"},
	{"spec", "rayClusterSpec", "headGroupSpec", "template"},
	{"spec", "rayClusterSpec", "workerGroupSpecs", "*", "template"},
	{"spec", "rayClusterConfig", "headGroupSpec", "template"},
	{"spec", "rayClusterConfig", "workerGroupSpecs", "*", "template"},
	{"spec", "pytorchReplicaSpecs", "*", "template"},
	{"spec", "tfReplicaSpecs", "*", "template"},
	{"spec", "mpiReplicaSpecs", "*", "template"},
	{"spec", "xgbReplicaSpecs", "*", "template"},
	{"spec", "paddleReplicaSpecs", "*", "template"},
};

static bool is_pod_template(const struct yaml_node *n)
{
	const struct yaml_node *spec = yaml_get(n, "spec");
	const struct yaml_node *containers = spec ? yaml_get(spec, "containers") : NULL;

	return containers && containers->kind == YAML_SEQ;
}

static bool has_template_at(const struct yaml_node *n, const char *const *path)
{
	if (!n)
		return false;
	if (!*path)
		return is_pod_template(n);
	if (strcmp(*path, "*") != 0)
		return has_template_at(yaml_get(n, *path), path + 1);
	if (n->kind == YAML_SEQ)
		vec_each (struct yaml_node *, item, &n->items)
			if (has_template_at(*item, path + 1))
				return true;
	if (n->kind == YAML_MAP)
		vec_each (const struct yaml_pair, p, &n->pairs)
			if (has_template_at(p->value, path + 1))
				return true;
	return false;
}

/* Whatever its kind, pods come of it. */
static bool has_pod_template(const struct yaml_node *n)
{
	for (size_t i = 0; i < sizeof(template_paths) / sizeof(*template_paths); i++)
		if (has_template_at(n, template_paths[i]))
			return true;
	return false;
}

bool k8s_holds_pod_template(const struct yaml_node *n)
{
	const struct yaml_node *items = yaml_get(n, "items");

	if (!items || items->kind != YAML_SEQ)
		return has_pod_template(n);
	vec_each (struct yaml_node *, item, &items->items)
		if (has_pod_template(*item))
			return true;
	return false;
}
