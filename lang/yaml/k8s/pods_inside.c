/* SPDX-License-Identifier: Apache-2.0 */
#include "lang/yaml/k8s/pods_inside.h"

#include <string.h>

#include "lang/yaml/k8s/policies.h"

static bool has(const struct yaml_node *n, const char *field, enum yaml_kind kind)
{
	const struct yaml_node *v = n ? yaml_get(n, field) : NULL;

	return v && v->kind == kind;
}

/* The pods of a machine carry the labels of its template, or its own. */
static bool is_machine(const struct yaml_node *spec)
{
	return has(spec, "domain", YAML_MAP);
}

/* Without labels it may be a piece of one, as rules about pods have them. */
static bool is_template(const struct yaml_node *n)
{
	const struct yaml_node *spec = yaml_get(n, "spec");

	return has(yaml_get(n, "metadata"), "labels", YAML_MAP) &&
	       (has(spec, "containers", YAML_SEQ) || is_machine(spec));
}

static bool holds_template(const struct yaml_node *n)
{
	if (n->kind == YAML_SEQ)
		vec_each (struct yaml_node *, item, &n->items)
			if (holds_template(*item))
				return true;
	if (n->kind == YAML_MAP)
		vec_each (const struct yaml_pair, p, &n->pairs)
			if ((strcmp(p->key, "template") == 0 && is_template(p->value)) ||
			    holds_template(p->value))
				return true;
	return false;
}

static bool is_group(const char *api, const char *group)
{
	size_t n = k8s_group_len(api);

	return strlen(group) == n && memcmp(api, group, n) == 0;
}

static bool holds_machine(const struct yaml_node *n)
{
	const struct yaml_node *items = yaml_get(n, "items");

	if (!items || items->kind != YAML_SEQ)
		return is_machine(yaml_get(n, "spec"));
	vec_each (struct yaml_node *, item, &items->items)
		if (is_machine(yaml_get(*item, "spec")))
			return true;
	return false;
}

/* What Kubernetes itself keeps templates in (PodTemplate, ControllerRevision) makes no pods. */
bool k8s_has_pods_inside(const struct yaml_node *object, const char *kind, const char *api)
{
	if (k8s_is_kubernetes_api(api))
		return false;
	if (is_group(api, "kubevirt.io") && strcmp(kind, "VirtualMachineInstance") == 0)
		return holds_machine(object);
	return holds_template(object);
}
