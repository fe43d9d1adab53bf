/* SPDX-License-Identifier: Apache-2.0 */
/* Who takes part: a server without a proxy, and proxies. */
#pragma once

#include <sys/types.h>

#include "tests/bench/proxy/conf.h"

enum contender_program { CONTENDER_HAPROXY, CONTENDER_NGINX };

struct contender {
	const char *name;
	bool (*put)(const struct conf *c, struct buf *out);
	enum contender_program program;
	bool judges;
	bool apart; /* HTTP/2 has a port of its own, the next one */
};

enum { N_CONTENDERS = 6 };

/* The first is the server. */
extern const struct contender contenders[N_CONTENDERS];

/* The process, which listens; -1 after saying why not. Makes the directory of `conf`. */
pid_t contender_begin(const struct contender *c, const struct conf *conf, unsigned cpu);
