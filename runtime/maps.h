/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The maps of bpf/abi.h in the kernel: node maps from their pins or new, bundle and table
 * maps new, sized and filled from the bundle. Each is made when the first program asks for it.
 */
#pragma once

#include <bpf/libbpf.h>
#include <stdbool.h>
#include <stdint.h>

#include "codegen/bundle.h"
#include "codegen/pages.h"
#include "lang/base/diag.h"

enum rt_map_scope { RT_MAP_NODE, RT_MAP_BUNDLE, RT_MAP_TABLE };
enum { RT_N_NODE_MAPS = 5, RT_N_BUNDLE_MAPS = 4, RT_N_TABLE_MAPS = 4 };

/* One map of the ABI. */
struct rt_map_layout {
	const char *name;
	enum rt_map_scope scope;
	uint32_t index;  /* in its scope: which node map, which part of a table */
	enum ir_dir dir; /* RT_MAP_TABLE: whose table */
	uint32_t type, key_size, value_size;
};

/* NULL: no map of the ABI. */
const struct rt_map_layout *rt_map_find(const char *name);
const char *rt_node_map_name(uint32_t index);

struct rt_table_maps {
	int fd[RT_N_TABLE_MAPS];
	struct gen_pages *pages; /* built when the first of the maps is made */
	struct arena arena;      /* owns the pages */
	size_t users;            /* endpoint directions whose programs are not loaded yet */
};

struct rt_maps {
	const struct bundle *bundle;      /* borrowed */
	struct diag *diag;                /* borrowed */
	const char *pin_dir;              /* borrowed; NULL: node maps are always made new */
	int node[RT_N_NODE_MAPS];         /* -1 where no program asked */
	bool node_is_new[RT_N_NODE_MAPS]; /* made here: to be pinned when the load commits */
	int bundle_maps[RT_N_BUNDLE_MAPS];
	struct rt_table_maps *tables; /* by the bundle's table index */
};

/* `pin_dir` NULL: share nothing with what is loaded. */
int rt_maps_init(struct rt_maps *m, const struct bundle *bundle, const char *pin_dir,
		 struct diag *diag);
void rt_maps_fini(struct rt_maps *m);

/* Announces an endpoint to load; its tables stay open until rt_maps_done() for it. */
void rt_maps_expect(struct rt_maps *m, const struct bundle_endpoint *ep);
void rt_maps_done(struct rt_maps *m, const struct bundle_endpoint *ep);

/* Makes `map`, declared by an object of this endpoint, use the shared one. */
int rt_maps_bind(struct rt_maps *m, const struct bundle_endpoint *ep, struct bpf_map *map);

/* The bundle's index of a table. */
uint32_t rt_table_index(const struct bundle *b, const struct bundle_table *t);
