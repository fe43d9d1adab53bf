/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules about requests, and requests. What they mean to each other is in eval_request.c.
 *
 * gRPC is HTTP: a call of pkg.Svc/Method is the request POST /pkg.Svc/Method, and nothing on the
 * wire that a rule could rely on tells the two apart. So there are two kinds of requests, and grpc
 * rules are a way to write http rules.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "compiler/regex.h"
#include "lang/base/arena.h"
#include "lang/base/source.h"

struct buf;
struct diag;
struct ir;
struct ir_rule;

/* --- rules ------------------------------------------------------------------------------- */

enum ir_l7_kind { IR_L7_NONE, IR_L7_HTTP, IR_L7_GRPC, IR_L7_KAFKA };
enum ir_l7_what { IR_L7_HEADER, IR_L7_HOST, IR_L7_CLIENT };

/* What a value must be: this text, or what the expression matches as a whole. */
struct ir_l7_value {
	const char *text;
	const struct regex *regex; /* NULL: the text itself */
	struct loc loc;
};

struct ir_l7_cond {
	enum ir_l7_what what;
	const char *name; /* of the header */
	struct ir_l7_value value;
	struct loc loc;
};

/* `POST "/cart/[0-9]+" where ...`, `call "pkg.Svc/Method"`, `produce topic "orders"`. */
struct ir_l7_entry {
	bool deny;
	const char *verb;             /* "any", a method, "call", "produce", "consume" */
	struct ir_l7_value object;    /* path, gRPC method (both expressions) or topic (a text) */
	VEC(struct ir_l7_cond) conds; /* all of */
	struct loc loc;
};

struct ir_l7 {
	enum ir_l7_kind kind; /* NONE: every request passes */
	VEC(struct ir_l7_entry) entries;
	struct loc loc;
};

/* Rules that ask the same, in the same words and order, and only these, have the same key. */
void ir_l7_put_key(const struct ir_l7 *l7, struct buf *out);

/* --- requests ---------------------------------------------------------------------------- */

enum ir_request_kind { IR_REQUEST_HTTP, IR_REQUEST_KAFKA };

struct ir_header {
	const char *name, *value;
};

struct ir_request {
	enum ir_request_kind kind;
	const char *method, *path;        /* HTTP */
	const char *host;                 /* HTTP: of the Host header or :authority; NULL: none */
	VEC(struct ir_header) headers;    /* HTTP: all but Host; a name may come more than once */
	const char *api, *topic, *client; /* Kafka; NULL: the request has none */
};

/* The length of a host, n bytes, without `:8080`; the colons of an IPv6 address stand in brackets.
 */
static inline size_t ir_host_len(const char *host, size_t n)
{
	for (size_t i = n; i-- > 0 && host[i] != ']';)
		if (host[i] == ':')
			return i;
	return n;
}

/* What R, the entries of some rules together, says of a request. */
struct ir_judgement {
	bool passes;
	const struct ir_rule *rule;      /* of the entry; NULL: no entry matches */
	const struct ir_l7_entry *entry; /* the first that denies, else the first that allows */
};

/* Does the request match this entry of a rule of this kind, which is not NONE? */
bool ir_entry_matches(enum ir_l7_kind kind, const struct ir_l7_entry *entry,
		      const struct ir_request *request);
/* Adds the entries of one more rule to R. Begin with all zero. */
void ir_judge(struct ir_judgement *j, const struct ir_rule *rule, const struct ir_request *request);

bool ir_has_l7(const struct ir *ir);
/*
 * Refuses a policy set that judges requests of Kafka, at the place of each rule that does: `who`
 * ("polc build") would have nobody to enforce it. Returns 0, or -EINVAL after reporting.
 */
int ir_refuse_kafka(const struct ir *ir, const char *who, struct diag *diag);
