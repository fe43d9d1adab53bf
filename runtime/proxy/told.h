/* SPDX-License-Identifier: Apache-2.0 */
/* What a proxy tells of a request: a line that HAProxy writes, as its configuration says, and that
 * is read here. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "bpf/abi.h"
#include "lang/base/net.h"

/* Added to the number of the entry that decides, if the request is to be told (lua_module.c). */
enum { PROXY_TELL = 1 << 20 };
#define PROXY_TELL_TEXT "1048576"

enum { PROXY_TOLD_SIZE = 8192, PROXY_TOLD_WORD = 4096 };

/* In the order of struct proxy_told. What has no value is "-"; no value holds a blank. */
#define PROXY_TOLD_FORMAT                                                                          \
	"%[so_name] %[var(txn.polc)] %[src] %[src_port] %[dst] %[dst_port] %ST %Ta "               \
	"%[var(txn.method)] %[var(txn.host)] %[var(txn.path)]"

struct proxy_told {
	enum polc_dir dir;
	uint32_t listener;
	uint32_t entry; /* of the rule set, from 1 on; 0: none matches */
	bool allowed;
	struct net_addr src, dst; /* of the connection */
	uint16_t sport, dport;    /* host order */
	unsigned status;          /* of the answer */
	unsigned ms;              /* from the request's beginning to the answer's end */
	const char *method, *host, *path;
};

/* `line` is changed, and holds the texts. False: it is none. */
bool proxy_told_read(char *line, struct proxy_told *out);
