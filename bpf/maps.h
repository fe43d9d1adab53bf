/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How maps are declared, and the sizes that bpf/abi.h does not give. */
#pragma once

#include "packet.h"

enum {
	POLC_FRAG_ENTRIES = 1 << 13, /* fragmented packets under way */
	POLC_METRICS_ENTRIES = POLC_N_HOOKS * POLC_N_REASONS,
};

#define POLC_RINGBUF(name, size)                                                                   \
	struct {                                                                                   \
		__uint(type, BPF_MAP_TYPE_RINGBUF);                                                \
		__uint(max_entries, size);                                                         \
	} name SEC(".maps")

#define POLC_MAP(name, kind, key_type, value_type, entries, flags)                                 \
	struct {                                                                                   \
		__uint(type, BPF_MAP_TYPE_##kind);                                                 \
		__type(key, key_type);                                                             \
		__type(value, value_type);                                                         \
		__uint(max_entries, entries);                                                      \
		__uint(map_flags, flags);                                                          \
	} name SEC(".maps")
