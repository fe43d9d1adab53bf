/* SPDX-License-Identifier: Apache-2.0 */
/* What a proxy tells of a request: a line that HAProxy writes, as its configuration says, and that
 * is read here. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "bpf/abi.h"
#include "lang/base/net.h"
#include "runtime/proxy/judge.h"
#include "runtime/proxy/reading.h"

enum { PROXY_TOLD_SIZE = 8192, PROXY_TOLD_WORD = 4096 };

/*
 * In the order of struct proxy_told, behind the direction. What has no value is "-"; no value holds
 * a blank. The path is last: a line that is too long loses its end.
 */
#define PROXY_TOLD_FORMAT                                                                          \
	"%[so_name] %[var(txn.polc)] %[src] %[src_port] %[dst] %[dst_port] %ST %Ta "               \
	"%[var(txn.largest)] %[var(txn.method)] %[var(txn.host)] %[var(txn.path)]"
/* Of what HAProxy took for no request. */
#define PROXY_UNREAD_FORMAT "%%[so_name] %d %%[src] %%[src_port] %%[dst] %%[dst_port] 400 0 - - - -"
enum { PROXY_TOLD_UNREAD = -(PROXY_TELL + (int)PROXY_REFUSED + (int)PROXY_UNREAD) };

struct proxy_told {
	enum polc_dir dir;
	uint32_t listener;
	uint32_t entry; /* of the rule set, from 1 on; 0: none matches */
	bool allowed;
	enum proxy_reading refused; /* why no rule was asked; PROXY_READS: they were */
	struct net_addr src, dst;   /* of the connection */
	uint16_t sport, dport;      /* host order */
	unsigned status;            /* of the answer */
	unsigned ms;                /* from the request's beginning to the answer's end */
	const char *largest;        /* of PROXY_LARGE: the header that takes most */
	const char *method, *host, *path;
};

/* `line` is changed, and holds the texts. False: it is none. */
bool proxy_told_read(char *line, struct proxy_told *out);
/* Without the direction: is it of what HAProxy took for no request, which no module has let
 * through? */
bool proxy_told_unread(const char *line);
