/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What filters for role-based access control make of a request, as Envoy's documentation has it:
 * the values of a header are one text with commas between, expressions are of RE2 and match whole
 * values, a path is without query and fragment. A field that is not known here ends the program.
 */
#pragma once

#include <jansson.h>

#include "compiler/l7.h"

/* Does the request pass all of the filters, in a row? */
bool envoy_filters_pass(const json_t *filters, const struct ir_request *request);
