/* SPDX-License-Identifier: Apache-2.0 */
#include "lang/yaml/k8s/templates.h"

#include <string.h>

#include "lang/yaml/k8s/policies.h"

enum { MAX_PATH = 7 };

/* Where known kinds of others have the templates of their pods, with labels or without; `*` is
 * every value of a map or a list. */
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

static bool has(const struct yaml_node *n, const char *field, enum yaml_kind kind)
{
	const struct yaml_node *v = n ? yaml_get(n, field) : NULL;

	return v && v->kind == kind;
}

/* Its pod carries the labels of its template, or its own. */
static bool is_machine(const struct yaml_node *n)
{
	return has(yaml_get(n, "spec"), "domain", YAML_MAP);
}

/* Without labels it may be a piece of one, as rules about pods have them. */
static bool is_labelled_template(const struct yaml_node *n)
{
	return has(yaml_get(n, "metadata"), "labels", YAML_MAP) &&
	       (is_pod_template(n) || is_machine(n));
}

static bool has_template_inside(const struct yaml_node *n)
{
	if (n->kind == YAML_SEQ)
		vec_each (struct yaml_node *, item, &n->items)
			if (has_template_inside(*item))
				return true;
	if (n->kind == YAML_MAP)
		vec_each (const struct yaml_pair, p, &n->pairs)
			if ((strcmp(p->key, "template") == 0 && is_labelled_template(p->value)) ||
			    has_template_inside(p->value))
				return true;
	return false;
}

static bool is_kind_of_machine(const char *kind, const char *api)
{
	return strcmp(kind, "VirtualMachineInstance") == 0 && k8s_is_in_group(api, "kubevirt.io");
}

/* What Kubernetes itself keeps templates in (PodTemplate, ControllerRevision) makes no pods. */
static bool has_pod_template(const struct yaml_node *n, const char *kind, const char *api)
{
	for (size_t i = 0; i < sizeof(template_paths) / sizeof(*template_paths); i++)
		if (has_template_at(n, template_paths[i]))
			return true;
	if (is_kind_of_machine(kind, api))
		return is_machine(n);
	return !k8s_is_kubernetes_api(api) && has_template_inside(n);
}

bool k8s_holds_pod_template(const struct yaml_node *n, const char *kind, const char *api)
{
	const struct yaml_node *items = yaml_get(n, "items");

	if (!items || items->kind != YAML_SEQ)
		return has_pod_template(n, kind, api);
	vec_each (struct yaml_node *, item, &items->items)
		if (has_pod_template(*item, kind, api))
			return true;
	return false;
}
