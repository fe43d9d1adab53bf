/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What polc's programs were tried with: the verifiers of these kernels have accepted what these
 * compilers make of them. What an untried pair makes of them nobody knows.
 */
#pragma once

#include "lang/base/diag.h"

/* A new one of either is also to be told in doc/kernels.md, and a compiler in configure.ac, which
 * takes no others. */
#define RT_TRIED_KERNELS(X)                                                                        \
	X("6.1")                                                                                   \
	X("6.12")                                                                                  \
	X("6.18")                                                                                  \
	X("7.3")

#define RT_TRIED_CLANGS(X)                                                                         \
	X("13")                                                                                    \
	X("14")                                                                                    \
	X("15")                                                                                    \
	X("16")                                                                                    \
	X("19")

enum { RT_KERNEL_SIZE = 132 };

/* This kernel: "Linux 6.1.0-47-amd64". */
const char *rt_kernel_name(char out[static RT_KERNEL_SIZE]);

/* A note below `item`: what this kernel and this compiler ("clang 14.0.6") are, and which were
 * tried. */
void rt_tried_note(const char *compiler, struct diag *diag, struct diag_item *item);
