/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which requests a proxy tells of: while somebody listens, a burst and then so many in a second,
 * for each of its threads, as programs do of packets (POLC_EVENT_BURST). Nothing is done for the
 * others.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Of one thread. */
struct proxy_telling {
	const _Atomic uint64_t *heard; /* by how many; NULL: nobody says */
	uint64_t tokens;
	int64_t filled; /* ns of CLOCK_MONOTONIC */
};

/* What proxy_telling_make() has made in this directory, if it has. */
void proxy_telling_open(struct proxy_telling *t, const char *dir);
void proxy_telling_close(struct proxy_telling *t);
/* Is the next one to be told? */
bool proxy_telling_takes(struct proxy_telling *t);

/* Where whoever passes it on says how many listen; NULL with errno. */
_Atomic uint64_t *proxy_telling_make(const char *dir);
