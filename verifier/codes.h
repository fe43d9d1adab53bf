/* SPDX-License-Identifier: Apache-2.0 */
/* The codes of this room that are no checks (those are in check/checks.def). Explained in
 * doc/diagnostics.md. */
#pragma once

#define CHECK_CODE_INTERNAL           "internal-error" /* polc contradicts itself, or the solver fails */
#define CHECK_CODE_BAD_SUPPRESSION    "bad-suppression"    /* polc:ignore without reason or check */
#define CHECK_CODE_UNUSED_SUPPRESSION "unused-suppression" /* note: polc:ignore of no finding */
#define CHECK_CODE_FIXED              "fixed" /* note: in the baseline, not found now */
