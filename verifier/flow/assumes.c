/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/flow/assumes.h"

#include "compiler/ir.h"
#include "lang/base/codes.h"
#include "lang/base/diag_value.h"

json_t *flow_assumes_json(const struct ir *ir)
{
	json_t *out = json_array(), *namespaces, *labels;

	if (!ir->beside.unlabelled.n)
		return out;
	namespaces = json_array();
	labels = json_array();
	vec_each (const uint32_t, name, &ir->beside.unlabelled)
		json_array_append_new(namespaces, diag_value_text(intern_str(&ir->strings, *name)));
	vec_each (const struct ir_asked_label, label, &ir->beside.asked)
		json_array_append_new(labels,
				      diag_value_text(intern_str(&ir->strings, label->key)));
	json_array_append_new(out, json_pack("{s:s, s:o, s:o}", "code", CODE_NS_LABELS,
					     "namespaces", namespaces, "labels", labels));
	return out;
}

void flow_assumes_set_json(const struct ir *ir, json_t *object)
{
	json_t *list = flow_assumes_json(ir);

	if (json_array_size(list))
		json_object_set(object, "assumes", list);
	json_decref(list);
}
