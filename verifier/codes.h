/* SPDX-License-Identifier: Apache-2.0 */
/* The codes of this room that are no checks (those are in checks.def). Explained in
 * doc/diagnostics.md. */
#pragma once

#define CHECK_CODE_INTERNAL "internal-error" /* polc contradicts itself, or the solver fails */
