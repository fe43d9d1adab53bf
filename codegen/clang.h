/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compiles generated programs with clang. The object depends on the program, the datapath
 * headers and the compiler, on nothing else: no paths, no environment, no time.
 */
#pragma once

#include "codegen/bundle.h"
#include "codegen/hash.h"
#include "lang/base/buf.h"

enum { GEN_VERSION_SIZE = 32 };

struct gen_clang {
	const char *clang, *bpf_dir;
	const char *cache_dir;          /* NULL: no cache */
	char version[GEN_VERSION_SIZE]; /* "14.0.6" */
	char key[GEN_HASH_STRLEN];      /* of the compiler, its flags and the headers */
	bool strict; /* warnings are errors: for our own tests, whatever clang a user has */
};

/* SHA-256 in hexadecimal. */
void gen_hash(const void *data, size_t n, char out[static GEN_HASH_STRLEN]);

/* Finds compiler and headers; strings are borrowed from `opts`, which may be NULL. Returns 0,
 * or -EINVAL after reporting. */
int gen_clang_init(struct gen_clang *c, const struct bundle_options *opts, struct diag *diag);

/* Appends the ELF object of a program; `name` stands for it in messages. Returns 0, or
 * -EINVAL after reporting what the compiler said, or -EIO. */
int gen_clang_compile(const struct gen_clang *c, const char *name, const struct buf *program,
		      struct buf *object, struct diag *diag);
