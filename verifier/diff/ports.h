/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Protocols and ports as one row of numbers: 65536 for each protocol with ports or types, one
 * for each other protocol. Private to verifier/.
 */
#pragma once

#include "compiler/ir.h"
#include "compiler/space/ports.h"
#include "verifier/region/region.h"

struct buf;

enum { DIFF_N_PROTOS = 256 };
enum { DIFF_N_PORTS = SPACE_N_WIDE * SPACE_N_PORTS + DIFF_N_PROTOS - SPACE_N_WIDE };

uint32_t diff_port_number(uint16_t proto, uint16_t port);
void diff_port_of(uint32_t number, uint16_t *proto, uint16_t *port);
/* The numbers of one protocol, or of all. */
struct region_span diff_port_proto(uint16_t proto);
/* Adds what a port that is no name stands for. */
void diff_port_add(struct region_space *s, const struct ir_port *port, struct region_spans *out);

struct diff_words {
	VEC(const char *) list;
};

/* "tcp/80", "udp", "other" (every other protocol), "any". */
void diff_port_words(const struct region_set *set, struct arena *arena, struct diff_words *out);
/* The same as a person says it: "every port except tcp/80". */
const char *diff_port_text(struct region_space *s, const struct region_set *set);
/* Are these port 0 of TCP, UDP or SCTP and no other? A packet may carry it, but no socket has it.
 */
bool diff_ports_are_zero(const struct region_set *set);
/* The port of a set that a person expects most: tcp/80, tcp/443, or the first. */
uint32_t diff_port_plain(const struct region_set *set);
