/* SPDX-License-Identifier: Apache-2.0 */
/* Errors of the system as diagnostics: what was tried, what the kernel said, what to do. */
#pragma once

#include "lang/base/diag.h"

/* `err`, unless that means a mistake of the caller's (runtime/runtime.h): the kernel has the same
 * words for what it does not like, and that is a fault of the system. */
int rt_fault(int err);

/*
 * Reports "TEXT: strerror(err)" under `code` and returns rt_fault(err), so that
 * a failing call ends in one line. A missing permission is reported as such, whatever the
 * code. Warnings that libbpf printed meanwhile in this thread hang below as notes.
 */
int rt_fail(struct diag *diag, int err, const char *code, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
