/* SPDX-License-Identifier: Apache-2.0 */
/* The Test Anything Protocol, for tests that are no cmocka program. */
#pragma once

#include <stdbool.h>

void tap_plan(unsigned n);
/* "ok 1 - NAME" or "not ok 1 - NAME". */
void tap_result(bool ok, const char *name, ...) __attribute__((format(printf, 2, 3)));
/* A comment line. */
void tap_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Comment lines, one for each line of a text. */
void tap_note_text(const char *text);
/* Says why nothing was tested; returns main's exit code. */
int tap_skip_all(const char *why);
/* main's exit code. */
int tap_exit(void);
