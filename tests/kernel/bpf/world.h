/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The endpoint shop/web (10.0.0.3, fd00::3) of tests/unit/cls_fixture.h with its programs in the
 * kernel, and words for the packets that it gets and sends.
 */
#pragma once

#include <netinet/in.h>

#include "tests/kernel/bpf/datapath.h"
#include "tests/unit/cls_fixture.h"

#define WEB    "10.0.0.3"
#define DB     "10.0.0.4"
#define OFFICE "10.1.1.1"
#define WORLD  "192.0.2.1"
#define WEB6   "fd00::3"
#define PEER6  "2001:db8::1"
#define WORLD6 "2001:dead::1"
#define LINK6  "fe80::1"
#define ROUTER "198.51.100.1"

struct world {
	struct fixture f;
	struct datapath dp;
	struct cls_subject *web;
};

/* Ingress: the database and 2001:db8::/32 on tcp/80. Egress: 10.0.0.0/8 and 2001:db8::/32 on
 * tcp/8000-8999 and udp/53. */
#define IN_CELLS   "000/010"
#define EG_CELLS   "000/001"
#define NONE_CELLS "000/000"
#define ALL        "1"

void open_world(struct world *w, const char *in, const char *eg);
void close_world(struct world *w);
/* Another policy for the endpoint: the program stays, the tables change. */
void change_policy(struct world *w, const char *in, const char *eg);

struct net_addr addr(const char *text);
/* tcp_flags 0 is a SYN. */
struct packet_spec tcp(const char *src, uint16_t sport, const char *dst, uint16_t dport,
		       uint8_t flags);
struct packet_spec udp(const char *src, uint16_t sport, const char *dst, uint16_t dport);
struct packet_spec icmp(const char *src, const char *dst, uint8_t type, uint8_t code, uint16_t id);

/* Builds and runs a packet. */
enum polc_reason run_spec(struct world *w, enum ir_dir dir, const struct packet_spec *spec);

#define assert_reason(got, want)                                                                   \
	assert_string_equal(dp_reason_name(got), dp_reason_name(POLC_##want))

#define assert_packet(w, dir, spec, want)                                                          \
	do {                                                                                       \
		struct packet_spec s_ = (spec);                                                    \
		assert_reason(run_spec((w), (dir), &s_), want);                                    \
	} while (0)
