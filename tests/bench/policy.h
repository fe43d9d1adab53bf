/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The policies of the bench: n ordered rules for the ingress of one endpoint, first match wins,
 * default deny, among 5 000 pods. 80 % of the rules name peers by label, 15 % by prefixes (some
 * nested), 5 % mean everybody; 85 % have one port, 10 % a range, 5 % any; 15 % deny. The same
 * size gives the same bytes everywhere.
 */
#pragma once

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

/* The same, with `subjects` endpoints like POLICY_OPEN: the i-th is called "pod-I". `edition`
 * changes a few rules, but not what the programs must be able to do. */
void policy_write_many(unsigned rules, unsigned subjects, unsigned edition, struct buf *out);
/* The name and address of the i-th of these. */
const char *policy_subject(unsigned i, char out[static 32]);
