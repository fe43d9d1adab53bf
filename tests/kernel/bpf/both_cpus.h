/* SPDX-License-Identifier: Apache-2.0 */
/* Packets of one endpoint and direction from two threads at once, on the first and the last CPU. */
#pragma once

#include "tests/lib/packet.h"

struct shot {
	struct packet_spec spec; /* its source port, or identifier, is the shooter's to choose */
	bool pass;               /* what is to become of it */
};

/* The source ports that are used: from here on, one a shot and CPU. */
enum { BOTH_FIRST_SOURCE = 60000, BOTH_MAX_SHOTS = 2048 };

/*
 * Runs every shot in either thread, in opposite order. Returns 0 or a negative errno; `*wrong`
 * becomes the number of a shot that was judged otherwise, or n.
 */
int both_cpus_run(int program, const struct shot *shots, size_t n, size_t *wrong);
