/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The finished object of a shape, read as the bytes that the kernel will get: how much of its
 * instructions and stack each program can use, and that it holds nothing that clang should not
 * have made of our source. The kernel's verifier looks again; this tells before the bundle is
 * written, on machines without BPF, and with the shape's name.
 *
 * Sources: ELF (gABI), relocation R_BPF_64_32 (LLVM, BPF ABI), instruction encoding (RFC 9669).
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "bpf/abi.h"
#include "codegen/shape.h"
#include "lang/base/arena.h"
#include "lang/base/diag.h"

/* The longest that a function may be. Jumps have 16 bits, and clang 14 cuts longer ones off without
 * a word; a function of half that length has none that is near. */
enum { GEN_MAX_FUNCTION = 16384 };

/* What one program can use at most, all functions that it calls included. */
struct gen_program_use {
	uint32_t insns; /* in 8 bytes: a 64-bit constant counts two, as the kernel does */
	uint32_t functions;
	uint32_t stack; /* bytes: of the longest chain of calls, each frame in whole 32 bytes */
};

/* A program that the shape does without has no functions. */
struct gen_object_use {
	struct gen_program_use programs[POLC_N_EP_HOOKS][POLC_N_STAGES];
};

/*
 * Reads the object of `shape`. Returns 0; -EIO after reporting what is wrong
 * with it: no ELF of BPF, without a program of ours, a jump that leaves its function or ends
 * inside an instruction, a function that is too long or calls itself, a helper that our source
 * does not use.
 */
int gen_object_read(const void *elf, size_t size, struct gen_shape shape, struct arena *arena,
		    struct diag *diag, struct gen_object_use *out);
