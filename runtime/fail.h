/* SPDX-License-Identifier: Apache-2.0 */
/* Errors of the system as diagnostics: what was tried, what the kernel said, what to do. */
#pragma once

#include "lang/base/diag.h"

/*
 * Reports "TEXT: strerror(err)" under `code` and returns the negative errno `err`, so that
 * a failing call ends in one line. A missing permission is reported as such, whatever the
 * code. Warnings that libbpf printed meanwhile in this thread hang below as notes.
 */
int rt_fail(struct diag *diag, int err, const char *code, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
