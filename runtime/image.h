/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An image: the verified programs of some endpoints of a bundle, in the kernel but attached
 * nowhere. The programs are kept in a PROG_ARRAY, not as descriptors, so that thousands of
 * endpoints cost three open files, and pinning this one map pins them all.
 */
#pragma once

#include "codegen/bundle.h"
#include "lang/base/diag.h"
#include "runtime/maps.h"

struct rt_image_options {
	const char *pin_dir; /* whose node maps to share; NULL: have new ones */
	bool no_source_check;
};

struct rt_image {
	struct rt_maps maps;
	int programs; /* PROG_ARRAY, see rt_image_slot() */
	size_t n;     /* endpoints */
};

/* The endpoint's index and direction -> key in `programs`. */
static inline uint32_t rt_image_slot(size_t endpoint, enum ir_dir dir)
{
	return (uint32_t)(endpoint * IR_N_DIRS + dir);
}

/*
 * Loads and verifies both programs of each endpoint, with all maps filled. The bundle must
 * outlive the image. Raises the process's limit of open files as far as it may. Returns 0 or a
 * negative errno after reporting; rt_image_fini() is due only after 0.
 */
int rt_image_init(struct rt_image *image, const struct bundle *bundle,
		  const struct bundle_endpoint *const *endpoints, size_t n,
		  const struct rt_image_options *opts, struct diag *diag);
void rt_image_fini(struct rt_image *image);

/* Program sets: a PROG_ARRAY as a bag of references. All return a value or -errno. */
int rt_programs_new(const char *name, size_t n_endpoints);
int rt_programs_put(int programs, uint32_t slot, int prog_fd);
/* The kernel id of a program; -ENOENT: the slot is empty. */
int rt_programs_id(int programs, uint32_t slot, uint32_t *id);
/* A new descriptor, which the caller closes; -ENOENT: the slot is empty. */
int rt_programs_open(int programs, uint32_t slot);
