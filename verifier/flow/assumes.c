/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/flow/assumes.h"

#include "compiler/ir.h"
#include "lang/base/codes.h"
#include "lang/base/diag_value.h"

static json_t *namespace_labels(const struct ir *ir)
{
	json_t *namespaces = json_array(), *labels = json_array();

	vec_each (const uint32_t, name, &ir->beside.unlabelled)
		json_array_append_new(namespaces, diag_value_text(intern_str(&ir->strings, *name)));
	vec_each (const struct ir_asked_label, label, &ir->beside.asked)
		json_array_append_new(labels,
				      diag_value_text(intern_str(&ir->strings, label->key)));
	return json_pack("{s:s, s:o, s:o}", "code", CODE_NS_LABELS, "namespaces", namespaces,
			 "labels", labels);
}

static json_t *pod_labels(const struct ir *ir)
{
	json_t *workloads = json_array(), *labels = json_array();

	vec_each (const char *, name, &ir->beside.unsaid_of)
		json_array_append_new(workloads, diag_value_text(*name));
	vec_each (const uint32_t, key, &ir->beside.unsaid)
		json_array_append_new(labels, diag_value_text(intern_str(&ir->strings, *key)));
	return json_pack("{s:s, s:o, s:o}", "code", CODE_POD_LABELS, "workloads", workloads,
			 "labels", labels);
}

json_t *flow_assumes_json(const struct ir *ir)
{
	json_t *out = json_array();

	if (ir->beside.unlabelled.n)
		json_array_append_new(out, namespace_labels(ir));
	if (ir->beside.unsaid_of.n)
		json_array_append_new(out, pod_labels(ir));
	return out;
}

void flow_assumes_set_json(const struct ir *ir, json_t *object)
{
	json_t *list = flow_assumes_json(ir);

	if (json_array_size(list))
		json_object_set(object, "assumes", list);
	json_decref(list);
}
