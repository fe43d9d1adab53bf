/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The policies of the bench: n ordered rules for the ingress of one endpoint, first match wins,
 * default deny, among 5 000 pods. 80 % of the rules name peers by label, 15 % by prefixes (some
 * nested), 5 % mean everybody; 85 % have one port, 10 % a range, 5 % any; 15 % deny. The same
 * size gives the same bytes everywhere.
 */
#pragma once

#include <stdint.h>

#include "lang/base/buf.h"

enum { POLICY_PODS = 5000 };

/* Two endpoints have these rules: what POLICY_OPEN sends is free, POLICY_STRICT has an egress
 * policy too, so that it needs to remember who opened a flow in either direction. */
#define POLICY_OPEN        "subject-open"
#define POLICY_STRICT      "subject-strict"
#define POLICY_OPEN_ADDR   "10.200.0.9"
#define POLICY_STRICT_ADDR "10.200.0.10"

/* Rules, pods and both endpoints as .pol text. */
void policy_write(unsigned rules, struct buf *out);

/* The same rules for `subjects` endpoints, the i-th called policy_subject(i), with one before all
 * others that lets everybody reach the port of this edition. Editions differ in nothing else, so
 * the programs of one do for the other. */
void policy_write_many(unsigned rules, unsigned subjects, unsigned edition, struct buf *out);
const char *policy_subject(unsigned i, char out[static 32]);
const char *policy_subject_addr(unsigned i, char out[static 32]);
uint16_t policy_edition_port(unsigned edition);
