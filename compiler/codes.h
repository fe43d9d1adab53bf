/* SPDX-License-Identifier: Apache-2.0 */
/* The codes of what can go wrong when an IR is compiled or read again; see lang/base/codes.h. */
#pragma once

#define IR_CODE_JSON       "ir-json"   /* an IR as JSON that is malformed or altered */
#define IR_CODE_FORMAT     "ir-format" /* one of another format version */
#define CLS_CODE_STRANGERS "strangers" /* warning: endpoints to come cannot all be placed */
